"""risk: what cannot be taken back, or not be observed after a doubt, is for people to allow."""

from __future__ import annotations

import pytest

from remediator.core.change import ActionEffect, Safety
from remediator.core.guards.risk import GUARD, RiskSettings
from remediator.core.verdict import Ruling
from remediator.testing.builders import a_change, a_plan, a_step, an_order
from tests.core.guards.cases import a_subject, facts, ruling


@pytest.mark.parametrize(
    ("effect", "safety", "allowed", "expected"),
    [
        (ActionEffect.REVERSIBLE, Safety.CONVERGENT, False, None),
        (ActionEffect.READ, Safety.READ, False, None),
        (ActionEffect.IRREVERSIBLE, Safety.RECEIPT, False, Ruling.ASK),
        (ActionEffect.IRREVERSIBLE, Safety.RECEIPT, True, None),
        (ActionEffect.REVERSIBLE, Safety.BLIND, False, Ruling.ASK),
        (ActionEffect.IRREVERSIBLE, Safety.BLIND, True, Ruling.ASK),
    ],
)
def test_risky_changes_ask(
    effect: ActionEffect, safety: Safety, allowed: bool, expected: Ruling | None
) -> None:
    step = a_step(effect=effect, safety=safety, irreversible_allowed=allowed)
    subject = a_subject(order=an_order(steps=(step,)), plan=a_plan(a_change(effect=effect)))
    assert ruling(GUARD, RiskSettings(), subject, facts()) is expected


def test_a_step_that_asks_by_itself_does_not_make_the_whole_plan_wait() -> None:
    step = a_step(effect=ActionEffect.IRREVERSIBLE, approval_required=True)
    change = a_change(effect=ActionEffect.IRREVERSIBLE)
    subject = a_subject(order=an_order(steps=(step,)), plan=a_plan(change))
    assert ruling(GUARD, RiskSettings(), subject, facts()) is None


def test_it_is_the_change_that_counts_not_what_the_action_usually_does() -> None:
    step = a_step(effect=ActionEffect.REVERSIBLE)
    subject = a_subject(order=an_order(steps=(step,)))
    assert ruling(GUARD, RiskSettings(), subject, facts()) is Ruling.ASK


def test_a_change_of_a_step_that_nobody_ordered_asks() -> None:
    odd = a_change(step="odd", effect=ActionEffect.REVERSIBLE)
    verdict = GUARD.judge(RiskSettings(), a_subject(plan=a_plan(odd)), facts())
    assert verdict is not None
    assert verdict.reason == "cannot be taken back: odd"


def test_without_a_plan_there_is_no_risk() -> None:
    assert ruling(GUARD, RiskSettings(), a_subject(plan=None), facts()) is None
