"""blast_radius: at most so many targets of a population in a window."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from remediator.core.facts import Answer, Known
from remediator.core.guards.blast_radius import GUARD, BlastRadiusSettings
from remediator.core.target import Target
from remediator.core.verdict import Ruling
from tests.core.guards.cases import CHECK, a_subject, facts, ruling, tallied

THREE = BlastRadiusSettings(max=3)
TENTH = BlastRadiusSettings(of=CHECK, max=3, max_percent=10)
HOUR = timedelta(hours=1)


def touched(targets: int) -> dict[Any, Any]:
    return {settings.tally: tallied(0, targets=targets) for settings in (THREE, TENTH)}


@pytest.mark.parametrize(
    ("targets", "expected"), [(0, None), (2, None), (3, Ruling.DENY), (9, Ruling.DENY)]
)
def test_the_run_itself_counts(targets: int, expected: Ruling | None) -> None:
    assert ruling(GUARD, THREE, a_subject(), facts(tallies=touched(targets))) is expected


@pytest.mark.parametrize(
    ("population", "targets", "expected"),
    [
        (100.0, 9, None),
        (100.0, 10, Ruling.DENY),
        (20.0, 2, None),
        (20.0, 3, Ruling.DENY),
        (0.0, 2, None),
        (None, 0, Ruling.DENY),
        (float("nan"), 0, Ruling.DENY),
        (float("inf"), 0, Ruling.DENY),
    ],
)
def test_a_share_of_the_population_counts_where_it_is_larger(
    population: float | None, targets: int, expected: Ruling | None
) -> None:
    answer = Answer(known=Known.HOLDS, detail="", value=population)
    known = facts(tallies=touched(targets), answers={CHECK.key: answer})
    assert ruling(GUARD, TENTH, a_subject(), known) is expected


@pytest.mark.parametrize(
    "known",
    [
        facts(),
        facts(tallies=touched(0)),
        facts(
            tallies=touched(0),
            answers={CHECK.key: Answer(known=Known.UNKNOWN, detail="timeout", value=100)},
        ),
    ],
    ids=["nothing is known", "nobody asked", "no answer"],
)
def test_an_unknown_population_is_a_no(known: Any) -> None:
    assert ruling(GUARD, TENTH, a_subject(), known) is Ruling.DENY


def test_all_targets_of_a_run_count() -> None:
    targets = tuple(Target("host", f"web{n}") for n in range(4))
    known = facts(tallies=touched(0))
    assert ruling(GUARD, THREE, a_subject(targets=targets), known) is Ruling.DENY


def test_a_run_that_has_begun_goes_on() -> None:
    assert ruling(GUARD, THREE, a_subject(acted=True), facts()) is None


def test_a_floor_takes_the_careful_half_of_everything() -> None:
    own = BlastRadiusSettings(max=50, max_percent=1, per=timedelta(minutes=1))
    floor = BlastRadiusSettings(of=CHECK, max=3, max_percent=10, per=HOUR)
    strict = BlastRadiusSettings(of=CHECK, max=3, max_percent=1, per=HOUR)
    assert GUARD.stricter(own, floor) == strict
    assert GUARD.questions(strict) == (CHECK,)
