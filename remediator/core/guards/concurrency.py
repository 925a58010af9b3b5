"""concurrency: so many runs of one playbook act at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from remediator.core.facts import Facts
from remediator.core.guards.guard import Guard, Subject
from remediator.core.verdict import Ruling, Verdict

_LOOK_AGAIN = timedelta(seconds=10)


class OnBusy(StrEnum):
    """What becomes of a run that finds no room."""

    WAIT = "wait"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencySettings:
    """At most `max` runs of the playbook hold targets at once."""

    max: int = 5
    on_busy: OnBusy = OnBusy.WAIT


def judge(settings: ConcurrencySettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Defer, or deny with `on_busy: skip`, while too many other runs of this playbook act."""
    if subject.acted or facts.acting < settings.max:
        return None
    return Verdict(
        guard="concurrency",
        ruling=Ruling.DEFER if settings.on_busy is OnBusy.WAIT else Ruling.DENY,
        reason=f"{facts.acting} other runs of this playbook act now, the limit is {settings.max}",
        numbers={"acting": facts.acting, "max": settings.max},
        until=facts.now + _LOOK_AGAIN,
        clears="another run ends",
    )


GUARD = Guard(
    name="concurrency",
    settings=ConcurrencySettings,
    judge=judge,
    stricter=lambda own, floor: min(own, floor, key=lambda s: s.max),
)
