"""What comes next while acting, and after a doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from remediator.core import effects as do
from remediator.core import events as ev
from remediator.core.change import Safety
from remediator.core.events import Outcome
from remediator.core.lifecycle import SKEW, next_effect
from remediator.core.run import Run, StepState
from remediator.core.verdict import NO_OBJECTION, Ruling
from remediator.testing.builders import (
    MOMENT,
    a_step,
    an_order,
)
from tests.core.lifecycle.runs import (
    ANA,
    CHECK,
    LATER,
    YES,
    acting,
    closing,
    ruled,
    step,
    two_steps,
)

BLIND = an_order(steps=(a_step(safety=Safety.BLIND),))
ASKING = an_order(steps=(a_step(approval_required=True),))
UNLESS = an_order(steps=(a_step(unless=(CHECK,)),))
UNLESS_VERIFIED = an_order(steps=(a_step(unless_verified=True, approval_required=True),))
ASKED = ("the step asks for approval",)


@pytest.mark.parametrize(
    ("run", "effect"),
    [
        (acting(), do.Hold("vacuum")),
        (acting(confirmed_at=None), do.Confirm()),
        (acting(judgement=NO_OBJECTION), do.Hold("vacuum")),
        (acting(judgement=ruled(Ruling.DEFER)), do.Hold("vacuum")),
        (acting(judgement=ruled(Ruling.ASK)), do.Ask(("people said so",))),
        (acting(judgement=ruled(Ruling.ASK), approval=YES), do.Hold("vacuum")),
        (acting(judgement=ruled(Ruling.ASK), approval=YES, confirmed_at=None), do.Confirm()),
        (acting(order=BLIND), do.Ask(ASKED)),
        (acting(order=BLIND, approval=YES), do.Hold("vacuum")),
        (acting(order=ASKING), do.Ask(ASKED)),
        (acting(order=ASKING, approval=replace(YES, digest="another")), do.Ask(ASKED)),
        (acting(order=UNLESS), do.Consider("vacuum")),
        (acting(order=UNLESS, progress=(step(wanted=True),)), do.Hold("vacuum")),
        (acting(order=UNLESS_VERIFIED), do.Consider("vacuum")),
        (acting(order=UNLESS_VERIFIED, progress=(step(wanted=True),)), do.Ask(ASKED)),
        (acting(not_before=LATER), do.Rest(LATER)),
        (
            acting(progress=(step(StepState.APPLIED, n=1),)),
            do.Note((ev.VerificationStarted(),)),
        ),
        (
            acting(progress=(step(StepState.SKIPPED),)),
            do.Note((ev.VerificationStarted(),)),
        ),
    ],
)
def test_acting(run: Run, effect: do.Effect) -> None:
    assert next_effect(run, MOMENT) == effect


@pytest.mark.parametrize("minutes", [29, 30])
@pytest.mark.parametrize("n", [0, 1])
def test_a_yes_lapses_unless_the_run_has_begun_under_it(minutes: int, n: int) -> None:
    run = acting(judgement=ruled(Ruling.ASK), approval=YES, progress=(step(n=n),))
    lapsed = minutes == 30 and n == 0
    effect = do.Note((ev.ApprovalExpired(),)) if lapsed else do.Hold("vacuum")
    assert next_effect(run, MOMENT + timedelta(minutes=minutes)) == effect


INTENT = {"n": 1, "token": "t", "fence": 3, "not_after": MOMENT + timedelta(minutes=5)}
AFTER = MOMENT + timedelta(minutes=5) + SKEW
CONVERGENT = an_order(steps=(a_step(safety=Safety.CONVERGENT),))


@pytest.mark.parametrize(
    ("run", "now", "effect"),
    [
        (
            acting(progress=(step(StepState.INTENDED, **INTENT),), fence=3),
            MOMENT,
            do.Apply("vacuum"),
        ),
        (
            acting(progress=(step(StepState.INTENDED, **INTENT),), fence=4),
            MOMENT,
            do.Observe("vacuum"),
        ),
        (
            acting(progress=(step(StepState.INTENDED, **INTENT),), fence=4, order=CONVERGENT),
            MOMENT,
            do.Rest(AFTER),
        ),
        (
            acting(progress=(step(StepState.INTENDED, **INTENT),), fence=4, order=CONVERGENT),
            AFTER,
            do.Observe("vacuum"),
        ),
        (
            acting(progress=(step(StepState.DOUBTED, **INTENT),), fence=3, order=CONVERGENT),
            MOMENT,
            do.Rest(AFTER),
        ),
        (
            acting(progress=(step(StepState.DOUBTED, **INTENT),), fence=3),
            MOMENT,
            do.Observe("vacuum"),
        ),
        (
            acting(progress=(step(StepState.DOUBTED, observe_at=LATER, **INTENT),), fence=3),
            MOMENT,
            do.Rest(LATER),
        ),
        (
            acting(progress=(step(StepState.UNKNOWN, observe_until=LATER, **INTENT),)),
            MOMENT,
            do.Rest(LATER),
        ),
        (
            acting(progress=(step(StepState.DOUBTED, **INTENT),), cancelled_by=ANA),
            MOMENT,
            do.Observe("vacuum"),
        ),
        (
            acting(progress=(step(StepState.DOUBTED, **INTENT),), deadline=MOMENT, denied=True),
            MOMENT,
            do.Observe("vacuum"),
        ),
    ],
)
def test_an_intent_without_an_outcome_comes_before_everything_else(
    run: Run, now: datetime, effect: do.Effect
) -> None:
    assert next_effect(run, now) == effect


def test_what_nobody_could_say_in_time_stays_unknown() -> None:
    run = acting(progress=(step(StepState.UNKNOWN, observe_until=MOMENT, **INTENT),))
    assert closing(run)[0] is Outcome.OUTCOME_UNKNOWN


def test_after_the_deadline_a_run_that_has_begun_still_waits_for_its_retry() -> None:
    """It came back at once for ever: the rest ended at a deadline that lay behind."""
    run = acting(progress=(step(n=1),), not_before=LATER, deadline=MOMENT)
    assert next_effect(run, MOMENT) == do.Rest(LATER)


def test_an_alert_that_resolves_before_anything_was_really_changed_withdraws_the_run() -> None:
    """An attempt that changed nothing counted as a change: the run went on for an alert that was gone."""
    run = acting(progress=(step(n=1),), alert_resolved_at=MOMENT)
    assert closing(run)[0] is Outcome.WITHDRAWN


def test_what_has_begun_is_finished_although_the_alert_has_resolved() -> None:
    run = replace(two_steps(step(StepState.APPLIED, n=1)), alert_resolved_at=MOMENT)
    assert next_effect(run, MOMENT) == do.Hold("second")
