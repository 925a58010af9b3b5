"""A line that outsiders can cause is written once a minute for each kind, with how often it happened."""

import logging

import pytest

from remediator.telemetry import Telemetry
from remediator.telemetry.log_throttle import MOST_KINDS, LogThrottle


def test_each_kind_has_a_minute_of_its_own_and_what_was_not_said_is_counted() -> None:
    now = 0.0
    log_throttle = LogThrottle(lambda: now)

    said = [log_throttle.due("a") for _ in range(1000)]
    other = log_throttle.due("b")
    now = 61.0

    assert said == [1] + [None] * 999
    assert other == 1
    assert log_throttle.due("a") == 1000
    assert log_throttle.due("a") is None


def test_kinds_without_end_take_no_memory_without_end() -> None:
    log_throttle = LogThrottle(lambda: 0.0)
    for number in range(10 * MOST_KINDS):
        log_throttle.due(str(number))
    assert len(log_throttle._said) <= MOST_KINDS


def test_a_thousand_failures_of_the_loop_are_one_line(caplog: pytest.LogCaptureFixture) -> None:
    telemetry = Telemetry()
    problem = {"message": "socket.accept() out of system resource", "exception": OSError(24, "x")}

    with caplog.at_level(logging.WARNING, logger="remediator"):
        for _ in range(1000):
            telemetry.loop_failed(None, problem)

    assert [record.msg for record in caplog.records] == ["loop_failed"]
