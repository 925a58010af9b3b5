"""Rests double from failure to failure, end at the longest, and are spread where many fail together."""

from datetime import timedelta

import pytest

from remediator.core.backoff import backoff, jittered

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("first", "failures", "longest", "rest"),
    [
        (SECOND, 1, MINUTE, SECOND),
        (SECOND, 2, MINUTE, 2 * SECOND),
        (SECOND, 3, MINUTE, 4 * SECOND),
        (SECOND, 6, MINUTE, 32 * SECOND),
        (SECOND, 7, MINUTE, MINUTE),
        (SECOND, 100_000, MINUTE, MINUTE),
        (2 * MINUTE, 1, MINUTE, MINUTE),
        (timedelta(0), 1, MINUTE, timedelta(0)),
        (timedelta(0), 50, MINUTE, timedelta(0)),
        (DAY, 11, timedelta.max, 1024 * DAY),
        (DAY, 400, timedelta.max, timedelta.max),
    ],
)
def test_a_rest_doubles_with_each_failure_and_never_passes_the_longest(
    first: timedelta, failures: int, longest: timedelta, rest: timedelta
) -> None:
    assert backoff(first, failures, longest=longest) == rest


@pytest.mark.parametrize(("dice", "share"), [(0.0, 0.5), (0.5, 0.75), (1 - 2**-53, 1.0)])
def test_what_failed_together_comes_back_within_the_second_half_of_its_rest(
    dice: float, share: float
) -> None:
    assert jittered(MINUTE, dice) == MINUTE * share
