"""breaker: stop a playbook whose fix fails, or works and the alert comes back; that is for people to look at.

After `open_for` it lets the next run try; one more bad end opens it again at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from remediator.core.duration import format_duration
from remediator.core.facts import Counted, Facts, Scope, Tallied, Tally
from remediator.core.guards.guard import Guard, Subject
from remediator.core.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """How many bad ends within `window` open the breaker, and for how long."""

    failures: int = 3
    ineffective: int = 3
    window: timedelta = timedelta(hours=24)
    open_for: timedelta = timedelta(hours=4)

    def tally(self, counted: Counted) -> Tally:
        """Ask how often something happened to this playbook."""
        most = {Counted.FAILED: self.failures, Counted.INEFFECTIVE: self.ineffective}.get(
            counted, 1
        )
        return Tally(counted=counted, scope=Scope.PLAYBOOK, per=self.window, most=most)


def tallies(settings: BreakerSettings) -> tuple[Tally, ...]:
    """Ask for failures, for fixes that did not last, and for people who closed the breaker."""
    return tuple(settings.tally(c) for c in (Counted.FAILED, Counted.INEFFECTIVE, Counted.RESET))


def judge(settings: BreakerSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny while open; a run that has begun goes on."""
    if subject.acted:
        return None
    reset = facts.tallies.get(settings.tally(Counted.RESET), Tallied()).newest
    causes = (
        (Counted.FAILED, settings.failures, "failed"),
        (Counted.INEFFECTIVE, settings.ineffective, "did not last"),
    )
    for counted, most, word in causes:
        tallied = facts.tallies.get(settings.tally(counted))
        if tallied is None:
            return Verdict(
                guard="breaker", ruling=Ruling.DENY, reason="earlier outcomes are not known"
            )
        if _is_open(settings, tallied, most, reset, facts.now):
            return _denial(settings, tallied, most, word)
    return None


def _is_open(
    settings: BreakerSettings, tallied: Tallied, most: int, reset: datetime | None, now: datetime
) -> bool:
    if tallied.count < most or tallied.newest is None:
        return False
    return now < tallied.newest + settings.open_for and (reset is None or reset < tallied.newest)


def _denial(settings: BreakerSettings, tallied: Tallied, most: int, word: str) -> Verdict:
    until = tallied.newest + settings.open_for if tallied.newest else None
    return Verdict(
        guard="breaker",
        ruling=Ruling.DENY,
        reason=f"the breaker is open: this playbook's fix {word} {tallied.count} times "
        f"in {format_duration(settings.window)}",
        numbers={"count": tallied.count, "max": most},
        until=until,
        clears="a person looks and runs `remediator resume playbook/NAME`, or time",
    )


def _stricter(own: BreakerSettings, floor: BreakerSettings) -> BreakerSettings:
    return BreakerSettings(
        failures=min(own.failures, floor.failures),
        ineffective=min(own.ineffective, floor.ineffective),
        window=max(own.window, floor.window),
        open_for=max(own.open_for, floor.open_for),
    )


GUARD = Guard(
    name="breaker", settings=BreakerSettings, judge=judge, tallies=tallies, stricter=_stricter
)
