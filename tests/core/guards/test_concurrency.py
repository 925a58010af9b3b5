"""concurrency: so many runs of one playbook act at once."""

from __future__ import annotations

import pytest

from remediator.core.guards.concurrency import GUARD, ConcurrencySettings, OnBusy
from remediator.core.verdict import Ruling
from remediator.testing.builders import MOMENT
from tests.core.guards.cases import a_subject, facts, ruling


@pytest.mark.parametrize(
    ("most", "on_busy", "acting", "expected"),
    [
        (2, OnBusy.WAIT, 0, None),
        (2, OnBusy.WAIT, 1, None),
        (2, OnBusy.WAIT, 2, Ruling.DEFER),
        (2, OnBusy.WAIT, 3, Ruling.DEFER),
        (2, OnBusy.SKIP, 1, None),
        (2, OnBusy.SKIP, 2, Ruling.DENY),
    ],
)
def test_a_run_without_room_waits_or_is_left_out(
    most: int, on_busy: OnBusy, acting: int, expected: Ruling | None
) -> None:
    settings = ConcurrencySettings(max=most, on_busy=on_busy)
    assert ruling(GUARD, settings, a_subject(), facts(acting=acting)) is expected


def test_it_looks_again_soon() -> None:
    verdict = GUARD.judge(ConcurrencySettings(max=1), a_subject(), facts(acting=1))
    assert verdict is not None
    assert verdict.until is not None
    assert verdict.until > MOMENT


def test_a_run_that_has_begun_goes_on() -> None:
    assert ruling(GUARD, ConcurrencySettings(max=1), a_subject(acted=True), facts(acting=9)) is None


def test_the_smaller_number_is_the_stricter() -> None:
    small, large = ConcurrencySettings(max=1), ConcurrencySettings(max=9)
    assert GUARD.stricter(small, large) == GUARD.stricter(large, small) == small
