"""The workspace that the fake plays: people, groups, channels, files, modals, and the time.

Tests ask it, the methods of the Web API change it. It is touched from two threads: `lock` is held for each change.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from remediator.integrations.slack.fake.messages import Blocks, Channel, Ephemeral, Version
from remediator.integrations.slack.fake.mrkdwn import read_blocks

TEAM = "T0HOME00"


@dataclass(slots=True, kw_only=True)
class User:
    """A person, or a bot. `stranger`: of another workspace, seen through a shared channel."""

    id: str
    name: str
    real_name: str
    email: str
    team: str = TEAM
    bot: bool = False
    guest: bool = False
    ultra_restricted: bool = False
    deleted: bool = False
    stranger: bool = False
    email_confirmed: bool = True
    raw: Mapping[str, object] = field(default_factory=dict)  # further fields of `users.info`


@dataclass(slots=True, kw_only=True)
class Group:
    """A user group."""

    id: str
    handle: str
    members: tuple[str, ...]
    disabled: bool = False


@dataclass(slots=True, kw_only=True)
class File:
    """A file on its way, or shared: then `channel` is set."""

    id: str
    name: str
    length: int
    title: str = ""
    content: bytes | None = None
    channel: str = ""
    thread_ts: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class View:
    """A modal that a person has open, or had: `state` is `open`, `submitted` or `closed`."""

    id: str
    user: str
    now: Mapping[str, Any]
    hash: str
    state: str = "open"
    errors: Mapping[str, str] = field(default_factory=dict)
    versions: list[Mapping[str, object]] = field(default_factory=list)

    @property
    def plain(self) -> str:
        """What the person reads, from the title to the buttons."""
        return read_blocks([{"elements": [self.now.get(key, {}) for key in _VIEW_TEXTS]}]).plain


@dataclass(slots=True, kw_only=True)
class Trigger:
    """What a click or command gives for opening one modal."""

    user: str
    at: float
    is_used: bool = False


_VIEW_TEXTS = ("title", "blocks", "submit", "close")


class World:
    """All there is. `now` gives seconds since 1970; `skew` is added to it, so that time can pass quickly."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: list[Ephemeral] = []
        self.files: dict[str, File] = {}
        self.views: dict[str, View] = {}
        self.scheduled: dict[str, Mapping[str, object]] = {}
        self.triggers: dict[str, Trigger] = {}
        self.tickets: dict[str, float] = {}
        self.is_paid = True
        self.skew = 0.0
        self._now = now
        self._last_ts = 0
        self._number = 0

    def now(self) -> float:
        """The time in this world."""
        return self._now() + self.skew

    def next_ts(self) -> str:
        """Return a time stamp for a message, later than all before."""
        self._last_ts = max(self._last_ts + 1, int(self.now() * 1_000_000))
        seconds, rest = divmod(self._last_ts, 1_000_000)
        return f"{seconds}.{rest:06d}"

    def next_number(self) -> int:
        """Count what happens."""
        with self.lock:
            self._number += 1
            return self._number

    def next_id(self, letter: str) -> str:
        """Return an id that nothing else has."""
        return f"{letter}{self.next_number():08X}"

    def names(self) -> Mapping[str, str]:
        """What people see for an id."""
        people = {user.id: "@" + user.name for user in self.users.values()}
        groups = {group.id: "@" + group.handle for group in self.groups.values()}
        return people | groups | {one.id: "#" + one.name for one in self.channels.values()}

    def version(self, text: str, blocks: Blocks) -> Version:
        """Return what people see from now on."""
        return Version(text=text, blocks=blocks, at=self.now(), names=self.names())

    def channel_named(self, name: str) -> Channel | None:
        """Find a channel by `#name` or name."""
        wanted = name.removeprefix("#")
        return next((one for one in self.channels.values() if one.name == wanted), None)
