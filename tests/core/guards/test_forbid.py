"""forbid: facts under which nothing may be changed, asked before every change."""

from __future__ import annotations

import pytest

from remediator.core.facts import Answer
from remediator.core.guards.forbid import GUARD, ForbidSettings
from remediator.core.verdict import Ruling
from tests.core.guards.cases import CHECK, FAILS, HOLDS, UNKNOWN, a_subject, facts, ruling

FORBIDDEN = ForbidSettings(checks=(CHECK,))


@pytest.mark.parametrize("acted", [False, True])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [(FAILS, None), (HOLDS, Ruling.DENY), (UNKNOWN, Ruling.DENY), (None, Ruling.DENY)],
)
def test_only_a_definite_no_lets_a_run_through(
    acted: bool, answer: Answer | None, expected: Ruling | None
) -> None:
    answers = {CHECK.key: answer} if answer else {}
    assert ruling(GUARD, FORBIDDEN, a_subject(acted=acted), facts(answers=answers)) is expected


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (HOLDS, "promql: up == 1 holds (1 sample)"),
        (UNKNOWN, "promql: up == 1 is unknown (timeout)"),
        (None, "promql: up == 1 is unknown"),
    ],
)
def test_the_reason_says_what_was_found(answer: Answer | None, reason: str) -> None:
    answers = {CHECK.key: answer} if answer else {}
    verdict = GUARD.judge(FORBIDDEN, a_subject(), facts(answers=answers))
    assert verdict is not None
    assert verdict.reason == reason


def test_it_asks_its_checks_and_a_floor_adds_more() -> None:
    assert GUARD.questions(FORBIDDEN) == (CHECK,)
    assert GUARD.stricter(ForbidSettings(), FORBIDDEN) == FORBIDDEN
