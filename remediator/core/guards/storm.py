"""storm: very many new runs at once mean that something larger is wrong; stop starting and tell people once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from remediator.core.duration import format_duration
from remediator.core.facts import Counted, Facts, Scope, Tally
from remediator.core.guards.guard import Guard, Subject
from remediator.core.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class StormSettings:
    """More than `runs` new runs per `per` are a storm, which ends when `quiet` has seen no more than that rate."""

    SETTINGS_ONLY: ClassVar[bool] = True
    runs: int = 10
    per: timedelta = timedelta(minutes=10)
    quiet: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        """Refuse a window in which nothing could be counted."""
        if self.per <= timedelta(0):
            raise ValueError("`per` must be longer than 0s")

    @property
    def window(self) -> Tally:
        """The question how many runs were admitted lately."""
        longest = max(self.per, self.quiet)
        return Tally(counted=Counted.ADMITTED, scope=Scope.ALL, per=longest, most=self.runs + 1)


def judge(settings: StormSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny new runs; one that was planned before the storm goes on."""
    if subject.acted or subject.plan is not None:
        return None
    tallied = facts.tallies.get(settings.window)
    if tallied is not None and tallied.count <= settings.runs:
        return None
    count = tallied.count if tallied else 0
    return Verdict(
        guard="storm",
        ruling=Ruling.DENY,
        reason=f"{count} new runs in {format_duration(settings.window.per)}, more than {settings.runs} are a storm"
        if tallied
        else "it is not known how many runs there were",
        numbers={"runs": count, "max": settings.runs},
        clears=f"quiet for {format_duration(settings.quiet)}",
    )


GUARD = Guard(
    name="storm",
    settings=StormSettings,
    judge=judge,
    tallies=lambda settings: (settings.window,),
    stricter=lambda own, floor: min(own, floor, key=lambda s: s.runs / s.per.total_seconds()),
    about_changes=False,
)
