"""What follows from looking, judging and planning."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from remediator.core import events as ev
from remediator.core.errors import IllegalEvent
from remediator.core.events import Stage
from remediator.core.evolution import evolve
from remediator.core.evolution.planning import MOST_PROPOSALS
from remediator.core.playbook import Mode
from remediator.core.run import Phase, Rollback, Run, StepProgress, StepState
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.testing.builders import (
    MOMENT,
    a_change,
    a_plan,
    a_run,
    a_step,
    an_approval,
    an_order,
)
from tests.core.lifecycle.runs import DONE, LATER, TWO, acting, planning, step

BEFORE, PLANNED, GATE = Stage
DEADLINE = MOMENT + timedelta(hours=1)


def judged(stage: Stage, ruling: Ruling, minutes: int | None = None) -> ev.Judged:
    until = None if minutes is None else MOMENT + timedelta(minutes=minutes)
    verdict = Verdict(guard="g", ruling=ruling, reason="so", until=until)
    verdicts = () if ruling is Ruling.ALLOW else (verdict,)
    return ev.Judged(stage=stage, judgement=Judgement(verdicts=verdicts))


def claims(run: Run) -> tuple[Any, ...]:
    """What a judgement moves: cleared, judged, denied, the phase."""
    return run.cleared, run.plan_judged, run.denied, run.phase


P, A = Phase.PLANNING, Phase.ACTING
DRY = an_order(mode=Mode.DRY_RUN)
BACK = Rollback(reason="failed", outcome=ev.Outcome.FAILED)


@pytest.mark.parametrize(
    ("run", "event", "expected"),
    [
        (a_run(), judged(BEFORE, Ruling.ALLOW), (True, False, False, P)),
        (a_run(), judged(BEFORE, Ruling.ASK), (True, False, False, P)),
        (a_run(), judged(BEFORE, Ruling.DEFER), (False, False, False, P)),
        (a_run(), judged(BEFORE, Ruling.DENY), (False, False, True, P)),
        (planning(), judged(PLANNED, Ruling.ALLOW), (True, True, False, A)),
        (planning(), judged(PLANNED, Ruling.ASK), (True, True, False, P)),
        (planning(), judged(PLANNED, Ruling.DEFER), (True, False, False, P)),
        (planning(), judged(PLANNED, Ruling.DENY), (True, False, True, P)),
        (a_run(order=DRY), judged(BEFORE, Ruling.DENY), (True, False, False, P)),
        (planning(order=DRY), judged(PLANNED, Ruling.ALLOW), (True, True, False, P)),
        (planning(order=DRY), judged(PLANNED, Ruling.DENY), (True, True, False, P)),
        (planning(order=DRY), judged(PLANNED, Ruling.DEFER), (True, True, False, P)),
        (acting(), judged(GATE, Ruling.ASK), (True, True, False, A)),
        (acting(), judged(GATE, Ruling.DEFER), (True, True, False, A)),
        (acting(), judged(GATE, Ruling.DENY), (True, True, True, A)),
        (acting(rollback=BACK), judged(GATE, Ruling.ASK), (True, True, True, A)),
        (acting(rollback=BACK), judged(GATE, Ruling.DEFER), (True, True, False, A)),
    ],
)
def test_a_judgement_lets_through_holds_back_or_ends(
    run: Run, event: ev.Judged, expected: tuple[Any, ...]
) -> None:
    after = evolve(run, event, MOMENT)
    assert claims(after) == expected
    assert after.judgement == event.judgement


@pytest.mark.parametrize(
    ("minutes", "waits"),
    [
        (5, timedelta(minutes=5)),
        (None, timedelta(seconds=30)),
        (0, timedelta(seconds=1)),
        (-5, timedelta(seconds=1)),
    ],
)
def test_a_deferral_waits_as_long_as_the_guard_says_and_forgets_that_the_plan_was_fresh(
    minutes: int | None, waits: timedelta
) -> None:
    after = evolve(acting(), judged(GATE, Ruling.DEFER, minutes), MOMENT)
    assert after.not_before == MOMENT + waits
    assert after.confirmed_at is None


def test_a_deferral_past_the_deadline_of_a_run_that_has_begun_is_a_no() -> None:
    """A guard that deferred for ever kept a run for ever that could no longer be blocked."""
    run = acting(progress=(step(n=1),))
    assert not evolve(run, judged(GATE, Ruling.DEFER), DEADLINE - timedelta(seconds=1)).denied
    assert evolve(run, judged(GATE, Ruling.DEFER), DEADLINE).denied


def test_a_proposal_is_kept_with_its_step() -> None:
    run = planning(proposal_tries=2, not_before=LATER)
    after = evolve(run, ev.Proposed(step="vacuum", change=a_change()), MOMENT)
    assert after.at("vacuum").change == a_change()
    assert (after.proposal_tries, after.not_before) == (0, None)


def test_a_proposal_is_tried_again_a_few_times_and_ever_later() -> None:
    failed = ev.ProposalFailed(step="vacuum", reason="no answer", transient=True)
    run, waits = planning(), []
    for _ in range(MOST_PROPOSALS - 1):
        run = evolve(run, failed, MOMENT)
        assert run.not_before is not None
        waits.append(run.not_before - MOMENT)
    assert run.at("vacuum").state is StepState.WAITING
    assert waits == sorted(waits)
    assert waits[0] == a_step().backoff
    assert evolve(run, failed, MOMENT).at("vacuum").state is StepState.FAILED


def test_a_definite_failure_is_not_tried_again() -> None:
    failed = ev.ProposalFailed(step="vacuum", reason="no such host", transient=False)
    after = evolve(planning(), failed, MOMENT)
    assert after.at("vacuum").state is StepState.FAILED
    assert after.at("vacuum").reason == "no such host"


def test_a_plan_is_made_of_what_still_waits() -> None:
    progress = (DONE, StepProgress(step="second", change=a_change(step="second")))
    run = planning(order=an_order(steps=TWO), progress=progress, plan_judged=True)
    plan = a_plan(a_change(step="second"))
    after = evolve(run, ev.Planned(digest=plan.digest), MOMENT)
    assert (after.plan, after.confirmed_at, after.plan_judged) == (plan, MOMENT, False)


def test_a_digest_that_is_not_the_one_of_the_changes_is_refused() -> None:
    with pytest.raises(IllegalEvent, match="digest"):
        evolve(planning(progress=(step(),)), ev.Planned(digest="0" * 64), MOMENT)


def test_a_confirmed_plan_is_fresh_again() -> None:
    run = acting(confirmed_at=None, proposal_tries=2)
    after = evolve(run, ev.PlanConfirmed(digest=a_plan().digest), LATER)
    assert (after.confirmed_at, after.proposal_tries) == (LATER, 0)


def voided(run: Run) -> Run:
    return evolve(run, ev.PlanVoided(digest=a_plan().digest, reason="it moved"), MOMENT)


@pytest.mark.parametrize(
    "run",
    [
        acting(),
        acting(progress=(step(StepState.INTENDED, n=1, wanted=True),)),
        acting(phase=Phase.AWAITING_APPROVAL, approval=an_approval()),
    ],
    ids=["at the confirmation", "at the change itself", "while people think"],
)
def test_a_void_plan_takes_its_approval_with_it(run: Run) -> None:
    after = voided(run)
    assert (after.phase, after.plan, after.approval, after.plan_judged) == (P, None, None, False)
    assert (after.at("vacuum").state, after.at("vacuum").change) == (StepState.WAITING, None)
    assert not after.at("vacuum").wanted
    assert after.replans == 1


def test_what_was_done_stays_done_when_the_plan_is_void() -> None:
    progress = (DONE, StepProgress(step="second", change=a_change()))
    after = voided(acting(order=an_order(steps=TWO), progress=progress))
    assert after.at("vacuum") == DONE
    assert after.at("second").change is None


def test_an_undoing_that_no_longer_fits_the_world_fails_and_nothing_is_planned_again() -> None:
    """It went back to planning, and there was no order to plan the undoing by."""
    undoing = StepProgress(step="undo:vacuum", state=StepState.INTENDED, change=a_change(), n=1)
    after = voided(acting(progress=(DONE, undoing), rollback=BACK))
    assert after.phase is A
    assert (after.at("undo:vacuum").state, after.at("undo:vacuum").reason) == (
        StepState.FAILED,
        "it moved",
    )
    assert after.plan is not None


def test_a_skipped_step_says_why() -> None:
    after = evolve(planning(), ev.StepSkipped(step="vacuum", reason="not needed"), MOMENT)
    assert (after.at("vacuum").state, after.at("vacuum").reason) == (
        StepState.SKIPPED,
        "not needed",
    )


def test_when_nothing_is_left_to_approve_the_run_goes_on() -> None:
    progress = (DONE, StepProgress(step="second"), StepProgress(step="third"))
    steps = (*TWO, a_step(id="third"))
    run = acting(phase=Phase.AWAITING_APPROVAL, order=an_order(steps=steps), progress=progress)
    run = evolve(run, ev.StepSkipped(step="second", reason="resolved"), MOMENT)
    assert run.phase is Phase.AWAITING_APPROVAL
    assert evolve(run, ev.StepSkipped(step="third", reason="resolved"), MOMENT).phase is A


def test_what_the_probes_found_is_kept() -> None:
    evidence = (ev.Evidence(probe="disk.usage", title="/var", lines=("5 GB log",)),)
    after = evolve(a_run(), ev.Diagnosed(evidence=evidence), MOMENT)
    assert (after.diagnosed, after.evidence) == (True, evidence)
