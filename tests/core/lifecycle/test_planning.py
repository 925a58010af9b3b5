"""What comes next while planning."""

from __future__ import annotations

import pytest

from remediator.core import effects as do
from remediator.core import events as ev
from remediator.core.events import Outcome, Stage
from remediator.core.lifecycle import MOST_REPLANS, next_effect
from remediator.core.playbook import (
    AfterFailure,
    Mode,
)
from remediator.core.run import Run, StepProgress, StepState
from remediator.core.verdict import Ruling
from remediator.testing.builders import (
    MOMENT,
    a_plan,
    a_run,
    a_step,
    an_order,
)
from tests.core.lifecycle.runs import ANA, HOUR, LATER, closing, planning, ruled, step


@pytest.mark.parametrize(
    ("run", "effect"),
    [
        (a_run(), do.Diagnose()),
        (a_run(diagnosed=True), do.Judge(Stage.BEFORE_PLANNING)),
        (planning(), do.Propose("vacuum")),
        (planning(not_before=LATER), do.Rest(LATER)),
        (planning(not_before=MOMENT), do.Propose("vacuum")),
        (planning(not_before=MOMENT + 9 * HOUR), do.Rest(MOMENT + HOUR)),
        (planning(progress=(step(),)), do.Note((ev.Planned(digest=a_plan().digest),))),
        (planning(progress=(step(),), plan=a_plan()), do.Judge(Stage.PLANNED)),
        (
            planning(progress=(step(),), plan=a_plan(), plan_judged=True),
            do.Ask(("the step asks for approval",)),
        ),
        (
            planning(
                progress=(step(),),
                plan=a_plan(),
                plan_judged=True,
                judgement=ruled(Ruling.ASK),
            ),
            do.Ask(("people said so",)),
        ),
        (
            planning(progress=(step(StepState.SKIPPED, n=1),)),
            do.Note((ev.VerificationStarted(),)),
        ),
    ],
)
def test_planning(run: Run, effect: do.Effect) -> None:
    assert next_effect(run, MOMENT) == effect


DRY = an_order(mode=Mode.DRY_RUN)
BROKEN = step(StepState.FAILED, reason="no such host")


@pytest.mark.parametrize(
    ("run", "outcome", "reason"),
    [
        (planning(denied=True, judgement=ruled(Ruling.DENY)), Outcome.BLOCKED, "pause: people"),
        (planning(alert_resolved_at=MOMENT), Outcome.WITHDRAWN, "the alert resolved before"),
        (planning(cancelled_by=ANA), Outcome.CANCELLED, "cancelled by ana"),
        (planning(cancelled_by=ANA, taken_over=True), Outcome.CANCELLED, "taken over by ana"),
        (planning(deadline=MOMENT), Outcome.BLOCKED, "no time left"),
        (
            planning(deadline=MOMENT, judgement=ruled(Ruling.DEFER)),
            Outcome.BLOCKED,
            "no time left; last: people said so",
        ),
        (planning(replans=MOST_REPLANS + 1), Outcome.FAILED, "the world changed under the plan"),
        (planning(progress=(BROKEN,)), Outcome.FAILED, "could not be planned: no such host"),
        (planning(progress=(BROKEN,), order=DRY), Outcome.DRY_RUN, "could not be planned"),
        (
            planning(progress=(step(StepState.SKIPPED, reason="as wanted"),)),
            Outcome.UNRESOLVED,
            "there is nothing to change (vacuum: as wanted)",
        ),
        (planning(progress=(step(StepState.SKIPPED),), order=DRY), Outcome.DRY_RUN, "nothing"),
        (
            planning(order=an_order(steps=()), progress=()),
            Outcome.HANDED_OVER,
            "remediator has looked, and the rest is for people",
        ),
        (
            planning(order=an_order(steps=(), mode=Mode.DRY_RUN), progress=()),
            Outcome.DRY_RUN,
            "dry run: it would have been handed over to people",
        ),
        (
            planning(progress=(step(),), plan=a_plan(), plan_judged=True, order=DRY),
            Outcome.DRY_RUN,
            "dry run: nothing was changed",
        ),
    ],
)
def test_planning_ends(run: Run, outcome: Outcome, reason: str) -> None:
    assert closing(run)[0] is outcome
    assert reason in closing(run)[1]


def test_a_step_that_may_fail_does_not_stop_the_planning() -> None:
    order = an_order(steps=(a_step(after_failure=AfterFailure.CONTINUE), a_step(id="second")))
    run = planning(order=order, progress=(BROKEN, StepProgress(step="second")))
    assert next_effect(run, MOMENT) == do.Propose("second")
