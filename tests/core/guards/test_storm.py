"""storm: very many new runs at once are a reason to stop starting."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core.guards.storm import GUARD, StormSettings
from remediator.core.verdict import Ruling
from tests.core.guards.cases import a_subject, facts, ruling, tallied

TEN = StormSettings(runs=10, per=timedelta(minutes=10), quiet=timedelta(minutes=10))
WINDOW = TEN.window


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, None), (10, None), (11, Ruling.DENY), (50_000, Ruling.DENY), (None, Ruling.DENY)],
)
def test_more_new_runs_than_allowed_are_a_storm(count: int | None, expected: Ruling | None) -> None:
    known = {} if count is None else {WINDOW: tallied(count)}
    assert ruling(GUARD, TEN, a_subject(plan=None), facts(tallies=known)) is expected


@pytest.mark.parametrize("subject", [a_subject(), a_subject(plan=None, acted=True)])
def test_what_was_planned_before_the_storm_goes_on(subject: object) -> None:
    known = facts(tallies={WINDOW: tallied(99)})
    assert GUARD.judge(TEN, subject, known) is None  # type: ignore[arg-type]


def test_the_window_is_as_long_as_it_has_to_be_quiet() -> None:
    settings = StormSettings(per=timedelta(minutes=5), quiet=timedelta(minutes=20))
    assert [t.per for t in GUARD.tallies(settings)] == [timedelta(minutes=20)]


def test_the_lower_rate_is_the_stricter() -> None:
    slow = StormSettings(runs=10, per=timedelta(hours=1))
    assert GUARD.stricter(slow, TEN) == GUARD.stricter(TEN, slow) == slow
