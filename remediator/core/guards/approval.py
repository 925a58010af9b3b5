"""approval: the playbook's mode, or its `approval.when`, wants a person's yes."""

from __future__ import annotations

from dataclasses import dataclass

from remediator.core.facts import Facts, Known
from remediator.core.guards.guard import Guard, Subject
from remediator.core.playbook import Mode
from remediator.core.verdict import Ruling, Verdict

CONDITION = "approval.when"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalSettings:
    """Nothing can be set here; see `mode` and `approval` in the playbook."""


def judge(settings: ApprovalSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Ask in mode `approve`, and where the condition holds or cannot be answered."""
    del settings
    if subject.plan is None:
        return None
    if subject.order.mode is Mode.APPROVE:
        return Verdict(guard="approval", ruling=Ruling.ASK, reason="the run is in mode approve")
    answer = facts.answers.get(CONDITION)
    if subject.order.approval.when is None or (answer and answer.known is Known.FAILS):
        return None
    return Verdict(
        guard="approval",
        ruling=Ruling.ASK,
        reason=f"approval.when: {subject.order.approval.when}" + ("" if answer else " is unknown"),
    )


GUARD = Guard(name="approval", settings=ApprovalSettings, judge=judge)
