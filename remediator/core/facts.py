"""Facts: a snapshot of history and surroundings, taken for one decision; all that a guard may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from remediator.core.identity import Identity, OwnMachine
from remediator.core.target import Target


class Known(StrEnum):
    """A check's three answers. Unknown never counts as yes."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a check found: the answer, a sentence for people, and the number behind it where there is one."""

    known: Known
    detail: str
    value: float | None = None
    at: datetime | None = None


def unknown(detail: str) -> Answer:
    """Return the answer of whoever could not know; the sentence says why."""
    return Answer(known=Known.UNKNOWN, detail=detail)


class Counted(StrEnum):
    """What the store counts, one entry each time it happens (table `budget`)."""

    ADMITTED = "admitted"  # a run was admitted
    ACTED = "acted"  # a run committed its first intent
    CHANGED = "changed"  # an intent to change a target was committed
    FAILED = "failed"  # a run ended failed or outcome unknown
    INEFFECTIVE = "ineffective"  # a run ended unresolved, or had worked and the alert came back
    RESET = "reset"  # a person closed the breaker
    DOMAIN = "domain"  # a run acted in a failure domain, which the entry's `source` names


class Scope(StrEnum):
    """Over what a tally counts."""

    TARGET = "target"
    PLAYBOOK = "playbook"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A question to the store: how often within the last `per`, over the run's own target or playbook, or over all.

    No more than the newest `most` are counted, because no answer depends on how many there are beyond its limit (None:
    all). `distinct` asks for the number of different targets, up to `most`, and not for that of entries.
    """

    counted: Counted
    scope: Scope
    per: timedelta
    most: int | None = None
    distinct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallied:
    """The store's answer to a tally: the number of entries or, where that was asked, of different targets that are none
    of the run's own; and when the first and the last of them were."""

    count: int = 0
    targets: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A run that acts in another failure domain ("": nobody knows which), or has acted there lately."""

    domain: str
    run_id: str
    at: datetime | None
    acts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A stop set by a person: scope `all`, `playbook/NAME`, `target/KIND/NAME` or `namespace/NAME`."""

    id: str
    scope: str
    who: str
    reason: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a judgement may depend on. What is missing here is unknown, and unknown means no."""

    now: datetime
    tallies: Mapping[Tally, Tallied] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()
    holders: Mapping[Target, str] = field(default_factory=dict)
    last_changed: Mapping[Target, datetime] = field(default_factory=dict)
    acting: int = 0
    protected: tuple[str | OwnMachine, ...] = ()
    identities: Mapping[Target, Identity] = field(default_factory=dict)
    alert_firing: bool | None = None
    firing_together: int = 0
    elsewhere: Elsewhere | None = None
    elsewhere_known: bool = False
