"""windows: hours by the wall clock of a zone, over midnight and over the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from remediator.core.facts import Facts
from remediator.core.guards.windows import GUARD, Window, WindowsSettings
from remediator.core.verdict import Ruling
from tests.core.guards.cases import a_subject, ruling

NIGHT = Window(from_="22:00", to="06:00")
WEEKEND_NIGHT = Window(days=("fri", "sat"), from_="22:00", to="06:00")
OFFICE = Window(days=("mon", "tue", "wed", "thu", "fri"), from_="09:00", to="17:00")
BERLIN = Window(from_="02:00", to="03:00", zone="Europe/Berlin")
NIGHTLY = Window(cron="0 2 * * *", duration=timedelta(hours=2))
DST_JOB = Window(cron="30 2 * * *", duration=timedelta(hours=1), zone="Europe/Berlin")


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# 2026-03-13 is a Friday; Berlin springs forward on 2026-03-29 and falls back on 2026-10-25, both at 01:00 UTC
@pytest.mark.parametrize(
    ("window", "moment", "expected"),
    [
        (NIGHT, "2026-03-13T21:59:59", False),
        (NIGHT, "2026-03-13T22:00", True),
        (NIGHT, "2026-03-14T05:59:59", True),
        (NIGHT, "2026-03-14T06:00", False),
        (WEEKEND_NIGHT, "2026-03-13T23:00", True),
        (WEEKEND_NIGHT, "2026-03-14T03:00", True),
        (WEEKEND_NIGHT, "2026-03-15T03:00", True),
        (WEEKEND_NIGHT, "2026-03-13T03:00", False),
        (WEEKEND_NIGHT, "2026-03-15T23:00", False),
        (WEEKEND_NIGHT, "2026-03-16T03:00", False),
        (OFFICE, "2026-03-13T09:00", True),
        (OFFICE, "2026-03-13T17:00", False),
        (OFFICE, "2026-03-14T12:00", False),
        (Window(), "2026-03-14T00:00", True),
        (Window(), "2026-03-14T23:59:59", True),
        (Window(from_="10:00", to="10:00"), "2026-03-14T10:00", False),
        (BERLIN, "2026-03-28T01:30", True),
        (BERLIN, "2026-03-29T00:59", False),
        (BERLIN, "2026-03-29T01:30", False),
        (BERLIN, "2026-10-25T00:30", True),
        (BERLIN, "2026-10-25T01:30", True),
        (BERLIN, "2026-10-25T02:00", False),
        (NIGHTLY, "2026-03-13T01:59:59", False),
        (NIGHTLY, "2026-03-13T02:00", True),
        (NIGHTLY, "2026-03-13T03:59:59", True),
        (NIGHTLY, "2026-03-13T04:00", False),
        (Window(cron="0 23 * * 5", duration=timedelta(hours=4)), "2026-03-14T02:59", True),
        (Window(cron="0 23 * * 5", duration=timedelta(hours=4)), "2026-03-15T02:59", False),
        (Window(cron="0 0 * * *", duration=timedelta(days=1)), "2026-03-14T23:59:59", True),
        (Window(cron="0 2 * * *", duration=timedelta(seconds=90)), "2026-03-14T02:01:29", True),
        (Window(cron="0 2 * * *", duration=timedelta(seconds=90)), "2026-03-14T02:01:30", False),
        (Window(cron="*/10 * * * *", duration=timedelta(minutes=5)), "2026-03-14T02:34:59", True),
        (Window(cron="*/10 * * * *", duration=timedelta(minutes=5)), "2026-03-14T02:35", False),
        (DST_JOB, "2026-03-29T01:10", True),
        (DST_JOB, "2026-10-25T00:30", True),
        (DST_JOB, "2026-10-25T01:10", False),
        (DST_JOB, "2026-10-25T01:30", True),
    ],
)
def test_a_window_holds_the_hours_that_the_wall_clock_shows(
    window: Window, moment: str, expected: bool
) -> None:
    assert window.contains(at(moment)) is expected


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"days": ("monday",)}, "is not a day"),
        ({"from_": "25:00"}, "is not a time of day"),
        ({"from_": "22"}, "is not a time of day"),
        ({"to": "24:01"}, "is not a time of day"),
        ({"to": "12:60"}, "is not a time of day"),
        ({"to": "1:5"}, "is not a time of day"),
        ({"to": "-1:00"}, "is not a time of day"),
        ({"cron": "0 2 * * *"}, "needs both"),
        ({"duration": timedelta(hours=1)}, "needs both"),
        ({"cron": "0 2 * *", "duration": timedelta(hours=1)}, "five fields"),
        ({"cron": "0 2 * * *", "duration": timedelta(hours=25)}, "at most 1d"),
    ],
)
def test_a_window_that_means_nothing_is_refused(written: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Window(**written)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(KeyError):
        Window(zone="Europe/Nowhere")


@pytest.mark.parametrize(
    ("settings", "moment", "opens"),
    [
        (WindowsSettings(), "2026-03-13T12:00", None),
        (WindowsSettings(allow=(NIGHT,)), "2026-03-13T23:00", None),
        (WindowsSettings(allow=(NIGHT,)), "2026-03-13T12:00:30", "2026-03-13T22:00"),
        (WindowsSettings(allow=(NIGHT, OFFICE)), "2026-03-13T12:00", None),
        (WindowsSettings(deny=(OFFICE,)), "2026-03-13T16:30", "2026-03-13T17:00"),
        (WindowsSettings(deny=(OFFICE,)), "2026-03-14T12:00", None),
        (
            WindowsSettings(allow=(Window(),), deny=(NIGHTLY,)),
            "2026-03-13T02:30",
            "2026-03-13T04:00",
        ),
        (WindowsSettings(allow=(OFFICE,)), "2026-03-13T18:00", "2026-03-14T18:00"),
        (WindowsSettings(deny=(Window(),)), "2026-03-13T12:00", "2026-03-14T12:00"),
    ],
)
def test_outside_it_waits_for_the_next_opening_or_looks_again_in_a_day(
    settings: WindowsSettings, moment: str, opens: str | None
) -> None:
    verdict = GUARD.judge(settings, a_subject(), Facts(now=at(moment)))
    assert (verdict.until if verdict else None) == (at(opens) if opens else None)
    assert verdict is None or verdict.ruling is Ruling.DEFER


def test_a_run_that_has_begun_goes_on() -> None:
    settings, known = WindowsSettings(deny=(Window(),)), Facts(now=at("2026-03-13T12:00"))
    assert ruling(GUARD, settings, a_subject(changed=True), known) is None


@pytest.mark.parametrize(
    ("own", "floor", "moment", "expected"),
    [
        (WindowsSettings(), WindowsSettings(allow=(OFFICE,)), "2026-03-14T12:00", False),
        (WindowsSettings(allow=(OFFICE,)), WindowsSettings(), "2026-03-14T12:00", False),
        (WindowsSettings(), WindowsSettings(deny=(OFFICE,)), "2026-03-13T12:00", False),
        (
            WindowsSettings(allow=(NIGHT,)),
            WindowsSettings(allow=(OFFICE,)),
            "2026-03-13T23:00",
            False,
        ),
        (
            WindowsSettings(allow=(NIGHT,)),
            WindowsSettings(allow=(OFFICE,)),
            "2026-03-13T12:00",
            False,
        ),
        (
            WindowsSettings(allow=(Window(),)),
            WindowsSettings(allow=(OFFICE,)),
            "2026-03-13T12:00",
            True,
        ),
        (
            WindowsSettings(deny=(NIGHT,)),
            WindowsSettings(deny=(OFFICE,)),
            "2026-03-13T23:00",
            False,
        ),
    ],
)
def test_a_playbooks_own_hours_never_widen_those_of_a_floor(
    own: WindowsSettings, floor: WindowsSettings, moment: str, expected: bool
) -> None:
    strict = GUARD.stricter(own, floor)
    assert strict.is_open(at(moment)) is expected
    assert GUARD.stricter(strict, floor) == strict
