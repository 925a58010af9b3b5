"""What comes next while people think."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core import effects as do
from remediator.core import events as ev
from remediator.core.events import Outcome
from remediator.core.lifecycle import next_effect
from remediator.core.playbook import (
    ApprovalPolicy,
)
from remediator.core.run import Phase, Run, StepState
from remediator.testing.builders import (
    MOMENT,
    an_approval,
)
from tests.core.lifecycle.runs import ANA, awaiting, closing, step, two_steps

EXPIRES = an_approval().expires_at
NAGGING = ApprovalPolicy(
    remind=timedelta(minutes=10), escalate_after=timedelta(minutes=15), escalate_to="leads"
)


@pytest.mark.parametrize(
    ("run", "minutes", "effect"),
    [
        (awaiting(), 0, do.Rest(EXPIRES)),
        (awaiting(), 29, do.Rest(EXPIRES)),
        (awaiting(), 30, do.Note((ev.ApprovalExpired(),))),
        (awaiting(NAGGING), 0, do.Rest(MOMENT + timedelta(minutes=10))),
        (awaiting(NAGGING), 10, do.Note((ev.ApprovalReminded(),))),
        (
            awaiting(NAGGING, approval=an_approval(reminded=1)),
            10,
            do.Rest(MOMENT + timedelta(minutes=15)),
        ),
        (
            awaiting(NAGGING, approval=an_approval(reminded=1)),
            15,
            do.Note((ev.ApprovalEscalated(to="leads"),)),
        ),
        (
            awaiting(NAGGING, approval=an_approval(reminded=1, escalated=True)),
            15,
            do.Rest(MOMENT + timedelta(minutes=20)),
        ),
        (awaiting(NAGGING), 31, do.Note((ev.ApprovalExpired(),))),
    ],
)
def test_waiting_for_people(run: Run, minutes: int, effect: do.Effect) -> None:
    assert next_effect(run, MOMENT + timedelta(minutes=minutes)) == effect


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        (awaiting(approval=an_approval(rejected_by=ANA)), Outcome.REJECTED),
        (awaiting(approval=an_approval(expired=True)), Outcome.EXPIRED),
        (awaiting(approval=None), Outcome.FAILED),
        (awaiting(alert_resolved_at=MOMENT), Outcome.WITHDRAWN),
        (awaiting(deadline=MOMENT), Outcome.BLOCKED),
        (awaiting(cancelled_by=ANA), Outcome.CANCELLED),
    ],
)
def test_waiting_for_people_ends(run: Run, outcome: Outcome) -> None:
    assert closing(run)[0] is outcome


def test_when_the_alert_resolves_after_the_first_change_the_rest_is_left_out() -> None:
    first = step(StepState.APPLIED, n=1)
    run = replace(
        two_steps(first),
        phase=Phase.AWAITING_APPROVAL,
        approval=an_approval(),
        alert_resolved_at=MOMENT,
    )
    skipped = ev.StepSkipped(step="second", reason="the alert resolved")
    assert next_effect(run, MOMENT) == do.Note((skipped,))
