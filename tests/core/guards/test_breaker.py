"""breaker: a playbook whose fix fails, or does not last, stops until people have looked or time has passed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from remediator.core.facts import Counted, Tallied
from remediator.core.guards.breaker import GUARD, BreakerSettings
from remediator.core.verdict import Ruling
from remediator.testing.builders import MOMENT
from tests.core.guards.cases import a_subject, facts, ruling

SETTINGS = BreakerSettings(
    failures=3, ineffective=2, window=timedelta(hours=24), open_for=timedelta(hours=4)
)


def known(failed: Any = None, ineffective: Any = None, reset: Any = None) -> dict[Any, Tallied]:
    """Tallies from (count, hours since the newest)."""
    rows = {
        Counted.FAILED: failed,
        Counted.INEFFECTIVE: ineffective,
        Counted.RESET: reset,
    }
    return {
        SETTINGS.tally(counted): Tallied(count=row[0], newest=MOMENT - timedelta(hours=row[1]))
        if row
        else Tallied()
        for counted, row in rows.items()
    }


@pytest.mark.parametrize(
    ("tallies", "expected"),
    [
        (known(), None),
        (known(failed=(2, 0)), None),
        (known(failed=(3, 0)), Ruling.DENY),
        (known(failed=(9, 3.99)), Ruling.DENY),
        (known(failed=(3, 4)), None),
        (known(ineffective=(1, 0)), None),
        (known(ineffective=(2, 1)), Ruling.DENY),
        (known(failed=(3, 2), reset=(1, 1)), None),
        (known(failed=(3, 1), reset=(1, 2)), Ruling.DENY),
        (known(failed=(3, 1), reset=(1, 1)), None),
        ({}, Ruling.DENY),
        ({SETTINGS.tally(Counted.FAILED): Tallied()}, Ruling.DENY),
    ],
    ids=[
        "nothing happened",
        "not often enough",
        "often enough",
        "until it has been open for long enough",
        "then the next run may try",
        "came back once",
        "came back too often",
        "a person has looked since",
        "it failed since a person looked",
        "both at once: the person counts",
        "nothing is known",
        "half is known",
    ],
)
def test_it_opens_and_closes(tallies: dict[Any, Tallied], expected: Ruling | None) -> None:
    assert ruling(GUARD, SETTINGS, a_subject(), facts(tallies=tallies)) is expected


def test_the_reason_has_the_numbers_and_when_it_closes() -> None:
    verdict = GUARD.judge(SETTINGS, a_subject(), facts(tallies=known(failed=(3, 1))))
    assert verdict is not None
    assert "failed 3 times in 1d" in verdict.reason
    assert verdict.until == MOMENT + timedelta(hours=3)


def test_a_run_that_has_begun_goes_on() -> None:
    assert ruling(GUARD, SETTINGS, a_subject(acted=True), facts()) is None


def test_it_asks_for_failures_relapses_and_resets() -> None:
    assert [t.counted for t in GUARD.tallies(SETTINGS)] == [
        Counted.FAILED,
        Counted.INEFFECTIVE,
        Counted.RESET,
    ]


def test_a_floor_takes_the_careful_half_of_everything() -> None:
    own = BreakerSettings(failures=9, ineffective=1, window=timedelta(1), open_for=timedelta(9))
    floor = BreakerSettings(failures=3, ineffective=3, window=timedelta(2), open_for=timedelta(1))
    assert GUARD.stricter(own, floor) == BreakerSettings(
        failures=3, ineffective=1, window=timedelta(2), open_for=timedelta(9)
    )
