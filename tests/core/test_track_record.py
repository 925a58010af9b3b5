"""What a playbook's record counts, and what it takes from a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core.events import Outcome, Voted
from remediator.core.playbook import Mode
from remediator.core.run import Phase, StepProgress, StepState
from remediator.core.track_record import (
    CAME_BACK_WITHIN,
    PastRun,
    past_run,
    record_of,
    that_came_back,
)
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.testing import builders as make
from tests.parts.past_runs import a_past_run, in_turn

ACTED = StepProgress(step="vacuum", state=StepState.APPLIED, n=1)


def judged(ruling: Ruling) -> Judgement:
    return Judgement(verdicts=(Verdict(guard="cooldown", ruling=ruling, reason="it rests"),))


def test_a_dry_run_with_a_plan_would_have_acted() -> None:
    found = past_run(make.a_run(plan=make.a_plan(), order=make.an_order(mode=Mode.DRY_RUN)), None)

    assert found.would_change
    assert record_of([found], frozenset()).would_have_acted == 1


@pytest.mark.parametrize("ruling", [Ruling.DENY, Ruling.DEFER])
def test_what_a_guard_forbade_would_not_have_acted_and_the_guard_is_counted(ruling: Ruling) -> None:
    run = make.a_run(
        plan=make.a_plan(), judgement=judged(ruling), order=make.an_order(mode=Mode.DRY_RUN)
    )

    record = record_of([past_run(run, None)], frozenset())

    assert record.would_have_acted == 0
    assert record.held == {"cooldown": 1}


def test_a_guard_that_only_asks_holds_nobody() -> None:
    found = past_run(make.a_run(plan=make.a_plan(), judgement=judged(Ruling.ASK)), None)

    assert (found.would_change, found.held_by) == (True, "")


def test_a_guard_that_speaks_after_a_run_has_acted_did_not_hold_it() -> None:
    run = make.a_run(progress=(ACTED,), judgement=judged(Ruling.DENY))

    assert past_run(run, None).held_by == ""


def test_a_step_that_cannot_be_planned_is_counted_and_one_that_failed_later_is_not() -> None:
    failed = StepProgress(step="vacuum", state=StepState.FAILED, reason="no journalctl")

    assert past_run(make.a_run(progress=(failed,)), None).unplanned
    assert not past_run(make.a_run(progress=(replace(failed, n=1),)), None).unplanned


def test_a_rejection_is_kept_with_who_and_why() -> None:
    no = Voted(person=make.a_person(), digest="d", approve=False, reason="not on a Friday")
    run = make.a_run(
        phase=Phase.CLOSED,
        outcome=Outcome.REJECTED,
        approval=make.an_approval(votes=(no,), rejected_by=make.a_person()),
    )

    (rejection,) = record_of([past_run(run, None)], frozenset()).rejections

    assert (rejection.by, rejection.why) == ("ana", "not on a Friday")


def test_what_acted_is_counted_by_its_end() -> None:
    endings = (Outcome.RESOLVED, Outcome.UNRESOLVED, Outcome.FAILED, Outcome.OUTCOME_UNKNOWN)

    record = record_of(in_turn(*(a_past_run(outcome=o) for o in endings)), frozenset())

    assert record.acted == 4
    assert [record.verified, record.not_fixed, record.failed, record.unknown] == [1, 1, 1, 1]


def test_a_resolved_run_that_changed_nothing_is_not_verified() -> None:
    assert record_of([a_past_run(acted=False)], frozenset()).verified == 0


@pytest.mark.parametrize(
    ("after", "is_return"),
    [(timedelta(hours=1), True), (CAME_BACK_WITHIN, True), (timedelta(hours=25), False)],
)
def test_an_alert_that_fires_again_within_a_day_came_back(
    after: timedelta, is_return: bool
) -> None:
    fixed = a_past_run(id="run_old")
    assert fixed.closed_at
    again = a_past_run(id="run_new", episode="eps_2", created_at=fixed.closed_at + after)

    assert ("run_old" in that_came_back([again, fixed])) is is_return


@pytest.mark.parametrize(
    "changes",
    [{"alert": ("alertmanager", "f2")}, {"episode": "eps_1"}],
    ids=["another alert", "the same firing"],
)
def test_another_alert_and_the_same_firing_are_no_return(changes: dict[str, object]) -> None:
    fixed = a_past_run(id="run_old")
    assert fixed.closed_at
    later: dict[str, object] = {"id": "run_new", "episode": "eps_2", "created_at": fixed.closed_at}

    assert that_came_back([a_past_run(**(later | changes)), fixed]) == frozenset()


def test_what_failed_and_fires_again_did_not_come_back_as_it_was_never_gone() -> None:
    runs = in_turn(a_past_run(), a_past_run(outcome=Outcome.FAILED), apart=timedelta(hours=1))

    assert that_came_back(runs) == frozenset()


def lasting(minutes: int, **changes: object) -> PastRun:
    began = make.MOMENT - timedelta(minutes=minutes)
    return a_past_run(began_at=began, fixed_at=make.MOMENT, **changes)


def test_alerts_with_and_without_a_change_are_timed_apart_by_their_middle() -> None:
    runs = [
        lasting(10, episode="a"),
        lasting(20, episode="b"),
        lasting(90, episode="c"),
        lasting(60, episode="d", acted=False),
    ]

    record = record_of(runs, frozenset())

    assert record.with_changes.alerts == 3
    assert record.with_changes.middle == timedelta(minutes=20)
    assert (record.without.alerts, record.without.middle) == (1, timedelta(minutes=60))


def test_an_alert_that_several_runs_answered_is_timed_once_and_as_one_that_was_acted_on() -> None:
    runs = [lasting(10), lasting(10, acted=False, outcome=Outcome.BLOCKED)]

    record = record_of(runs, frozenset())

    assert (record.with_changes.alerts, record.without.alerts) == (1, 0)


def test_an_alert_that_nobody_reported_gone_has_no_time() -> None:
    assert record_of([a_past_run(fixed_at=None)], frozenset()).with_changes.middle is None


def test_no_runs_are_a_record_too() -> None:
    record = record_of([], frozenset())

    assert (record.runs, record.since, record.with_changes.middle) == (0, None, None)
