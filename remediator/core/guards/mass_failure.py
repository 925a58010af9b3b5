"""mass_failure: many targets that fall ill of the same thing at once are an outage with one cause, and a reason to stop
and to call people, not to act on each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite

from remediator.core.duration import format_duration
from remediator.core.facts import Answer, Facts, Known
from remediator.core.guards.guard import Guard, Subject, Together
from remediator.core.guards.storm import StormSettings
from remediator.core.order import Order
from remediator.core.playbook import CheckOrder
from remediator.core.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class MassFailureSettings:
    """More than `max` targets, or `max_percent` of the population that `of` counts where that is more, whose alerts
    began within `per` and still fire. Without `max`: as many as the storm's `runs`."""

    of: CheckOrder | None = None
    max: int | None = None
    max_percent: float = 10.0
    per: timedelta = timedelta(minutes=30)


def judge(settings: MassFailureSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny, also what was planned and approved, while too many targets of this playbook fire together."""
    if subject.acted:
        return None
    most, problem = _most(settings, subject.order, facts.answers)
    if problem:
        return _denial(problem)
    if facts.firing_together <= most:
        return None
    reason = (
        f"more than {most} targets began to fire the same alert within "
        f"{format_duration(settings.per)}: this is an outage, for people to look at"
    )
    return _denial(reason, most)


def _denial(reason: str, most: int | None = None) -> Verdict:
    return Verdict(
        guard="mass_failure",
        ruling=Ruling.DENY,
        reason=reason,
        numbers={} if most is None else {"max": most},
        clears="fewer of them fire",
    )


def _most(
    settings: MassFailureSettings, order: Order, answers: Mapping[str, Answer]
) -> tuple[int, str]:
    storm: StormSettings = order.guards.get("storm") or StormSettings()
    most = storm.runs if settings.max is None else settings.max
    if settings.of is None:
        return most, ""
    answer = answers.get(settings.of.key)
    value = answer.value if answer and answer.known is not Known.UNKNOWN else None
    if value is None or not isfinite(value):
        detail = answer.detail if answer else "nobody asked"
        return most, f"the size of the population is not known: {detail}"
    share = int(value * settings.max_percent / 100)
    return (share if settings.max is None else max(most, share)), ""


def _together(
    settings: MassFailureSettings, order: Order, answers: Mapping[str, Answer]
) -> Together:
    return Together(per=settings.per, most=_most(settings, order, answers)[0])


def _stricter(own: MassFailureSettings, floor: MassFailureSettings) -> MassFailureSettings:
    given = [each for each in (own.max, floor.max) if each is not None]
    return MassFailureSettings(
        of=own.of or floor.of,
        max=min(given, default=None),
        max_percent=min(own.max_percent, floor.max_percent),
        per=max(own.per, floor.per),
    )


GUARD = Guard(
    name="mass_failure",
    settings=MassFailureSettings,
    judge=judge,
    questions=lambda settings: (settings.of,) if settings.of else (),
    together=_together,
    stricter=_stricter,
)
