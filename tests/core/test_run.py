"""A run's own claims about itself."""

from __future__ import annotations

from typing import Any

import pytest

from remediator.core.events import Voted
from remediator.core.run import Phase, StepProgress, StepState
from remediator.testing.builders import a_change, a_person, a_plan, a_run, an_approval

OTHER_PLAN = a_plan(a_change(version="boot-2"))


@pytest.mark.parametrize(
    ("plan", "approval", "expected"),
    [
        (a_plan(), an_approval(granted=True), True),
        (a_plan(), an_approval(granted=False), False),
        (a_plan(), an_approval(granted=True, expired=True), False),
        (OTHER_PLAN, an_approval(granted=True), False),
        (None, an_approval(granted=True), False),
        (a_plan(), None, False),
    ],
)
def test_a_run_is_approved_only_where_the_yes_is_for_the_current_plan(
    plan: Any, approval: Any, expected: bool
) -> None:
    assert a_run(plan=plan, approval=approval).is_approved is expected


@pytest.mark.parametrize(
    ("state", "diverged", "n", "acted", "changed"),
    [
        (StepState.WAITING, False, 0, False, False),
        (StepState.WAITING, False, 1, True, False),
        (StepState.FAILED, False, 1, True, False),
        (StepState.FAILED, True, 1, True, True),
        (StepState.APPLIED, False, 1, True, True),
        (StepState.SKIPPED, False, 0, False, False),
    ],
)
def test_an_intent_is_not_yet_a_change(
    state: StepState, diverged: bool, n: int, acted: bool, changed: bool
) -> None:
    run = a_run(progress=(StepProgress(step="vacuum", state=state, diverged=diverged, n=n),))
    assert (run.has_acted, run.may_have_changed) == (acted, changed)


def test_a_step_that_failed_half_way_may_have_changed_something() -> None:
    step = StepProgress(step="drain", state=StepState.FAILED, in_part=True, n=1)
    assert a_run(progress=(step,)).may_have_changed


@pytest.mark.parametrize("state", StepState)
def test_an_open_attempt_is_one_whose_outcome_is_not_known(state: StepState) -> None:
    run = a_run(progress=(StepProgress(step="vacuum", state=state),))
    is_open = state in (StepState.INTENDED, StepState.DOUBTED, StepState.UNKNOWN)
    assert (run.open_attempt is not None) is is_open


@pytest.mark.parametrize("phase", Phase)
def test_a_run_is_open_until_it_is_closed(phase: Phase) -> None:
    assert a_run(phase=phase).is_open is (phase is not Phase.CLOSED)


def test_who_said_yes_is_named_and_who_said_no_is_not() -> None:
    votes = [("ana", True), ("bo", False), ("cy", True)]
    approval = an_approval(
        votes=tuple(Voted(person=a_person(name=n), digest="d", approve=yes) for n, yes in votes)
    )
    assert approval.approvers == ("ana", "cy")


def test_steps_that_were_not_begun_can_be_left_out() -> None:
    states = (StepState.APPLIED, StepState.WAITING, StepState.FAILED)
    progress = tuple(StepProgress(step=f"s{n}", state=state) for n, state in enumerate(states))
    left = a_run(progress=progress, phase=Phase.AWAITING_APPROVAL).leaving_out_rest("enough")
    assert [s.state for s in left.progress] == [
        StepState.APPLIED,
        StepState.SKIPPED,
        StepState.FAILED,
    ]
    assert left.at("s1").reason == "enough"
    assert left.phase is Phase.ACTING
