"""The table of transitions, and folding a whole journal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core import events as ev
from remediator.core.errors import IllegalEvent
from remediator.core.events import EVENTS, Outcome, Stage
from remediator.core.evolution import admit, evolve, replay
from remediator.core.run import Phase, StepState
from remediator.core.transitions import TRANSITIONS
from remediator.core.verdict import NO_OBJECTION
from remediator.testing.builders import (
    MOMENT,
    a_change,
    a_person,
    a_plan,
    a_run,
    an_approval,
    an_order,
)
from tests.core.lifecycle.runs import acting

ADMITTED = ev.Admitted(
    order=an_order(), episode="eps_1", ordinal=1, deadline=MOMENT + timedelta(hours=1)
)
EXAMPLES: dict[type, ev.Event] = {
    type(event): event
    for event in (
        ADMITTED,
        ev.Diagnosed(evidence=()),
        ev.Judged(stage=Stage.GATE, judgement=NO_OBJECTION),
        ev.Proposed(step="vacuum", change=a_change()),
        ev.ProposalFailed(step="vacuum", reason="", transient=True),
        ev.StepSkipped(step="vacuum", reason=""),
        ev.StepWanted(step="vacuum"),
        ev.Planned(digest=a_plan().digest),
        ev.PlanConfirmed(digest=a_plan().digest),
        ev.PlanVoided(digest=a_plan().digest, reason=""),
        ev.ApprovalRequested(approval="apr", digest=a_plan().digest, reasons=()),
        ev.Voted(person=a_person(), digest=a_plan().digest, approve=True),
        ev.AnswerRefused(person=a_person(), verb="approve", reason=""),
        ev.ApprovalReminded(),
        ev.ApprovalEscalated(to="leads"),
        ev.ApprovalExpired(),
        ev.IntentCommitted(
            step="vacuum", n=1, token="t", fence=1, target_fence=1, not_after=MOMENT
        ),
        ev.Applied(step="vacuum", measure=ev.Measure()),
        ev.NotApplied(step="vacuum", reason="", retry=True),
        ev.Doubted(step="vacuum", reason=""),
        ev.Observed(step="vacuum", observation=ev.Observation.APPLIED, detail=""),
        ev.Settled(person=a_person(), settlement=ev.Settlement.APPLIED),
        ev.VerificationStarted(),
        ev.Looked(answers={}),
        ev.RollbackStarted(reason="", outcome=Outcome.FAILED),
        ev.UndoProposed(step="vacuum", change=None),
        ev.AlertResolved(at=MOMENT),
        ev.AlertFired(at=MOMENT),
        ev.CancelRequested(person=a_person()),
        ev.Noted(text=""),
        ev.Closed(outcome=Outcome.FAILED, reason=""),
    )
}


def test_every_event_but_the_admission_has_its_row() -> None:
    assert set(TRANSITIONS) == set(EVENTS) - {ev.Admitted}
    assert set(EXAMPLES) == set(EVENTS)


def test_kinds_are_unique() -> None:
    kinds = [event.kind for event in EXAMPLES.values()]
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_an_event_is_refused_in_every_phase_that_is_not_in_its_row(kind: type) -> None:
    for phase in Phase:
        if phase in TRANSITIONS.get(kind, {}):
            continue
        run = acting(phase=phase, approval=an_approval())
        with pytest.raises(IllegalEvent, match="it takes no"):
            evolve(run, EXAMPLES[kind], MOMENT)


def test_a_closed_run_takes_nothing_and_every_open_one_may_be_closed() -> None:
    assert not [kind for kind, row in TRANSITIONS.items() if Phase.CLOSED in row]
    assert set(TRANSITIONS[ev.Closed]) == set(Phase) - {Phase.CLOSED}


def test_an_admission_begins_a_run_in_planning() -> None:
    run = admit("run_1", ADMITTED, MOMENT)
    assert run == a_run()
    assert [(s.step, s.state) for s in run.progress] == [("vacuum", StepState.WAITING)]


def test_a_journal_tells_the_whole_run() -> None:
    journal = (
        (MOMENT, ADMITTED),
        (MOMENT, ev.Diagnosed(evidence=())),
        (MOMENT, ev.Closed(outcome=Outcome.BLOCKED, reason="no")),
    )
    run = replay("run_1", journal)
    assert (run.outcome, run.diagnosed, run.closed_at) == (Outcome.BLOCKED, True, MOMENT)


def test_a_journal_without_its_beginning_tells_nothing() -> None:
    with pytest.raises(IllegalEvent, match="does not begin"):
        replay("run_1", ((MOMENT, ev.Noted(text="")),))
