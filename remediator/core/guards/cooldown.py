"""cooldown: let a target rest after a run that changed it, so that a fix can work before the next one starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from remediator.core.duration import format_duration
from remediator.core.facts import Facts
from remediator.core.guards.guard import Guard, Subject, later
from remediator.core.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CooldownSettings:
    """How long a target rests."""

    SHORTHAND: ClassVar[str] = "rest"
    rest: timedelta = timedelta(minutes=15)


def judge(settings: CooldownSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Defer until every target of the run has rested; a run never waits for its own changes."""
    if subject.acted:
        return None
    changed = [facts.last_changed[t] for t in subject.called if t in facts.last_changed]
    until = later(facts.now, *(at + settings.rest for at in changed))
    if until is None:
        return None
    ago = format_duration(facts.now - max(changed))
    return Verdict(
        guard="cooldown",
        ruling=Ruling.DEFER,
        reason=f"the target was changed {ago} ago and rests for {format_duration(settings.rest)}",
        numbers={"rest_seconds": settings.rest.total_seconds()},
        until=until,
        clears="time",
    )


GUARD = Guard(
    name="cooldown",
    settings=CooldownSettings,
    judge=judge,
    stricter=lambda own, floor: max(own, floor, key=lambda s: s.rest),
)
