"""require: facts about the live world that must hold. Unknown means no."""

from __future__ import annotations

import pytest

from remediator.core.facts import Answer
from remediator.core.guards import require
from remediator.core.playbook import CheckOrder
from remediator.core.verdict import Ruling
from tests.core.guards.cases import CHECK, FAILS, HOLDS, UNKNOWN, a_subject, facts, ruling

OTHER = CheckOrder(kind="tcp", parameters={}, text="web1:22")
REQUIRED = require.RequireSettings(checks=(CHECK, OTHER))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (HOLDS, HOLDS, Ruling.ALLOW),
        (HOLDS, FAILS, Ruling.DENY),
        (FAILS, HOLDS, Ruling.DENY),
        (HOLDS, UNKNOWN, Ruling.DENY),
        (HOLDS, None, Ruling.DENY),
        (None, None, Ruling.DENY),
    ],
)
def test_everything_required_must_hold(
    first: Answer | None, second: Answer | None, expected: Ruling | None
) -> None:
    answers = {c.key: a for c, a in ((CHECK, first), (OTHER, second)) if a is not None}
    assert ruling(require.GUARD, REQUIRED, a_subject(), facts(answers=answers)) is expected


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (FAILS, "promql: up == 1 does not hold (no sample)"),
        (UNKNOWN, "promql: up == 1 is unknown (timeout)"),
        (None, "promql: up == 1 is unknown"),
    ],
)
def test_the_reason_says_which_check_and_what_it_found(answer: Answer | None, reason: str) -> None:
    answers = {CHECK.key: answer} if answer else {}
    verdict = require.GUARD.judge(REQUIRED, a_subject(), facts(answers=answers))
    assert verdict is not None
    assert verdict.reason == reason


def test_where_all_holds_people_read_what_was_seen() -> None:
    answers = {c.key: HOLDS for c in (CHECK, OTHER)}
    verdict = require.GUARD.judge(REQUIRED, a_subject(), facts(answers=answers))
    assert verdict is not None
    assert verdict.reason == "promql: up == 1 holds (1 sample); tcp: web1:22 holds (1 sample)"


def test_nothing_is_required_where_nothing_is_written() -> None:
    assert ruling(require.GUARD, require.RequireSettings(), a_subject(), facts()) is None


def test_its_own_fix_may_make_a_requirement_untrue() -> None:
    answers = {CHECK.key: FAILS}
    subject = a_subject(changed=True)
    assert ruling(require.GUARD, REQUIRED, subject, facts(answers=answers)) is None


def test_it_asks_its_checks_and_a_floor_adds_more() -> None:
    own, floor = require.RequireSettings(checks=(CHECK,)), REQUIRED
    assert require.GUARD.questions(REQUIRED) == (CHECK, OTHER)
    assert require.GUARD.stricter(own, floor).checks == (CHECK, OTHER)
