"""What stands in a channel, in all the versions it has been, and how a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from remediator.integrations.slack.fake.mrkdwn import Read, read, read_blocks

Blocks = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One state of a message: what people saw from `at` until the next."""

    text: str
    blocks: Blocks
    at: float
    names: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def shown(self) -> Read:
        """What people see: the blocks, or the text where there are none."""
        if self.blocks:
            return read_blocks(self.blocks, self.names)
        return read(self.text, finds_names=False, names=self.names)

    @property
    def notified(self) -> Read:
        """What the notification says."""
        return read(self.text, finds_names=False, names=self.names)

    @property
    def buttons(self) -> tuple[Mapping[str, Any], ...]:
        """Every button, in order, with the `block_id` it stands in."""
        return tuple(
            {**element, "block_id": block.get("block_id", "")}
            for block in self.blocks
            for element in (*block.get("elements", ()), block.get("accessory", {}))
            if isinstance(element, Mapping) and element.get("type") == "button"
        )


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A message as it stands; `versions` are all it has been."""

    channel: str
    ts: str
    user: str
    versions: list[Version]
    thread_ts: str = ""
    broadcast: bool = False
    metadata: Mapping[str, object] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    is_editable: bool = True
    number: int = 0  # of all that happened here: tells what came first

    @property
    def now(self) -> Version:
        """How it stands now."""
        return self.versions[-1]

    @property
    def text(self) -> str:
        """The text of the notification."""
        return self.now.text

    @property
    def blocks(self) -> Blocks:
        """The blocks."""
        return self.now.blocks

    @property
    def plain(self) -> str:
        """What a person reads."""
        return self.now.shown.plain

    @property
    def mentions(self) -> tuple[str, ...]:
        """Who is mentioned in what is shown, as `<!channel>`, `<!subteam^S1>`, `<@U1>`."""
        return self.now.shown.mentions

    @property
    def called(self) -> tuple[str, ...]:
        """Whose telephone rang: mentions of the first version; edits call nobody."""
        return self.versions[0].shown.mentions

    @property
    def links(self) -> tuple[str, ...]:
        """What is linked in what is shown; bare addresses count where Slack makes links of them."""
        return self.now.shown.links

    @property
    def buttons(self) -> tuple[Mapping[str, object], ...]:
        """The buttons that can be pressed now."""
        return self.now.buttons


@dataclass(slots=True, kw_only=True)
class Channel:
    """A conversation. `member`: the bot is in it; `members`: who else, None for everybody."""

    id: str
    name: str
    private: bool = False
    member: bool = True
    archived: bool = False
    members: frozenset[str] | None = None
    all: dict[str, Message] = field(default_factory=dict)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What stands in the channel itself, in order: roots and broadcast replies."""
        everything = tuple(self.all.values())
        return tuple(one for one in everything if not one.thread_ts or one.broadcast)

    def thread(self, root: str | Message) -> tuple[Message, ...]:
        """Return the replies to a message, in order."""
        ts = root if isinstance(root, str) else root.ts
        return tuple(one for one in tuple(self.all.values()) if one.thread_ts == ts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ephemeral:
    """What one person alone was shown. `by`: `postEphemeral`, `response_url` or `answer` (to the request itself)."""

    number: int
    user: str
    channel: str
    text: str
    blocks: Blocks = ()
    thread_ts: str = ""
    by: str = "postEphemeral"
    interaction: str = ""
    names: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def plain(self) -> str:
        """What the person reads."""
        return self._now.shown.plain

    @property
    def mentions(self) -> tuple[str, ...]:
        """Who is mentioned in it."""
        return self._now.shown.mentions

    @property
    def _now(self) -> Version:
        return Version(text=self.text, blocks=self.blocks, at=0, names=self.names)
