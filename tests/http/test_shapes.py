"""Golden: a run in each of its states is exactly this JSON. Change a golden file only with the promise in docs/api.md.

To write them anew: python -m tests.http.test_shapes
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.core import events as ev
from remediator.core.events import Measure, Outcome, Voted
from remediator.core.facts import Answer, Known
from remediator.core.playbook import Mode
from remediator.core.run import Phase, Run, StepProgress, StepState, Verification
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.http import audit, timeline
from remediator.http.answers import moment
from remediator.http.shapes import run_shape
from remediator.testing import builders as make
from tests.parts.site_events import SITE_EVENTS

GOLDEN = Path(__file__).parent / "golden"
NOW = make.MOMENT


def planning() -> Run:
    verdict = Verdict(
        guard="cooldown",
        ruling=Ruling.DEFER,
        reason="the target rests for 15m after a change",
        numbers={"minutes_left": 12},
        until=NOW + timedelta(minutes=12),
        clears="wait",
    )
    return make.a_run(
        judgement=Judgement(verdicts=(verdict,)), not_before=NOW + timedelta(minutes=12)
    )


def waiting() -> Run:
    change = make.a_change(before={"journal": "2.0 GB"}, after={"journal": "500 MB"})
    plan = make.a_plan(change)
    return make.a_run(
        order=make.an_order(mode=Mode.APPROVE, runbook_url="https://runbooks.example/disk"),
        phase=Phase.AWAITING_APPROVAL,
        plan=plan,
        progress=(StepProgress(step="vacuum", change=change),),
        approval=make.an_approval(digest=plan.digest),
        evidence=(ev.Evidence(probe="disk.usage", title="/var is 94 % full", lines=("a", "b")),),
    )


def resolved() -> Run:
    run = waiting()
    assert run.approval and run.plan
    vote = Voted(person=make.a_person(), digest=run.plan.digest, approve=True, reason="fine")
    measure = Measure(summary="freed 1.1 GB", freed_bytes=1_100_000_000, seconds=2.5)
    answer = Answer(known=Known.HOLDS, detail="28 % free", value=0.28)
    return replace(
        run,
        phase=Phase.CLOSED,
        outcome=Outcome.RESOLVED,
        reason="verified",
        closed_at=NOW + timedelta(minutes=3),
        progress=(replace(run.progress[0], state=StepState.APPLIED, n=1, measure=measure),),
        approval=replace(run.approval, votes=(vote,), granted=True),
        verification=Verification(
            started_at=NOW + timedelta(minutes=1),
            deadline=NOW + timedelta(minutes=11),
            next_look=NOW + timedelta(minutes=3),
            looks=4,
            known=Known.HOLDS,
            answers=(("promql: free > 0.2", answer),),
        ),
    )


def written(run: Run) -> str:
    return json.dumps(run_shape(run).plain(), indent=1) + "\n"


STATES = {"planning": planning, "waiting": waiting, "resolved": resolved}


@pytest.mark.parametrize("name", STATES)
def test_a_run_is_shown_exactly_as_the_golden_file_has_it(name: str) -> None:
    assert written(STATES[name]()) == (GOLDEN / f"{name}.json").read_text()


def test_times_are_utc_to_the_millisecond_with_a_z() -> None:
    assert moment(NOW) == "2026-03-14T09:26:53.589Z"


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "waiting"),
        ({"granted": True}, "granted"),
        ({"expired": True}, "expired"),
        ({"rejected_by": make.a_person()}, "rejected"),
        ({"digest": "0" * 64}, "void"),
    ],
)
def test_an_approval_says_in_one_word_where_it_stands(changes: dict[str, Any], state: str) -> None:
    run = waiting()
    assert run.approval

    shape = run_shape(replace(run, approval=replace(run.approval, **changes)))

    assert shape.approval
    assert shape.approval.state == state


def test_the_approval_of_a_run_that_ended_otherwise_is_withdrawn() -> None:
    closed = replace(waiting(), phase=Phase.CLOSED, outcome=Outcome.WITHDRAWN)

    approval = run_shape(closed).approval
    assert approval
    assert approval.state == "withdrawn"


def an_event_of_each_kind() -> list[Any]:
    person, change = make.a_person(), make.a_change()
    judgement = Judgement(verdicts=())
    answer = Answer(known=Known.HOLDS, detail="")
    return [
        ev.Admitted(order=make.an_order(), episode="e", ordinal=1, deadline=NOW),
        ev.Diagnosed(evidence=()),
        ev.Judged(stage=ev.Stage.GATE, judgement=judgement),
        ev.Proposed(step="vacuum", change=change),
        ev.ProposalFailed(step="vacuum", reason="no route", transient=True),
        ev.StepSkipped(step="vacuum", reason="nothing to free"),
        ev.StepWanted(step="grow"),
        ev.Planned(digest="d" * 64),
        ev.PlanConfirmed(digest="d" * 64),
        ev.PlanVoided(digest="d" * 64, reason="it moved"),
        ev.ApprovalRequested(approval="a", digest="d" * 64, reasons=("risk",)),
        ev.Voted(person=person, digest="d" * 64, approve=False, reason="no"),
        ev.AnswerRefused(person=person, verb="approve", reason="not among those"),
        ev.ApprovalReminded(),
        ev.ApprovalEscalated(to="leads"),
        ev.ApprovalExpired(),
        ev.IntentCommitted(step="v", n=2, token="t", fence=1, target_fence=1, not_after=NOW),
        ev.Applied(step="vacuum", measure=Measure(summary="freed 1 GB")),
        ev.NotApplied(step="vacuum", reason="refused", retry=False),
        ev.NotApplied(step="vacuum", reason="1 of 2", retry=False, in_part=True),
        ev.Doubted(step="vacuum", reason="connection lost"),
        ev.Observed(step="vacuum", observation=ev.Observation.APPLIED, detail="receipt"),
        ev.Settled(person=person, settlement=ev.Settlement.ABANDON),
        ev.VerificationStarted(),
        ev.Looked(answers={"promql: x": answer}),
        ev.RollbackStarted(reason="failed", outcome=Outcome.FAILED),
        ev.UndoProposed(step="vacuum", change=None, reason="gone is gone"),
        ev.AlertResolved(at=NOW),
        ev.AlertFired(at=NOW),
        ev.CancelRequested(person=person, take_over=True),
        ev.Noted(text="noted"),
        *(ev.Closed(outcome=outcome, reason="") for outcome in Outcome),
    ]


def test_every_event_is_one_sentence_for_people() -> None:
    events = an_event_of_each_kind()

    sentences = [timeline.sentence(event) for event in events]

    assert {type(event) for event in events} == set(ev.EVENTS)
    assert all(text and "\n" not in text and "None" not in text for text in sentences)
    assert len(set(sentences)) == len(sentences)
    assert sentences == (GOLDEN / "timeline.txt").read_text().splitlines()


def test_every_event_of_the_site_is_one_sentence_for_people() -> None:
    sentences = [audit.sentence(event) for event in SITE_EVENTS]

    assert all(text and "\n" not in text and "None" not in text for text in sentences)
    assert sentences == (GOLDEN / "site.txt").read_text().splitlines()


if __name__ == "__main__":
    (GOLDEN / "site.txt").write_text("".join(audit.sentence(e) + "\n" for e in SITE_EVENTS))
    told = (timeline.sentence(event) + "\n" for event in an_event_of_each_kind())
    (GOLDEN / "timeline.txt").write_text("".join(told))
    for name, state in STATES.items():
        (GOLDEN / f"{name}.json").write_text(written(state()))
