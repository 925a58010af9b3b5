"""Events of the site: what people and the daemon do that belongs to no run. They stand in the site's own journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseSet:
    """Nothing new begins in a scope: a person said so or, for a clock that jumped, remediator itself."""

    pause_id: str
    scope: str
    who: str
    reason: str
    until: datetime | None
    kind: Literal["pause_set"] = "pause_set"


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseEnded:
    """A pause was ended before its time. One that runs out is not told: its end was known when it was set."""

    pause_id: str
    scope: str
    who: str
    kind: Literal["pause_ended"] = "pause_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerClosed:
    """A person lets a playbook work again whose breaker may be open."""

    playbook: str
    who: str
    kind: Literal["breaker_closed"] = "breaker_closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockConfirmed:
    """A person has looked at the clock: `now` is right, whatever time (`was`) had been stored before."""

    who: str
    was: datetime | None
    now: datetime
    kind: Literal["clock_confirmed"] = "clock_confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidAfterwards:
    """What a person decided about a run that had ended: its own journal takes no more events."""

    run_id: str
    playbook: str
    target: str
    decision: str
    reason: str
    who: str
    kind: Literal["said_afterwards"] = "said_afterwards"


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """Settings and playbooks by their digests. `settings` is that of the file, "" where there is none."""

    playbooks: str
    count: int
    settings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A playbook's name and the digest of its document."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A daemon began its work."""

    version: str
    host: str
    in_use: InUse
    kind: Literal["started"] = "started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A daemon ended in order. One that was killed has said nothing."""

    version: str
    host: str
    kind: Literal["stopped"] = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """A daemon uses what was read anew; playbooks that were added or changed with their new digests."""

    who: str
    host: str
    before: InUse
    after: InUse
    added: tuple[Version, ...] = ()
    changed: tuple[Version, ...] = ()
    removed: tuple[Version, ...] = ()
    kind: Literal["reloaded"] = "reloaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadRefused:
    """What was read anew is wrong, the old is in use; `more` problems were found than are told."""

    who: str
    host: str
    in_use: InUse
    problems: tuple[str, ...]
    more: int = 0
    kind: Literal["reload_refused"] = "reload_refused"


SiteEvent = (
    PauseSet
    | PauseEnded
    | BreakerClosed
    | ClockConfirmed
    | SaidAfterwards
    | Started
    | Stopped
    | Reloaded
    | ReloadRefused
)

SITE_EVENTS: tuple[type, ...] = get_args(SiteEvent)
