"""risk: what cannot be taken back, or could not be observed after a doubt, is for people to allow."""

from __future__ import annotations

from dataclasses import dataclass

from remediator.core.change import ActionEffect, Change, Safety
from remediator.core.facts import Facts
from remediator.core.guards.guard import Guard, Subject
from remediator.core.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSettings:
    """Nothing can be set here; a step may say `irreversible: allow`."""


def judge(settings: RiskSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Ask for irreversible changes that the playbook does not allow, and for every blind one."""
    del settings, facts
    if subject.plan is None:
        return None
    risky = [change for change in subject.plan.changes if _asks(subject, change)]
    if not risky:
        return None
    steps = ", ".join(change.step for change in risky)
    return Verdict(
        guard="risk",
        ruling=Ruling.ASK,
        reason=f"cannot be taken back: {steps}",
        numbers={"irreversible": len(risky)},
        clears="an approval, or `irreversible: allow` on the step",
    )


def _asks(subject: Subject, change: Change) -> bool:
    step = next((s for s in subject.order.steps if s.id == change.step), None)
    if step is None:
        return True
    if step.approval_required:
        return False  # the step asks by itself, when its turn comes
    if step.safety is Safety.BLIND:
        return True
    return change.effect is ActionEffect.IRREVERSIBLE and not step.irreversible_allowed


GUARD = Guard(name="risk", settings=RiskSettings, judge=judge)
