"""silenced: whoever silences an alert has it in hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core.facts import Answer, Known
from remediator.core.guards.silenced import GUARD, SILENCE, OnSilence, SilencedSettings, is_held
from remediator.core.verdict import Judgement, Ruling
from tests.core.guards.cases import a_subject, facts, ruling

HOLD, ACT = SilencedSettings(), SilencedSettings(on_silence=OnSilence.ACT)


def said(known: Known, listed: float = 1) -> dict[str, Answer]:
    return {SILENCE: Answer(known=known, detail="ann silenced the alert", value=listed)}


@pytest.mark.parametrize(
    ("settings", "answers", "expected"),
    [
        (HOLD, said(Known.HOLDS), Ruling.DEFER),
        (HOLD, said(Known.UNKNOWN), Ruling.DEFER),
        (HOLD, said(Known.FAILS), None),
        (HOLD, {}, None),
        (ACT, said(Known.HOLDS), None),
    ],
    ids=[
        "silenced",
        "nobody can say",
        "not silenced",
        "no Alertmanager is set",
        "act all the same",
    ],
)
def test_a_run_waits_while_its_alert_is_silenced(settings, answers, expected) -> None:
    assert ruling(GUARD, settings, a_subject(), facts(answers=answers)) is expected


def test_what_has_begun_waits_too_before_its_next_change() -> None:
    subject = a_subject(acted=True, changed=True)
    assert ruling(GUARD, HOLD, subject, facts(answers=said(Known.HOLDS))) is Ruling.DEFER


def test_it_asks_again_soon_for_a_silence_may_be_ended_at_any_time() -> None:
    verdict = GUARD.judge(HOLD, a_subject(), facts(answers=said(Known.HOLDS)))
    assert verdict is not None
    assert verdict.until is not None
    assert verdict.until - facts().now <= timedelta(minutes=1)
    assert verdict.reason == "ann silenced the alert"


@pytest.mark.parametrize(("held", "expected"), [(True, Ruling.DENY), (False, None)])
def test_an_alert_that_is_gone_has_ended_only_where_it_was_silenced_before(held, expected) -> None:
    answers = said(Known.FAILS, listed=0)
    assert ruling(GUARD, HOLD, a_subject(held=held), facts(answers=answers)) is expected


def test_that_it_was_silenced_is_not_forgotten_while_nobody_can_be_asked() -> None:
    verdict = GUARD.judge(HOLD, a_subject(held=True), facts(answers=said(Known.UNKNOWN)))
    assert verdict is not None
    assert is_held(Judgement(verdicts=(verdict,)))
    first = GUARD.judge(HOLD, a_subject(), facts(answers=said(Known.UNKNOWN)))
    assert first is not None
    assert not is_held(Judgement(verdicts=(first,)))


def test_a_floor_of_hold_holds_playbooks_that_would_act() -> None:
    assert GUARD.stricter(ACT, HOLD) == HOLD
    assert GUARD.stricter(HOLD, ACT) == HOLD
