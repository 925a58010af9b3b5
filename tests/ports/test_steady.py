"""The steady clock: small steps are followed, jumps only once somebody has confirmed them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.ports.ambient import system_ambient
from remediator.testing.clock import ManualClock

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize("by", [HOUR, -HOUR, timedelta(days=400), -2 * MINUTE])
def test_time_goes_on_at_its_own_pace_where_the_wall_clock_jumps_either_way(by: timedelta) -> None:
    clock = ManualClock()
    now = clock.ambient().now
    began = now()

    clock.advance(10 * SECOND)
    clock.jump(by)
    clock.advance(5 * SECOND)

    assert now() == began + 15 * SECOND
    jump = clock.steady.jump()
    assert jump is not None
    assert jump.by == by
    assert f"jumped {'ahead' if by > timedelta(0) else 'back'} by" in jump.text


@pytest.mark.parametrize("by", [MINUTE, -MINUTE, SECOND])
def test_a_step_of_up_to_a_minute_is_followed(by: timedelta) -> None:
    clock = ManualClock()
    clock.jump(by)
    assert clock.steady.now() == clock.wall()
    assert clock.steady.jump() is None


def test_a_clock_that_runs_too_fast_is_noticed_although_no_step_of_it_is_large() -> None:
    clock = ManualClock()
    for _ in range(30):
        clock.advance(MINUTE)
        clock.jump(6 * SECOND)
        clock.steady.now()
    assert clock.steady.jump() is not None


def test_a_clock_that_drifts_by_seconds_an_hour_is_followed_for_ever() -> None:
    clock = ManualClock()
    for _ in range(24 * 30):
        clock.advance(HOUR)
        clock.jump(3 * SECOND)
        assert clock.steady.now() == clock.wall()


def test_a_jump_that_is_taken_back_is_over_and_no_time_was_lost() -> None:
    clock = ManualClock()
    clock.jump(HOUR)
    jump = clock.steady.jump()
    clock.jump(-HOUR)
    clock.advance(SECOND)

    assert clock.steady.jump() is None
    assert clock.steady.over() == (jump,)
    clock.steady.forget((jump,) if jump else ())
    assert clock.steady.over() == ()
    assert clock.steady.now() == clock.wall()


def test_a_confirmed_jump_is_followed_and_another_one_is_noticed_again() -> None:
    clock = ManualClock()
    clock.jump(-HOUR)
    first = clock.steady.jump()
    assert first is not None
    clock.steady.accept(first)
    assert clock.steady.now() == clock.wall()

    clock.jump(HOUR)
    second = clock.steady.jump()
    assert second is not None
    assert second.id != first.id


def test_a_yes_to_one_jump_is_no_yes_to_the_next() -> None:
    clock = ManualClock()
    clock.jump(HOUR)
    first = clock.steady.jump()
    clock.jump(2 * HOUR)
    second = clock.steady.jump()
    assert first and second
    assert second != first

    clock.steady.accept(first)

    assert clock.steady.jump() == second


def test_the_machine_is_trusted_while_nobody_sets_its_clock() -> None:
    ambient = system_ambient()
    first = ambient.now()
    assert ambient.now() >= first
    assert ambient.clock is not None
    assert ambient.clock.jump() is None
