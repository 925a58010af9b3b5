"""blast_radius: a playbook changes at most so much of its population within a window; many sick targets at once
are a reason to stop, not to act."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from math import isfinite
from typing import ClassVar, TypeVar

from remediator.core.duration import format_duration
from remediator.core.facts import Counted, Facts, Known, Scope, Tally
from remediator.core.guards.guard import Guard, Subject
from remediator.core.playbook import CheckOrder
from remediator.core.verdict import Ruling, Verdict

_Settings = TypeVar("_Settings", bound="BlastRadiusSettings")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlastRadiusSettings:
    """At most `max` targets, or `max_percent` of the population that `of` counts, whichever is larger."""

    WHOSE: ClassVar[str] = ""
    of: CheckOrder | None = None
    max: int = 3
    max_percent: float = 10.0
    per: timedelta = timedelta(hours=1)

    @property
    def tally(self) -> Tally:
        """The question how many targets this playbook has changed."""
        return self.targets_changed(Scope.PLAYBOOK)

    def targets_changed(self, scope: Scope) -> Tally:
        """Ask how many targets were changed; where a population decides what is allowed, for all of them."""
        most = None if self.of else self.max + 1
        return Tally(counted=Counted.CHANGED, scope=scope, per=self.per, most=most, distinct=True)


def judge(settings: BlastRadiusSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny where this run would change more targets than allowed, or where the population is not known."""
    return radius("blast_radius", settings, subject, facts)


def radius(
    name: str, settings: BlastRadiusSettings, subject: Subject, facts: Facts
) -> Verdict | None:
    """Judge by the number of targets that the settings' own tally has counted, in the name of a guard."""
    if subject.acted:
        return None
    tallied = facts.tallies.get(settings.tally)
    allowed, problem = _allowed(settings, facts)
    if tallied is None or problem:
        return Verdict(
            guard=name,
            ruling=Ruling.DENY,
            reason=problem or "the changed targets are not known",
        )
    touched = tallied.targets + len(set(subject.targets))
    if touched <= allowed:
        return None
    return Verdict(
        guard=name,
        ruling=Ruling.DENY,
        reason=f"this would be target number {touched} in {format_duration(settings.per)}{settings.WHOSE}, "
        f"the limit is {allowed}",
        numbers={"targets": touched, "max": allowed},
        until=tallied.oldest + settings.per if tallied.oldest else None,
        clears="time",
    )


def _allowed(settings: BlastRadiusSettings, facts: Facts) -> tuple[int, str]:
    if settings.of is None:
        return settings.max, ""
    answer = facts.answers.get(settings.of.key)
    if answer is None or answer.known is Known.UNKNOWN or not _is_number(answer.value):
        detail = answer.detail if answer else "nobody asked"
        return 0, f"the size of the population is not known: {detail}"
    return max(settings.max, int((answer.value or 0) * settings.max_percent / 100)), ""


def _is_number(value: float | None) -> bool:
    return value is not None and isfinite(value)


def stricter(own: _Settings, floor: BlastRadiusSettings) -> _Settings:
    """Return the careful half of everything."""
    return replace(
        own,
        of=own.of or floor.of,
        max=min(own.max, floor.max),
        max_percent=min(own.max_percent, floor.max_percent),
        per=max(own.per, floor.per),
    )


GUARD = Guard(
    name="blast_radius",
    settings=BlastRadiusSettings,
    judge=judge,
    tallies=lambda settings: (settings.tally,),
    questions=lambda settings: (settings.of,) if settings.of else (),
    stricter=stricter,
)
