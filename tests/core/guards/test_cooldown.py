"""cooldown: a target rests after a change, whoever made it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core.guards.cooldown import GUARD, CooldownSettings
from remediator.core.target import Target
from remediator.core.verdict import Ruling
from remediator.testing.builders import MOMENT
from tests.core.guards.cases import HOST, a_subject, facts, ruling

VOLUME = Target("volume", "vol-1")
HOUR = CooldownSettings(rest=timedelta(hours=1))


@pytest.mark.parametrize(
    ("minutes_ago", "expected"),
    [(None, None), (0, Ruling.DEFER), (59, Ruling.DEFER), (60, None), (61, None)],
)
def test_a_target_rests_for_as_long_as_is_set(
    minutes_ago: int | None, expected: Ruling | None
) -> None:
    changed = {} if minutes_ago is None else {HOST: MOMENT - timedelta(minutes=minutes_ago)}
    assert ruling(GUARD, HOUR, a_subject(), facts(last_changed=changed)) is expected


def test_it_says_when_the_rest_is_over_for_the_target_that_was_changed_last() -> None:
    changed = {HOST: MOMENT - timedelta(minutes=50), VOLUME: MOMENT - timedelta(minutes=20)}
    verdict = GUARD.judge(HOUR, a_subject(targets=(HOST, VOLUME)), facts(last_changed=changed))
    assert verdict is not None
    assert verdict.until == MOMENT + timedelta(minutes=40)
    assert "changed 20m ago and rests for 1h" in verdict.reason


def test_other_targets_do_not_count() -> None:
    assert ruling(GUARD, HOUR, a_subject(), facts(last_changed={VOLUME: MOMENT})) is None


def test_a_run_never_waits_for_its_own_changes() -> None:
    assert ruling(GUARD, HOUR, a_subject(acted=True), facts(last_changed={HOST: MOMENT})) is None


def test_a_change_from_a_clock_ahead_of_ours_still_defers() -> None:
    changed = {HOST: MOMENT + timedelta(minutes=5)}
    verdict = GUARD.judge(HOUR, a_subject(), facts(last_changed=changed))
    assert verdict is not None
    assert "changed 0s ago" in verdict.reason


def test_the_longer_rest_is_the_stricter() -> None:
    short = CooldownSettings(rest=timedelta(minutes=1))
    assert GUARD.stricter(short, HOUR) == GUARD.stricter(HOUR, short) == HOUR
