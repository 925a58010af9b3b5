"""alert_firing: nothing is changed for an alert that no longer fires, or of which nobody knows."""

from __future__ import annotations

from dataclasses import dataclass

from remediator.core.facts import Facts
from remediator.core.guards.guard import Guard, Subject
from remediator.core.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringSettings:
    """Nothing can be set: this rule always holds."""


def judge(settings: FiringSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny the first change where the alert is not known to fire; what has begun is finished."""
    del settings
    if subject.changed or facts.alert_firing:
        return None
    word = "is not known to fire" if facts.alert_firing is None else "no longer fires"
    return Verdict(guard="alert_firing", ruling=Ruling.DENY, reason=f"the alert {word}")


GUARD = Guard(name="alert_firing", settings=FiringSettings, judge=judge, about_changes=False)
