"""What follows from verification, undoing, the alert's own moves, and the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from remediator.core import events as ev
from remediator.core.errors import IllegalEvent
from remediator.core.events import Outcome
from remediator.core.evolution import evolve
from remediator.core.facts import Answer, Known
from remediator.core.playbook import CheckOrder, VerifyOrder
from remediator.core.run import Phase, Rollback, Run, StepProgress, StepState, Verification
from remediator.testing.builders import MOMENT, a_change, an_order
from tests.core.lifecycle.runs import DONE, LATER, TWO, acting, step

ONE = CheckOrder(kind="promql", parameters={}, text="one")
OTHER = CheckOrder(kind="promql", parameters={}, text="other")
PROOF = VerifyOrder(
    checks=(ONE, OTHER),
    after=timedelta(seconds=30),
    within=timedelta(minutes=10),
    every=timedelta(seconds=15),
)
HOLDS, FAILS, UNKNOWN = Known


def verifying(order: VerifyOrder = PROOF, at: datetime = MOMENT) -> Run:
    return evolve(acting(order=an_order(verify=order)), ev.VerificationStarted(), at)


def looked(*known: Known) -> ev.Looked:
    pairs = zip((ONE, OTHER), known, strict=False)
    return ev.Looked(answers={c.key: Answer(known=k, detail="") for c, k in pairs})


def proof(run: Run) -> Verification:
    assert run.verification is not None
    return run.verification


def seconds(moment: datetime) -> float:
    return (moment - MOMENT).total_seconds()


def test_a_verification_begins_with_a_wait_and_has_a_deadline() -> None:
    run = verifying()
    assert run.phase is Phase.VERIFYING
    assert seconds(proof(run).next_look) == 30
    assert seconds(proof(run).deadline) == 600


def test_it_lasts_until_its_first_look_at_least() -> None:
    late = replace(PROOF, after=timedelta(minutes=20))
    assert seconds(proof(verifying(late)).deadline) == 1200


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ((HOLDS, HOLDS), HOLDS),
        ((HOLDS, FAILS), FAILS),
        ((HOLDS, UNKNOWN), UNKNOWN),
        ((UNKNOWN, FAILS), FAILS),
        ((HOLDS,), UNKNOWN),
        ((), UNKNOWN),
    ],
)
def test_all_checks_must_hold_and_an_answer_that_is_missing_is_unknown(
    known: tuple[Known, ...], expected: Known
) -> None:
    assert proof(evolve(verifying(), looked(*known), LATER)).known is expected


def test_a_proof_without_checks_proves_nothing() -> None:
    run = verifying(VerifyOrder(checks=()))
    assert proof(evolve(run, ev.Looked(answers={}), LATER)).known is UNKNOWN


def test_it_holds_since_the_first_of_the_looks_that_held_without_a_break() -> None:
    run = evolve(verifying(), looked(HOLDS, HOLDS), LATER)
    run = evolve(run, looked(HOLDS, HOLDS), LATER + timedelta(seconds=15))
    assert proof(run).held_since == LATER
    assert proof(run).looked_at == LATER + timedelta(seconds=15)
    assert proof(run).looks == 2
    run = evolve(run, looked(HOLDS, UNKNOWN), LATER + timedelta(seconds=30))
    assert proof(run).held_since is None


@pytest.mark.parametrize(
    ("known", "holds_for", "at", "expected"),
    [
        (FAILS, 0, 60, 75),
        (FAILS, 0, 590, 600),
        (FAILS, 0, 600, 615),
        (HOLDS, 0, 60, 60),
        (HOLDS, 10, 60, 70),
        (HOLDS, 60, 60, 75),
    ],
)
def test_the_next_look_is_not_later_than_it_has_to_be(
    known: Known, holds_for: int, at: int, expected: int
) -> None:
    run = verifying(replace(PROOF, holds_for=timedelta(seconds=holds_for)))
    run = evolve(run, looked(known, known), MOMENT + timedelta(seconds=at))
    assert seconds(proof(run).next_look) == expected


def test_a_look_without_a_verification_is_refused() -> None:
    with pytest.raises(IllegalEvent, match="does not verify"):
        evolve(acting(phase=Phase.VERIFYING), looked(HOLDS, HOLDS), MOMENT)


def test_a_rollback_leaves_out_what_was_not_begun_and_forgets_the_no() -> None:
    progress = (DONE, StepProgress(step="second", change=a_change()))
    run = acting(order=an_order(steps=TWO), progress=progress, denied=True)
    started = ev.RollbackStarted(reason="failed", outcome=Outcome.FAILED)
    after = evolve(run, started, MOMENT)
    assert [s.state for s in after.progress] == [StepState.APPLIED, StepState.SKIPPED]
    assert after.rollback == Rollback(reason="failed", outcome=Outcome.FAILED)
    assert not after.denied


@pytest.mark.parametrize(
    ("change", "state"), [(a_change(), StepState.WAITING), (None, StepState.SKIPPED)]
)
def test_an_undoing_is_a_step_of_its_own(change: object, state: StepState) -> None:
    event = ev.UndoProposed(step="vacuum", change=change, reason="why")  # type: ignore[arg-type]
    after = evolve(acting(progress=(DONE,)), event, MOMENT)
    undoing = after.at("undo:vacuum")
    assert (undoing.state, undoing.change, undoing.is_undo) == (state, change, True)


def test_an_alert_may_resolve_and_fire_again() -> None:
    run = evolve(acting(), ev.AlertResolved(at=LATER), MOMENT)
    assert run.alert_resolved_at == LATER
    assert evolve(run, ev.AlertFired(at=LATER), MOMENT).alert_resolved_at is None


def test_a_note_changes_nothing() -> None:
    assert evolve(acting(), ev.Noted(text="hello"), MOMENT) == acting()


def test_the_end_keeps_how_why_and_when() -> None:
    closed = ev.Closed(outcome=Outcome.FAILED, reason="disk full")
    after = evolve(acting(not_before=LATER, progress=(step(),)), closed, LATER)
    assert (after.phase, after.outcome, after.reason, after.closed_at, after.not_before) == (
        Phase.CLOSED,
        Outcome.FAILED,
        "disk full",
        LATER,
        None,
    )
