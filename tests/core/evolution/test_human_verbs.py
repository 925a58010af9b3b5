"""What follows from what people say, or do not say in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core import events as ev
from remediator.core.errors import IllegalEvent
from remediator.core.events import Settlement
from remediator.core.evolution import evolve
from remediator.core.playbook import ApprovalPolicy
from remediator.core.run import Phase, Run, StepProgress, StepState
from remediator.testing.builders import MOMENT, a_change, a_person, a_plan, an_approval, an_order
from tests.core.lifecycle.runs import DONE, LATER, TWO, acting, awaiting, planning, step

DIGEST = a_plan().digest
EXPIRES = an_approval().expires_at
TWO_PEOPLE = ApprovalPolicy(count=2)


def vote(name: str = "ana", *, approve: bool = True, digest: str = DIGEST) -> ev.Voted:
    return ev.Voted(person=a_person(name=name), digest=digest, approve=approve)


def half_done() -> Run:
    """A run that asks in the middle: its first step was applied."""
    progress = (DONE, StepProgress(step="second", change=a_change(step="second")))
    return replace(awaiting(), order=an_order(steps=TWO), progress=progress)


def test_a_request_is_for_the_current_plan_and_for_a_while() -> None:
    run = planning(progress=(step(),), plan=a_plan(), confirmed_at=MOMENT, not_before=LATER)
    request = ev.ApprovalRequested(approval="apr_1", digest=DIGEST, reasons=("why",))
    after = evolve(run, request, MOMENT)
    assert after.phase is Phase.AWAITING_APPROVAL
    assert after.approval == an_approval(reasons=("why",))
    assert (after.confirmed_at, after.not_before) == (None, None)


@pytest.mark.parametrize("run", [planning(plan=a_plan()), planning(plan=None)])
def test_nobody_is_asked_about_another_plan(run: Run) -> None:
    request = ev.ApprovalRequested(approval="apr_1", digest="0" * 64, reasons=())
    with pytest.raises(IllegalEvent, match="not the plan's"):
        evolve(run, request, MOMENT)


def test_one_yes_is_enough_where_one_is_asked_for() -> None:
    after = evolve(awaiting(), vote(), MOMENT)
    assert (after.phase, after.is_approved) == (Phase.ACTING, True)


def test_two_different_people_are_two() -> None:
    run = evolve(awaiting(TWO_PEOPLE), vote("ana"), MOMENT)
    assert (run.phase, run.is_approved) == (Phase.AWAITING_APPROVAL, False)
    with pytest.raises(IllegalEvent, match="approved already"):
        evolve(run, vote("ana"), MOMENT)
    assert evolve(run, vote("bo"), MOMENT).is_approved


def test_one_no_is_enough_also_from_somebody_who_said_yes() -> None:
    run = evolve(awaiting(TWO_PEOPLE), vote("ana"), MOMENT)
    run = evolve(run, vote("ana", approve=False), MOMENT)
    assert run.approval is not None
    assert run.approval.rejected_by == a_person(name="ana")
    with pytest.raises(IllegalEvent, match="already decided"):
        evolve(run, vote("bo"), MOMENT)


@pytest.mark.parametrize(
    ("run", "event", "seconds", "complaint"),
    [
        (awaiting(), vote(), 1800, "ran out at 09:56 UTC"),
        (awaiting(), vote(approve=False), 1800, "ran out"),
        (awaiting(), vote(digest="0" * 64), 0, "has changed since it was shown"),
        (awaiting(), vote(digest="0" * 64, approve=False), 0, "has changed since it was shown"),
        (awaiting(approval=an_approval(expired=True)), vote(), 0, "already decided"),
        (awaiting(approval=None), vote(), 0, "already decided"),
        (acting(), vote(), 0, "it takes no voted"),
        (acting(phase=Phase.CLOSED), vote(), 0, "it takes no voted"),
    ],
)
def test_a_click_that_comes_too_late_or_was_meant_for_another_plan_changes_nothing(
    run: Run, event: ev.Voted, seconds: int, complaint: str
) -> None:
    with pytest.raises(IllegalEvent, match=complaint):
        evolve(run, event, MOMENT + timedelta(seconds=seconds))


def test_a_yes_in_the_last_second_counts() -> None:
    assert evolve(awaiting(), vote(), EXPIRES - timedelta(microseconds=1)).is_approved


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (vote(approve=False), "rejected by ana"),
        (ev.ApprovalExpired(), "nobody approved it in time"),
    ],
)
def test_a_no_in_the_middle_leaves_the_rest_out_and_proves_what_was_done(
    event: ev.Event, reason: str
) -> None:
    after = evolve(half_done(), event, MOMENT)
    assert after.phase is Phase.ACTING
    assert (after.at("second").state, after.at("second").reason) == (StepState.SKIPPED, reason)
    assert after.at("vacuum").state is StepState.APPLIED


@pytest.mark.parametrize("event", [vote(approve=False), ev.ApprovalExpired()])
def test_a_no_at_the_beginning_stays_where_it_is(event: ev.Event) -> None:
    after = evolve(awaiting(), event, MOMENT)
    assert after.phase is Phase.AWAITING_APPROVAL
    assert after.at("vacuum").state is StepState.WAITING


def test_a_yes_that_has_lapsed_is_no_yes() -> None:
    run = acting(approval=an_approval(granted=True))
    after = evolve(run, ev.ApprovalExpired(), EXPIRES)
    assert (after.phase, after.is_approved) == (Phase.ACTING, False)
    assert after.at("vacuum").state is StepState.WAITING


def test_reminders_and_escalations_are_counted() -> None:
    run = evolve(awaiting(), ev.ApprovalReminded(), MOMENT)
    run = evolve(run, ev.ApprovalEscalated(to="leads"), MOMENT)
    assert run.approval == an_approval(reminded=1, escalated=True)


@pytest.mark.parametrize(
    "event", [ev.ApprovalReminded(), ev.ApprovalEscalated(to="leads"), ev.ApprovalExpired()]
)
def test_without_a_request_there_is_nothing_to_remind_of(event: ev.Event) -> None:
    with pytest.raises(IllegalEvent, match="has asked nobody"):
        evolve(awaiting(approval=None), event, MOMENT)


@pytest.mark.parametrize("take_over", [False, True])
def test_a_cancellation_keeps_who_and_how(take_over: bool) -> None:
    cancel = ev.CancelRequested(person=a_person(), take_over=take_over)
    after = evolve(planning(), cancel, MOMENT)
    assert (after.cancelled_by, after.taken_over) == (a_person(), take_over)


@pytest.mark.parametrize(
    ("settlement", "state", "diverged", "reason"),
    [
        (Settlement.APPLIED, StepState.APPLIED, False, ""),
        (Settlement.NOT_APPLIED, StepState.FAILED, False, "ana says that it was not applied"),
        (Settlement.ABANDON, StepState.FAILED, True, "abandoned by ana"),
    ],
)
def test_a_person_settles_what_nobody_could_observe(
    settlement: Settlement, state: StepState, diverged: bool, reason: str
) -> None:
    run = acting(progress=(step(StepState.UNKNOWN, n=1),))
    after = evolve(run, ev.Settled(person=a_person(), settlement=settlement), MOMENT)
    settled = after.at("vacuum")
    assert (settled.state, settled.diverged, settled.reason) == (state, diverged, reason)


@pytest.mark.parametrize("state", [StepState.INTENDED, StepState.DOUBTED, StepState.WAITING])
def test_nobody_settles_what_can_still_be_observed(state: StepState) -> None:
    run = acting(progress=(step(state, n=1),))
    with pytest.raises(IllegalEvent, match="no change whose outcome is unknown"):
        evolve(run, ev.Settled(person=a_person(), settlement=Settlement.APPLIED), MOMENT)
