"""Cards: a run as people see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from remediator.core.card import Card, card_of, plan_difference
from remediator.core.change import ActionEffect, make_plan
from remediator.core.events import Measure, Outcome, Voted
from remediator.core.messages import Digest, Message, MessageKind
from remediator.core.playbook import ApprovalPolicy, CheckOrder, Escalation, FailurePolicy
from remediator.core.run import Phase, Run, StepState, Verification
from remediator.core.target import Target
from remediator.ports.codec import decode_message, encode_message
from remediator.testing.builders import (
    MOMENT,
    a_change,
    a_person,
    a_plan,
    an_alert,
    an_approval,
    an_order,
)
from tests.core.lifecycle.runs import LATER, acting, awaiting, planning, step, verifying

OTHER = Target("host", "web2")
CALLS = FailurePolicy(escalations=(Escalation(to="oncall"), Escalation(to="leads")))


def card(run: Run) -> Card:
    return card_of(run, LATER)


def test_a_request_says_who_until_when_and_what_happens_otherwise() -> None:
    order = an_order(approval=ApprovalPolicy(groups=("@sre",), count=2), failure=CALLS)
    request = card(awaiting(order=order)).request

    assert request is not None and request.is_open
    assert (request.needs, request.count, request.groups) == ("2 of @sre", 2, ("@sre",))
    assert request.expires_at == an_approval().expires_at
    assert request.otherwise == "then calls oncall, leads"


@pytest.mark.parametrize(
    ("run", "is_open"),
    [
        (awaiting(), True),
        (awaiting(approval=an_approval(granted=True)), False),
        (awaiting(approval=an_approval(expired=True)), False),
        (awaiting(approval=an_approval(rejected_by="bo")), False),
        (acting(approval=an_approval()), False),
    ],
)
def test_a_request_is_open_until_somebody_or_time_has_decided(run: Run, is_open: bool) -> None:
    request = card(run).request
    assert request is not None and request.is_open is is_open


def test_a_run_that_asked_nobody_has_no_request_and_no_plan_before_it_has_planned() -> None:
    fresh = card(planning(plan=None))
    assert (fresh.request, fresh.digest, fresh.targets) == (None, "", 0)
    assert [s.summary for s in fresh.steps] == [""]


def test_those_who_said_yes_are_named() -> None:
    yes = Voted(person=a_person(name="bo"), digest=a_plan().digest, approve=True)
    request = card(awaiting(approval=an_approval(votes=(yes,)))).request
    assert request is not None and request.approved_by == ("bo",)


def test_a_plan_says_its_size_and_whether_it_can_be_undone() -> None:
    one, two = a_change(), a_change(step="second", target=OTHER, effect=ActionEffect.REVERSIBLE)
    both, gentle = (acting(plan=make_plan("d" * 64, changes)) for changes in ((one, two), (two,)))

    assert (card(both).targets, card(both).irreversible) == (2, True)
    assert (card(gentle).targets, card(gentle).irreversible) == (1, False)


def test_a_step_says_what_it_intends_and_what_became_of_it() -> None:
    done = step(StepState.APPLIED, n=1, measure=Measure(seconds=4, freed_bytes=7, summary="fine"))
    (shown,) = card(acting(progress=(done,))).steps

    assert (shown.action, shown.target) == ("journal.vacuum", "host/web1")
    assert shown.most == "at most 2.0 GB"
    assert (shown.state, shown.detail, shown.seconds, shown.freed_bytes) == (
        *(StepState.APPLIED, "fine"),
        *(4, 7),
    )


def test_a_doubt_names_its_step_until_a_person_has_settled_it() -> None:
    run = acting(progress=(step(StepState.UNKNOWN, n=1),))

    assert card(run).unknown == "vacuum"
    assert card_of(run, LATER, settled=True).unknown == ""
    assert card(acting(progress=(step(StepState.DOUBTED, n=1),))).unknown == ""


def test_only_web_addresses_are_links() -> None:
    alert = an_alert(
        generator_url="javascript:alert(1)",
        annotations={"runbook_url": "https://wiki/disk", "dashboard": "file:///etc/passwd"},
    )
    run = acting(order=an_order(alert=alert))

    assert card(run).links == (("runbook", "https://wiki/disk"),)


def test_a_verification_says_until_when_it_looks_and_at_what() -> None:
    run = verifying()
    assert card(run).verify_until == MOMENT + timedelta(minutes=10)
    assert card(run).queries == ("up",)
    assert card(run).checks == (run.order.verify.checks[0].key,)
    order = replace(
        run.order,
        verify=replace(
            run.order.verify, checks=(CheckOrder(kind="tcp", parameters={}, text="22"),)
        ),
    )
    assert card(replace(run, order=order)).queries == ()


def test_an_ended_run_says_how_and_how_long_it_took() -> None:
    proof = Verification(started_at=MOMENT, deadline=LATER, next_look=LATER)
    ended = acting(
        phase=Phase.CLOSED,
        outcome=Outcome.RESOLVED,
        closed_at=MOMENT + timedelta(seconds=42),
        verification=proof,
        progress=(step(StepState.APPLIED, n=1),),
    )

    shown = card(ended)

    assert (shown.outcome, shown.took, shown.changed_at) == ("resolved", "42s", MOMENT)
    assert shown.verify_until is None


CHANGES: list[tuple[dict[str, Any], str]] = [
    (
        {"summary": "shrink to 100 MiB", "intent": {"keep_size": 1}},
        "vacuum: was “shrink the journal to 500 MiB, at most 2.0 GB”, "
        "is now “shrink to 100 MiB, at most 2.0 GB”",
    ),
    (
        {"bound": 9_000_000_000},
        "vacuum: was “shrink the journal to 500 MiB, at most 2.0 GB”, "
        "is now “shrink the journal to 500 MiB, at most 9.0 GB”",
    ),
    (
        {"version": "boot-2"},
        "vacuum: shrink the journal to 500 MiB: the same change, "
        "on a target that has changed meanwhile",
    ),
]


@pytest.mark.parametrize(("changes", "line"), CHANGES)
def test_a_changed_plan_says_what_changed(changes: dict[str, Any], line: str) -> None:
    assert plan_difference(a_plan(), a_plan(a_change(**changes))) == (line,)


def test_a_changed_plan_says_what_came_and_what_went() -> None:
    second = a_change(step="second", summary="prune images")
    assert plan_difference(a_plan(), a_plan(second)) == (
        "vacuum: no longer part of the plan",
        "second: new, prune images",
    )
    (only,) = plan_difference(a_plan(), replace(a_plan(), digest="e" * 64))
    assert "another version" in only


def test_a_request_after_a_void_plan_says_what_changed_and_a_first_one_does_not() -> None:
    former = a_plan(a_change(summary="shrink less", intent={"keep_size": 2}))
    again, same = card(awaiting(former_plan=former)), card(awaiting(former_plan=a_plan()))

    assert again.request is not None and len(again.request.changed) == 1
    assert same.request is not None and same.request.changed == ()


@pytest.mark.parametrize(
    "run",
    [
        awaiting(order=an_order(failure=CALLS), former_plan=a_plan(a_change(bound=1))),
        verifying(),
        acting(progress=(step(StepState.UNKNOWN, n=1),)),
        planning(plan=None),
    ],
)
def test_a_card_survives_the_outbox(run: Run) -> None:
    shown = card(run)
    message = Message(
        kind=MessageKind.PLAN,
        run_id="run_1",
        thread="run_1",
        deduplication="x",
        title="t",
        text="t",
        at=LATER,
        card=shown,
        digest=Digest(waiting=(shown,), waits=3, outcomes={"resolved": 2}),
    )

    assert decode_message(encode_message(message)) == message


def test_the_severity_is_ours_as_everywhere_and_the_alerts_own_word_only_where_there_is_none() -> (
    None
):
    ours = planning(order=an_order(severity="SEV-2"))
    assert card_of(ours, LATER).severity == "SEV-2"
    assert card_of(planning(order=an_order(severity="")), LATER).severity == "warning"
