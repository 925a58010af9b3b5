"""What the HTTP doors need from the rest of the daemon, as protocols; `app` makes the one HttpContext there is.

http never imports the engine or the configuration: it knows only these shapes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from remediator.core.alert import RefusedAlert
from remediator.core.drill import DrillReport, DrillWanted
from remediator.core.masking import Mask
from remediator.core.playbook import Playbook
from remediator.core.trust import Trust
from remediator.http.auth import Authenticator
from remediator.http.ingest import Ingest
from remediator.http.readers import Readers
from remediator.http.readiness import Readiness
from remediator.http.room import Room
from remediator.ports.action import Action
from remediator.ports.ambient import Ambient
from remediator.ports.control import Control
from remediator.ports.door import DoorRoute
from remediator.ports.preview import Previewed, Wanted
from remediator.ports.store import Notification, Store
from remediator.ports.verb import Verb
from remediator.ports.verbs import VERBS


class Metrics(Protocol):
    """The part of telemetry that http moves and shows."""

    def notification(self, source: str, code: str) -> None:
        """Count one webhook request by its source's name (a dash where it is unknown) and its answer."""
        ...

    def render(self) -> tuple[bytes, str]:
        """Return the metrics as text, and its content type."""
        ...

    def log(self, event_name: str, **fields: object) -> None:
        """Write one structured log line."""
        ...


class Book(Protocol):
    """The playbooks in use."""

    @property
    def by_name(self) -> Mapping[str, Playbook]:
        """The playbooks by name."""
        ...


class Catalog(Protocol):
    """What is installed."""

    @property
    def actions(self) -> Mapping[str, Action]:
        """The actions by name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpContext:
    """Everything a handler may use. The callables are asked at each request, so that a reload swaps what they return.

    `external_url` is how people reach the daemon through a proxy: its host is answered on loopback too (against DNS
    rebinding nothing else is), and its pages may post.

    `why` explains a run's id, an alert's fingerprint or a notification's id, or raises Refused; its keys: `subject`;
    `notification` (None, but for its id: id, source, received_at, state, error, size); `run` (the newest one,
    or None: headline, phase, outcome, reason, verdicts, plan, answers, steps, verification); `decisions` (newest
    first: at, playbook, decision, reason, by); `others` (playbooks that could have answered, likewise).
    `plan` says what would happen now for an alert, by one playbook or all, and changes nothing.
    `trust` is given a playbook's name and returns its record and what follows from it, or raises Refused.
    `drill` proposes on a few targets, for no longer than a client waits, and stores nothing.
    `reload` is given the name of who asks, and returns what is wrong.
    `refused` hears of notifications of which no alert was taken.
    `ingest` and `readiness` are made here, over the store.
    `mask` hides the secrets of strangers in answers; `readers` are closed with the server.
    `schema` is what may be written in files of a kind, for editors.
    `doors` are those that integrations bring; `verbs` is what people can ask control for.
    """

    store: Store
    control: Control
    why: Callable[[str], Awaitable[Mapping[str, object]]]
    plan: Callable[[Wanted], Awaitable[Previewed]]
    trust: Callable[[str], Awaitable[Trust]]
    drill: Callable[[DrillWanted], Awaitable[DrillReport]]
    metrics: Metrics
    ambient: Ambient
    authenticator: Callable[[], Authenticator]
    loops_alive: Callable[[], bool]
    accepting: Callable[[], bool]
    reload: Callable[[str], Awaitable[Sequence[str]]]
    readers: Readers
    book: Callable[[], Book]
    catalog: Callable[[], Catalog]
    version: str
    external_url: str = ""
    body_seconds: float = 30.0
    arrived: Callable[[], None] = lambda: None
    refused: Callable[[Notification, tuple[RefusedAlert, ...]], None] = lambda *_: None
    doors: tuple[DoorRoute, ...] = ()
    verbs: tuple[Verb, ...] = VERBS
    mask: Callable[[], Mask] = Mask
    schema: Callable[[str], bytes | None] = lambda kind: None
    room: Room = field(default_factory=Room)
    ingest: Ingest = field(init=False)
    readiness: Readiness = field(init=False)

    def __post_init__(self) -> None:
        readiness = Readiness(self.store, self.ambient.now)
        object.__setattr__(self, "readiness", readiness)
        object.__setattr__(self, "ingest", Ingest(self.store, told=readiness.noted))
