"""What people are told: one row per event, and what must never be told twice or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core import events as ev
from remediator.core.announce import messages_for, settled, taken_over
from remediator.core.events import EVENTS, Measure, Outcome
from remediator.core.messages import Message, MessageKind
from remediator.core.playbook import ApprovalPolicy, Escalation, FailurePolicy, Mode, Since
from remediator.core.run import Phase, Rollback, Run, StepState, Verification
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.testing.builders import (
    MOMENT,
    a_change,
    a_person,
    a_plan,
    an_alert,
    an_approval,
    an_order,
)
from tests.core.evolution.test_transitions import EXAMPLES
from tests.core.lifecycle.runs import LATER, acting, awaiting, step

DONE = step(StepState.APPLIED, n=1, measure=Measure(freed_bytes=5_000_000_000))
ONCALL = FailurePolicy(
    escalations=(Escalation(to="oncall"), Escalation(to="leads", after=timedelta(minutes=20)))
)
FAILURE, ESCALATION = MessageKind.FAILURE, MessageKind.ESCALATION


def ended(outcome: Outcome, **more: object) -> Run:
    whole = {"phase": Phase.CLOSED, "outcome": outcome, "reason": "so", "closed_at": LATER}
    order = an_order(failure=ONCALL)
    return replace(acting(order=order, progress=(DONE,)), **(whole | more))  # type: ignore[arg-type]


def told(run: Run, event: ev.Event) -> tuple[Message, ...]:
    return messages_for(run, event, LATER)


def closing(run: Run) -> tuple[Message, ...]:
    assert run.outcome is not None
    return told(run, ev.Closed(outcome=run.outcome, reason=run.reason))


def blocked(guard: str) -> Run:
    return ended(Outcome.BLOCKED, judgement=judged(guard), denied=True)


def judged(guard: str) -> Judgement:
    return Judgement(
        verdicts=(Verdict(guard=guard, ruling=Ruling.DENY, reason="no", clears="time"),)
    )


@pytest.mark.parametrize(
    ("run", "kinds"),
    [
        (ended(Outcome.RESOLVED), [MessageKind.RESULT]),
        (ended(Outcome.UNRESOLVED), [FAILURE, ESCALATION, ESCALATION]),
        (ended(Outcome.FAILED), [FAILURE, ESCALATION, ESCALATION]),
        (ended(Outcome.OUTCOME_UNKNOWN), [FAILURE, ESCALATION, ESCALATION]),
        (blocked("pause"), [MessageKind.BLOCKED]),
        (
            blocked("breaker"),
            [MessageKind.BLOCKED, ESCALATION, ESCALATION],
        ),
        (blocked("storm"), [MessageKind.NOTICE]),
        (ended(Outcome.BLOCKED), [MessageKind.BLOCKED]),
        (ended(Outcome.EXPIRED), [FAILURE, ESCALATION, ESCALATION]),
        (ended(Outcome.REJECTED), [MessageKind.WITHDRAWN]),
        (ended(Outcome.WITHDRAWN), [MessageKind.WITHDRAWN]),
        (ended(Outcome.CANCELLED), [MessageKind.WITHDRAWN]),
        (ended(Outcome.HANDED_OVER), [MessageKind.HANDED_OVER, ESCALATION, ESCALATION]),
        (ended(Outcome.DRY_RUN), [MessageKind.DRY_RUN]),
    ],
)
def test_the_outcome_decides_who_hears_of_the_end(run: Run, kinds: list[MessageKind]) -> None:
    assert [message.kind for message in closing(run)] == kinds


def test_a_hand_over_says_whom_it_calls_and_that_nothing_was_changed() -> None:
    run = ended(Outcome.HANDED_OVER, reason="it has looked", progress=())
    handed_over, first, _ = closing(run)

    assert handed_over.text == "Disk space low on web1: it has looked. Nothing was changed."
    assert handed_over.facts["called"] == "oncall, leads"
    assert first.text.startswith("Disk space low on web1 needs you: it has looked.")


def test_an_expiry_that_escalates_nobody_is_quiet() -> None:
    quiet = an_order(approval=ApprovalPolicy(escalate_on_expiry=False), failure=ONCALL)
    assert [m.kind for m in closing(ended(Outcome.EXPIRED, order=quiet))] == [MessageKind.WITHDRAWN]


def test_escalations_wait_and_stop_when_the_alert_does() -> None:
    _, first, second = closing(ended(Outcome.FAILED))
    assert (first.to, first.due_at) == ("oncall", LATER)
    assert (second.to, second.due_at) == ("leads", LATER + timedelta(minutes=20))
    assert first.while_firing == second.while_firing == "eps_1"


SINCE_ALERT = FailurePolicy(
    escalations=(
        Escalation(to="soon", after=timedelta(minutes=1), since=Since.ALERT),
        Escalation(to="leads", after=timedelta(minutes=40), since=Since.ALERT),
    )
)


@pytest.mark.parametrize(
    "run",
    [
        ended(Outcome.FAILED),
        ended(Outcome.EXPIRED),
        ended(Outcome.BLOCKED, judgement=judged("breaker"), denied=True),
        ended(Outcome.BLOCKED, judgement=judged("mass_failure"), denied=True),
    ],
)
def test_leads_are_called_forty_minutes_after_the_alert_began_however_long_the_run_took(
    run: Run,
) -> None:
    began = LATER - timedelta(minutes=30)
    order = replace(run.order, alert=an_alert(starts_at=began), failure=SINCE_ALERT)

    called = [m for m in closing(replace(run, order=order)) if m.kind is ESCALATION]

    assert [(m.to, m.due_at) for m in called] == [
        ("soon", LATER),
        ("leads", began + timedelta(minutes=40)),
    ]


def test_an_alert_whose_start_is_ahead_of_us_delays_no_call() -> None:
    call = Escalation(to="leads", after=timedelta(minutes=40), since=Since.ALERT)
    assert call.due_at(LATER, LATER + timedelta(days=1)) == LATER + timedelta(minutes=40)


@pytest.mark.parametrize(
    ("run", "event", "kind", "words"),
    [
        (
            awaiting(),
            ev.ApprovalRequested(approval="apr_1", digest=a_plan().digest, reasons=("risk",)),
            MessageKind.PLAN,
            "a plan of 1 change awaits approval until 09:56 UTC",
        ),
        (
            acting(approval=an_approval(granted=True)),
            ev.Voted(person=a_person(), digest="d", approve=True),
            MessageKind.PROGRESS,
            "Approved by ana.",
        ),
        (
            awaiting(ApprovalPolicy(count=2)),
            ev.Voted(person=a_person(), digest="d", approve=True),
            MessageKind.PROGRESS,
            "(0 of 2)",
        ),
        (awaiting(), ev.ApprovalReminded(), MessageKind.REMINDER, "still awaits approval"),
        (awaiting(), ev.ApprovalEscalated(to="leads"), ESCALATION, "nobody has decided"),
        (
            acting(replans=1),
            ev.PlanVoided(digest="d", reason="it moved"),
            MessageKind.PROGRESS,
            "void (it moved). Planning again.",
        ),
        (acting(progress=(DONE,)), EXAMPLES[ev.Applied], MessageKind.PROGRESS, "vacuum: done"),
        (
            acting(
                progress=(DONE,),
                verification=Verification(started_at=MOMENT, deadline=LATER, next_look=LATER),
            ),
            ev.VerificationStarted(),
            MessageKind.PROGRESS,
            "Space reclaimed: 5.0 GB. Verifying until 09:27 UTC.",
        ),
        (
            acting(progress=(step(StepState.UNKNOWN, n=1),)),
            EXAMPLES[ev.Observed],
            MessageKind.UNKNOWN,
            "nobody knows whether vacuum was applied",
        ),
    ],
)
def test_what_moved_is_told_in_one_sentence(
    run: Run, event: ev.Event, kind: MessageKind, words: str
) -> None:
    (message,) = told(run, event)
    assert message.kind is kind
    assert words in message.text
    assert (message.run_id, message.thread) == ("run_1", "run_1")


@pytest.mark.parametrize(
    ("run", "event"),
    [
        (awaiting(), ev.Voted(person=a_person(), digest="d", approve=False)),
        (acting(progress=(DONE,)), EXAMPLES[ev.Observed]),
        (
            acting(rollback=Rollback(reason="failed", outcome=Outcome.FAILED)),
            ev.PlanVoided(digest="d", reason="it moved"),
        ),
        (acting(), ev.Noted(text="hello")),
        (acting(), EXAMPLES[ev.IntentCommitted]),
        (acting(), EXAMPLES[ev.Looked]),
    ],
    ids=[
        "a no, which the end tells",
        "a doubt that was settled",
        "an undoing",
        "a note",
        "an intent",
        "a look",
    ],
)
def test_what_another_message_tells_or_nobody_needs_is_not_told(run: Run, event: ev.Event) -> None:
    assert told(run, event) == ()


def test_a_dry_run_says_what_would_have_been_done_and_what_stood_in_the_way() -> None:
    order = an_order(mode=Mode.DRY_RUN)
    (message,) = closing(ended(Outcome.DRY_RUN, judgement=judged("pause"), order=order))
    assert "Nothing was changed" in message.text
    assert message.facts["would have run"] == "not at all"
    assert "pause would deny: no" in message.lines
    assert any("journal.vacuum on host/web1" in line for line in message.lines)


def test_a_dry_run_says_what_was_seen_once_and_not_as_an_objection() -> None:
    saw = Verdict(guard="require", ruling=Ruling.ALLOW, reason="node: not_ready holds")
    order = an_order(mode=Mode.DRY_RUN)
    seen = Judgement(verdicts=(saw,))
    (message,) = closing(ended(Outcome.DRY_RUN, judgement=seen, order=order, plan=a_plan()))
    assert [line for line in message.lines if "not_ready" in line] == [
        "seen before: node: not_ready holds"
    ]


def test_two_requests_for_one_plan_and_their_answers_are_told_apart() -> None:
    """A yes that lapsed was asked for again: the answer to the second request was taken for a repeat."""
    vote = ev.Voted(person=a_person(), digest=a_plan().digest, approve=True)
    first, second = (acting(approval=an_approval(id=name, granted=True)) for name in ("a", "b"))
    assert told(first, vote)[0].deduplication != told(second, vote)[0].deduplication


def test_a_storm_is_told_once_for_all_its_runs() -> None:
    storm = blocked("storm")
    (one,), (other,) = closing(storm), closing(replace(storm, id="run_2"))
    assert one.deduplication == other.deduplication


def test_who_is_called_about_a_crowd_reads_what_all_read() -> None:
    severe = an_order(failure=ONCALL, severity="SEV-1")

    seen = (ev.Evidence(probe="disk.usage", title="full", lines=("4 GB",)),)
    notice, *calls = closing(replace(blocked("storm"), order=severe, evidence=seen))

    assert notice.lines
    key = f"storm:{LATER:%Y-%m-%dT%H}"
    assert notice.deduplication == key
    assert calls == [
        replace(
            notice,
            kind=ESCALATION,
            deduplication=f"{key}:{each.to}:{each.after}",
            to=each.to,
            at=LATER,
            due_at=LATER + each.after,
        )
        for each in ONCALL.escalations
    ]


def test_the_same_event_of_the_same_run_has_the_same_key_and_other_runs_have_others() -> None:
    run = ended(Outcome.FAILED)
    keys = [message.deduplication for message in closing(run)]
    assert keys == [message.deduplication for message in closing(run)]
    assert len(set(keys)) == len(keys)
    assert not set(keys) & {m.deduplication for m in closing(replace(run, id="run_2"))}


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_no_event_is_too_odd_to_be_told(kind: type) -> None:
    for run in (acting(), acting(plan=None, approval=None, progress=(step(change=None),))):
        assert isinstance(told(run, EXAMPLES[kind]), tuple)


def test_what_is_about_a_run_carries_its_card_and_what_is_about_many_does_not() -> None:
    (plan,) = told(
        awaiting(), ev.ApprovalRequested(approval="a", digest=a_plan().digest, reasons=())
    )
    (storm,) = closing(blocked("storm"))

    assert plan.card is not None
    assert (plan.card.run, plan.card.phase, plan.at) == ("run_1", "awaiting_approval", LATER)
    assert (storm.card, storm.at) == (None, LATER)


def test_a_plan_that_is_asked_again_says_what_changed() -> None:
    asked = ev.ApprovalRequested(
        approval="a", digest=a_plan().digest, reasons=(), history="3d ago: resolved"
    )
    former = a_plan(a_change(summary="shrink less", intent={"keep_size": 2}))

    (first,), (again,) = told(awaiting(), asked), told(awaiting(former_plan=former), asked)

    assert not any(line.startswith("changed: ") for line in first.lines)
    assert sum(line.startswith("changed: ") for line in again.lines) == 1
    assert "note" in again.facts and "note" not in first.facts
    assert first.facts["last run here"] == "3d ago: resolved"


def test_a_plan_that_came_out_the_same_is_not_told_as_changed() -> None:
    asked = ev.ApprovalRequested(approval="a", digest=a_plan().digest, reasons=())
    run = awaiting()

    (again,) = told(replace(run, former_plan=run.plan), asked)

    assert not any(line.startswith("changed: ") for line in again.lines)
    assert "note" not in again.facts


def test_taking_over_and_settling_after_the_end_are_told_in_the_runs_thread() -> None:
    run = ended(Outcome.OUTCOME_UNKNOWN, progress=(step(StepState.UNKNOWN, n=1),))
    settlement = ev.Settled(person=a_person(), settlement=ev.Settlement.NOT_APPLIED)

    taken = taken_over(run, a_person(), LATER + timedelta(hours=2), LATER)
    said = settled(run, settlement, LATER)

    assert taken.thread == said.thread == "run_1"
    assert taken.kind is said.kind is MessageKind.PROGRESS
    assert taken.deduplication != said.deduplication
    assert "ana looks after web1" in taken.text and "11:27 UTC" in taken.text
    assert "not applied" in said.text.replace("_", " ")
    assert taken.card is not None and taken.card.unknown == "vacuum"
    assert said.card is not None and said.card.unknown == ""


def test_two_takeovers_are_two_messages() -> None:
    run = ended(Outcome.FAILED)
    keys = {
        taken_over(run, a_person(), LATER, LATER + timedelta(microseconds=n)).deduplication
        for n in range(2)
    }
    assert len(keys) == 2


def test_a_plan_that_nobody_decides_is_shown_to_the_second_group_and_to_nobody_else() -> None:
    (call,) = told(awaiting(), ev.ApprovalEscalated(to="leads"))

    assert (call.to, call.kind, call.deduplication) == ("leads", ESCALATION, "run_1:second:apr_1")
    assert (
        call.lines == told(awaiting(), EXAMPLES[ev.ApprovalRequested])[0].lines[-len(call.lines) :]
    )
    assert call.lines


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_whoever_is_called_is_named_and_all_else_goes_where_the_run_is_told(kind: type) -> None:
    run = awaiting() if kind is not ev.Closed else ended(Outcome.FAILED)

    messages = told(run, EXAMPLES[kind])

    assert [bool(m.to) for m in messages] == [m.kind is ESCALATION for m in messages]
    assert all((m.run_id, m.thread) == (run.id, run.id) for m in messages)
