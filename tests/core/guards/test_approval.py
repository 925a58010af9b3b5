"""approval: the mode or a condition wants a person's yes to the plan."""

from __future__ import annotations

import pytest

from remediator.core.facts import Answer
from remediator.core.guards.approval import CONDITION, GUARD, ApprovalSettings
from remediator.core.playbook import ApprovalPolicy, Mode
from remediator.core.verdict import Ruling
from remediator.testing.builders import an_order
from tests.core.guards.cases import FAILS, HOLDS, UNKNOWN, a_subject, facts, ruling

WHEN = "size(plan.changes) > 3"


@pytest.mark.parametrize(
    ("mode", "when", "answer", "expected"),
    [
        (Mode.AUTO, None, None, None),
        (Mode.APPROVE, None, None, Ruling.ASK),
        (Mode.APPROVE, WHEN, FAILS, Ruling.ASK),
        (Mode.AUTO, WHEN, FAILS, None),
        (Mode.AUTO, WHEN, HOLDS, Ruling.ASK),
        (Mode.AUTO, WHEN, UNKNOWN, Ruling.ASK),
        (Mode.AUTO, WHEN, None, Ruling.ASK),
    ],
)
def test_a_condition_that_cannot_be_answered_asks(
    mode: Mode, when: str | None, answer: Answer | None, expected: Ruling | None
) -> None:
    subject = a_subject(order=an_order(mode=mode, approval=ApprovalPolicy(when=when)))
    answers = {CONDITION: answer} if answer else {}
    assert ruling(GUARD, ApprovalSettings(), subject, facts(answers=answers)) is expected


def test_without_a_plan_there_is_nothing_to_approve() -> None:
    subject = a_subject(order=an_order(mode=Mode.APPROVE), plan=None)
    assert ruling(GUARD, ApprovalSettings(), subject, facts()) is None
