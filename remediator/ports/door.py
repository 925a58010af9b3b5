"""What a door of an outside system is: where people who are told by it answer. Control decides; a door only asks it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from remediator.core.masking import Mask
from remediator.core.people import People
from remediator.ports.ambient import Ambient
from remediator.ports.control import Control
from remediator.ports.gateways import Reads
from remediator.ports.sections import Sections
from remediator.ports.store import Store


class Log(Protocol):
    """Writes one structured line."""

    def __call__(self, event_name: str, **fields: object) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSigns:
    """How a door shows to those who look after the daemon. `connected` says in words what the metric
    `NAME_connected` tells; `warnings` are the lines of its log that somebody should look at."""

    connected: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorServices:
    """What a door has for as long as the daemon runs.

    `why` explains a run's id or an alert's fingerprint, or raises Refused. `playbooks` are the names that a pause may
    have. `connected` hears whether the door is connected, where it is the door that connects.
    """

    store: Store
    control: Control
    why: Callable[[str], Awaitable[Mapping[str, object]]]
    ambient: Ambient
    log: Log
    playbooks: Callable[[], tuple[str, ...]]
    connected: Callable[[bool], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    """What a reload changes. `roles` are the names that have a role at this door, by the role (`approver`); `mask`
    hides the secrets of strangers."""

    sections: Sections
    reads: Reads
    roles: Mapping[str, tuple[str, ...]]
    people: People
    mask: Mask


class Headers(Protocol):
    """A request's headers."""

    def __contains__(self, key: object) -> bool: ...

    def getall(self, key: str, default: Sequence[str]) -> Sequence[str]:
        """Return all values of a header."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorRequest:
    """What was posted. Nobody has asked yet who sent it."""

    headers: Headers
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorAnswer:
    """What is answered; the content type has its charset with it."""

    body: bytes = b""
    content_type: str = "text/plain"
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorRoute:
    """Where forms are posted to a door, up to so many bytes. `name` is that of the door, `signature` the header by
    which `take` knows who posts; it may raise what http's handlers raise."""

    name: str
    path: str
    doc: str
    signature: str
    largest: int
    take: Callable[[DoorRequest], Awaitable[DoorAnswer]]


class Door(Protocol):
    """A door that is open: one of the daemon's loops."""

    @property
    def heartbeat(self) -> float:
        """When it last looked around, by the monotonic clock."""
        ...

    @property
    def routes(self) -> tuple[DoorRoute, ...]:
        """Where HTTP leads to it."""
        ...

    def prepare(self, settings: DoorSettings) -> Callable[[], Awaitable[None]]:
        """Make what these settings ask for, or raise; what is returned puts it in force and ends what was before."""
        ...

    async def run(self) -> None:
        """Be there until `stop`."""
        ...

    def stop(self) -> None:
        """Take nothing new; `run` returns within seconds."""
        ...

    async def close(self) -> None:
        """Let what is under way finish, for a while."""
        ...
