"""one_run_per_target: nobody acts on a target that another run holds, by any playbook, on any replica."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from remediator.core.facts import Facts
from remediator.core.guards.guard import Guard, Subject
from remediator.core.verdict import Ruling, Verdict

_LOOK_AGAIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusiveSettings:
    """Nothing can be set: this rule always holds."""


def judge(settings: ExclusiveSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Defer while another run holds one of the targets."""
    del settings
    held = {
        t: facts.holders[t]
        for t in subject.called
        if facts.holders.get(t, subject.run_id) != subject.run_id
    }
    if not held:
        return None
    target, holder = next(iter(held.items()))
    return Verdict(
        guard="one_run_per_target",
        ruling=Ruling.DEFER,
        reason=f"{target} is held by {holder}",
        numbers={"held": len(held)},
        until=facts.now + _LOOK_AGAIN,
        clears=f"{holder} ends",
    )


GUARD = Guard(name="one_run_per_target", settings=ExclusiveSettings, judge=judge)
