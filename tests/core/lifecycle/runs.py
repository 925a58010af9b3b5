"""Runs in every phase, of which a row names only what it is about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from remediator.core import effects as do
from remediator.core import events as ev
from remediator.core.change import ActionEffect
from remediator.core.events import Outcome
from remediator.core.facts import Known
from remediator.core.lifecycle import next_effect
from remediator.core.playbook import (
    ApprovalPolicy,
    CheckOrder,
    FailurePolicy,
    VerifyOrder,
)
from remediator.core.run import Phase, Run, StepProgress, StepState, Verification
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.testing.builders import (
    MOMENT,
    a_change,
    a_person,
    a_plan,
    a_run,
    a_step,
    an_approval,
    an_order,
)

CHECK = CheckOrder(kind="promql", parameters={}, text="up")
ANA = a_person()
HOUR = timedelta(hours=1)
LATER = MOMENT + timedelta(minutes=1)
PLANNING = {"diagnosed": True, "cleared": True}
PLANNED = PLANNING | {"plan": a_plan(), "plan_judged": True, "confirmed_at": MOMENT}
UNDOABLE = a_change(effect=ActionEffect.REVERSIBLE)
YES = an_approval(granted=True)


def ruled(ruling: Ruling) -> Judgement:
    return Judgement(verdicts=(Verdict(guard="pause", ruling=ruling, reason="people said so"),))


def step(state: StepState = StepState.WAITING, **more: Any) -> StepProgress:
    return StepProgress(step="vacuum", state=state, **({"change": a_change()} | more))


def planning(**more: Any) -> Run:
    return a_run(**(PLANNING | more))


def acting(**more: Any) -> Run:
    return a_run(**(PLANNED | {"phase": Phase.ACTING, "progress": (step(),)} | more))


def awaiting(policy: ApprovalPolicy | None = None, **more: Any) -> Run:
    order = an_order(approval=policy or ApprovalPolicy())
    more = {"order": order, "approval": an_approval()} | more
    return acting(phase=Phase.AWAITING_APPROVAL, **more)


def verifying(known: Known = Known.UNKNOWN, **proof: Any) -> Run:
    whole: dict[str, Any] = {
        "started_at": MOMENT,
        "deadline": MOMENT + timedelta(minutes=10),
        "next_look": LATER,
        "known": known,
    }
    return acting(
        phase=Phase.VERIFYING,
        progress=(step(StepState.APPLIED, n=1),),
        verification=Verification(**(whole | proof)),
        order=an_order(verify=VerifyOrder(checks=(CHECK,), holds_for=timedelta(minutes=2))),
    )


def two_steps(first: StepProgress, **more: Any) -> Run:
    """Two steps of which the first is settled."""
    order = an_order(steps=(a_step(**more), a_step(id="second")))
    return acting(order=order, progress=(first, StepProgress(step="second", change=a_change())))


def closing(run: Run, now: datetime = MOMENT) -> tuple[Outcome, str]:
    """How a run ends now."""
    effect = next_effect(run, now)
    assert isinstance(effect, do.Note), effect
    (event,) = effect.events
    assert isinstance(event, ev.Closed), event
    return event.outcome, event.reason


ROLLBACK = FailurePolicy(rollback=True)
DONE = step(StepState.APPLIED, n=1, change=UNDOABLE)
TWO = (a_step(), a_step(id="second"))
