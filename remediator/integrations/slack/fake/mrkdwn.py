"""How Slack reads texts: which parts are mentions and links, and what a person sees; used by messages and blocks.

https://docs.slack.dev/messaging/formatting-message-text says what stands between `<` and `>`; it is also read inside
of backticks. Only `&amp; &lt; &gt;` are entities.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_SEQUENCE = re.compile(r"<([^<>\n]*)>")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_BARE_LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>|`]+|[\w.+-]+@[\w-]+\.[\w.-]*\w", re.ASCII)
_BARE_CALL = re.compile(r"(?<![\w@])@(channel|here|everyone)\b")
_WIDE_CALLS = ("!channel", "!here", "!everyone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What is in a text: who is called, what is linked, and the text as a person reads it."""

    mentions: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    plain: str = ""


def read(
    text: str,
    *,
    verbatim: bool = False,
    finds_names: bool = True,
    names: Mapping[str, str] | None = None,
) -> Read:
    """Read mrkdwn. `names` maps ids to what people see.

    `verbatim` leaves bare links and names alone; without `finds_names` only the names, as in a message's `text`.
    """
    mentions: list[str] = []
    links: list[str] = []

    def seen(match: re.Match[str]) -> str:
        body, _, label = match[1].partition("|")
        _sort(body, mentions, links)
        return _shown(body, label, names or {})

    plain = decode(_SEQUENCE.sub(seen, text))
    rest = _CODE.sub(" ", _SEQUENCE.sub(" ", text))
    if not verbatim:
        links += _BARE_LINK.findall(rest)
    if finds_names and not verbatim:
        mentions += [f"<!{name}>" for name in _BARE_CALL.findall(rest)]
    return Read(mentions=tuple(mentions), links=tuple(links), plain=plain)


def decode(text: str) -> str:
    """Turn Slack's three entities back."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def encode(text: str) -> str:
    """Write a text that people typed as Slack sends it to apps."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def read_blocks(
    blocks: Iterable[Mapping[str, object]], names: Mapping[str, str] | None = None
) -> Read:
    """Read all that a person sees of blocks, one line per text."""
    reads = [
        read(str(text["text"]), verbatim=bool(text.get("verbatim")), names=names)
        if text["type"] in ("mrkdwn", "markdown")
        else Read(plain=str(text["text"]))
        for text in texts_of(list(blocks))
    ]
    return Read(
        mentions=tuple(mention for one in reads for mention in one.mentions),
        links=tuple(link for one in reads for link in one.links),
        plain="\n".join(one.plain for one in reads),
    )


def texts_of(value: object) -> list[Mapping[str, object]]:
    """Return every text object in blocks, in order; not those of dialogs that are not open."""
    found: list[Mapping[str, object]] = []
    _walk(value, found.append)
    return found


def _walk(value: object, found: Callable[[Mapping[str, object]], None]) -> None:
    if isinstance(value, list | tuple):
        for one in value:
            _walk(one, found)
    elif isinstance(value, Mapping):
        if isinstance(value.get("text"), str) and "type" in value:
            found(value)
            return
        for key, one in value.items():
            if key != "confirm":
                _walk(one, found)


def _sort(body: str, mentions: list[str], links: list[str]) -> None:
    if body.startswith("@") or body in _WIDE_CALLS or body.startswith("!subteam^"):
        mentions.append(f"<{body}>")
    elif body.startswith("#") or not body.startswith("!"):
        links.append(body)


def _shown(body: str, label: str, names: Mapping[str, str]) -> str:
    if label:
        return label
    if body in _WIDE_CALLS:
        return "@" + body[1:]
    named = names.get(body.removeprefix("!subteam^").lstrip("@#"))
    return named or body
