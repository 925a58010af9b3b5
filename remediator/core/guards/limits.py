"""limits: so many acting runs per target or playbook in a window, several windows at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from remediator.core.duration import format_duration
from remediator.core.facts import Counted, Facts, Scope, Tallied, Tally
from remediator.core.guards.guard import Guard, Subject
from remediator.core.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `max` acting runs within `per`, counted by target, playbook or over all."""

    max: int
    per: timedelta
    by: Scope = Scope.TARGET

    @property
    def tally(self) -> Tally:
        """The question that answers how much of this limit is used."""
        return Tally(counted=Counted.ACTED, scope=self.by, per=self.per, most=self.max)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsSettings:
    """Limits, all of which must hold."""

    SHORTHAND: ClassVar[str] = "limits"
    limits: tuple[Limit, ...] = (
        Limit(max=3, per=timedelta(hours=6), by=Scope.TARGET),
        Limit(max=20, per=timedelta(hours=1), by=Scope.PLAYBOOK),
    )


def tallies(settings: LimitsSettings) -> tuple[Tally, ...]:
    """Ask how much of each limit is used."""
    return tuple(limit.tally for limit in settings.limits)


def judge(settings: LimitsSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny where a limit is used up; a run that has begun was counted already."""
    if subject.acted:
        return None
    used_up = (
        (limit, facts.tallies.get(limit.tally))
        for limit in settings.limits
        if not _has_room(limit, facts.tallies.get(limit.tally))
    )
    return next((_denial(limit, used) for limit, used in used_up), None)


def _has_room(limit: Limit, used: Tallied | None) -> bool:
    return used is not None and used.count < limit.max


def _denial(limit: Limit, used: Tallied | None) -> Verdict:
    if used is None:
        reason = f"it is not known how many runs there were per {limit.by.value}"
        return Verdict(guard="limits", ruling=Ruling.DENY, reason=reason)
    reason = (
        f"{used.count} runs in the last {format_duration(limit.per)} for this "
        f"{limit.by.value}, the limit is {limit.max}"
    )
    return Verdict(
        guard="limits",
        ruling=Ruling.DENY,
        reason=reason if limit.by is not Scope.ALL else reason.replace("this all", "all playbooks"),
        numbers={"count": used.count, "max": limit.max, "per_seconds": limit.per.total_seconds()},
        until=used.oldest + limit.per if used.oldest else None,
        clears="time",
    )


GUARD = Guard(
    name="limits",
    settings=LimitsSettings,
    judge=judge,
    tallies=tallies,
    stricter=lambda own, floor: LimitsSettings(
        limits=tuple(dict.fromkeys(own.limits + floor.limits))
    ),
)
