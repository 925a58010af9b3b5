"""What comes next when something failed or was denied, and while it is undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from remediator.core import effects as do
from remediator.core import events as ev
from remediator.core.events import Outcome
from remediator.core.lifecycle import next_effect
from remediator.core.playbook import (
    AfterFailure,
)
from remediator.core.run import Rollback, Run, StepProgress, StepState
from remediator.core.verdict import Ruling
from remediator.testing.builders import (
    MOMENT,
    a_change,
    a_step,
    an_order,
)
from tests.core.lifecycle.runs import (
    DONE,
    ROLLBACK,
    TWO,
    UNDOABLE,
    acting,
    closing,
    planning,
    ruled,
    step,
    two_steps,
)

FAILED = StepProgress(step="second", state=StepState.FAILED, n=1, reason="disk full")
TWO_BACK = (a_step(), a_step(id="second", after_failure=AfterFailure.ROLLBACK))


@pytest.mark.parametrize(
    ("run", "event"),
    [
        (
            acting(order=an_order(steps=TWO), progress=(DONE, FAILED)),
            ev.Closed(outcome=Outcome.FAILED, reason="step second failed: disk full"),
        ),
        (
            acting(order=an_order(steps=TWO_BACK), progress=(DONE, FAILED)),
            ev.RollbackStarted(outcome=Outcome.FAILED, reason="step second failed: disk full"),
        ),
        (
            acting(order=an_order(steps=TWO, failure=ROLLBACK), progress=(DONE, FAILED)),
            ev.RollbackStarted(outcome=Outcome.FAILED, reason="step second failed: disk full"),
        ),
        (
            acting(
                order=an_order(steps=TWO, failure=ROLLBACK),
                progress=(replace(DONE, change=a_change()), FAILED),
            ),
            ev.Closed(outcome=Outcome.FAILED, reason="step second failed: disk full"),
        ),
        (
            acting(denied=True, judgement=ruled(Ruling.DENY)),
            ev.Closed(outcome=Outcome.BLOCKED, reason="pause: people said so"),
        ),
        (
            acting(
                denied=True,
                judgement=ruled(Ruling.DENY),
                order=an_order(steps=TWO, failure=ROLLBACK),
                progress=(DONE, StepProgress(step="second", change=a_change())),
            ),
            ev.RollbackStarted(outcome=Outcome.FAILED, reason="pause: people said so"),
        ),
        (
            planning(
                denied=True,
                judgement=ruled(Ruling.DENY),
                order=an_order(steps=TWO),
                progress=(DONE, StepProgress(step="second")),
            ),
            ev.Closed(outcome=Outcome.FAILED, reason="pause: people said so"),
        ),
        (
            planning(order=an_order(steps=TWO_BACK), progress=(DONE, replace(FAILED, n=0))),
            ev.RollbackStarted(
                outcome=Outcome.FAILED, reason="step second could not be planned: disk full"
            ),
        ),
    ],
    ids=[
        "a step failed",
        "a step failed that wants to be rolled back",
        "a step failed in a playbook that rolls back",
        "nothing can be undone",
        "denied before anything was changed",
        "denied between two changes",
        "denied while planning again",
        "planning again failed",
    ],
)
def test_failing(run: Run, event: ev.Event) -> None:
    assert next_effect(run, MOMENT) == do.Note((event,))


def test_a_step_that_may_fail_does_not_stop_the_others() -> None:
    run = two_steps(step(StepState.FAILED, n=1), after_failure=AfterFailure.CONTINUE)
    assert next_effect(run, MOMENT) == do.Hold("second")


def test_a_change_that_went_astray_stops_the_others_whatever_the_step_says() -> None:
    astray = step(StepState.FAILED, n=1, diverged=True)
    run = two_steps(astray, after_failure=AfterFailure.CONTINUE)
    assert closing(run)[0] is Outcome.FAILED


def undo(state: StepState, of: str = "vacuum", n: int = 0) -> StepProgress:
    return StepProgress(step=f"undo:{of}", state=state, change=UNDOABLE, n=n)


def rolling_back(*progress: StepProgress, **more: Any) -> Run:
    back = Rollback(reason="step second failed", outcome=Outcome.FAILED)
    return acting(order=an_order(steps=TWO), progress=progress, rollback=back, **more)


SECOND = replace(DONE, step="second")


@pytest.mark.parametrize(
    ("run", "effect"),
    [
        (rolling_back(DONE, SECOND), do.Undo("second")),
        (rolling_back(DONE, SECOND, undo(StepState.WAITING, "second")), do.Hold("undo:second")),
        (rolling_back(DONE, SECOND, undo(StepState.APPLIED, "second", 1)), do.Undo("vacuum")),
        (rolling_back(DONE, SECOND, undo(StepState.FAILED, "second", 1)), do.Undo("vacuum")),
        (rolling_back(DONE, SECOND, undo(StepState.SKIPPED, "second")), do.Undo("vacuum")),
        (
            rolling_back(DONE, undo(StepState.APPLIED, n=1)),
            do.Note((ev.Closed(outcome=Outcome.FAILED, reason="step second failed"),)),
        ),
        (
            rolling_back(DONE, denied=True, judgement=ruled(Ruling.DENY)),
            do.Note(
                (
                    ev.Closed(
                        outcome=Outcome.FAILED,
                        reason="step second failed (the rollback was stopped: pause: people said so)",
                    ),
                )
            ),
        ),
    ],
)
def test_rolling_back_goes_in_reverse_order_and_never_undoes_an_undoing(
    run: Run, effect: do.Effect
) -> None:
    assert next_effect(run, MOMENT) == effect
