"""What a drill says of a target, when it got worse, when it is due, and what people hear of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from remediator.core.drill import (
    MOST_NAMED,
    DrillLimits,
    DrillReport,
    DrillResult,
    Help,
    Sight,
    StepSight,
    due_night,
    helped,
    summary,
    told,
    worse_than,
)
from remediator.testing.builders import MOMENT

READY = StepSight(step="a", sight=Sight.READY)
NOTHING = StepSight(step="b", sight=Sight.NOTHING)
OUT = StepSight(step="c", sight=Sight.LEFT_OUT)
MISSING = StepSight(step="d", sight=Sight.MISSING, text="no docker")
FAILED = StepSight(step="e", sight=Sight.FAILED, text="no way in", stops=True)
GOES_ON = StepSight(step="f", sight=Sight.FAILED, text="no way in")


def a_result(help: Help = Help.FULL, target: str = "host/web1", reason: str = "") -> DrillResult:
    return DrillResult(playbook="disk", target=target, help=help, reason=reason)


def a_report(*results: DrillResult, **more: Any) -> DrillReport:
    times = {"began_at": MOMENT, "ended_at": MOMENT}
    return DrillReport(**{"night": "2026-03-14", "results": results, **times, **more})


@pytest.mark.parametrize(
    ("steps", "help", "reason"),
    [
        ([READY], Help.FULL, ""),
        ([NOTHING], Help.FULL, ""),
        ([READY, OUT], Help.FULL, ""),
        ([READY, MISSING], Help.PART, "d: no docker"),
        ([MISSING, NOTHING], Help.PART, "d: no docker"),
        ([READY, GOES_ON], Help.PART, "f: no way in"),
        ([MISSING], Help.NONE, "d: no docker"),
        ([MISSING, OUT], Help.NONE, "d: no docker"),
        ([READY, FAILED], Help.NONE, "e: no way in"),
        ([MISSING, FAILED], Help.NONE, "e: no way in"),
        ([OUT], Help.PART, "no step's `when` holds for this alert"),
    ],
)
def test_how_far_a_playbook_helps_is_what_its_steps_would_come_to(
    steps: list[StepSight], help: Help, reason: str
) -> None:
    found = helped("disk", "host/web1", steps)

    assert (found.help, found.reason) == (help, reason)


@pytest.mark.parametrize(
    ("before", "now", "is_worse"),
    [
        (Help.FULL, Help.NONE, True),
        (Help.FULL, Help.PART, True),
        (Help.PART, Help.NONE, True),
        (Help.NONE, Help.NONE, False),
        (Help.NONE, Help.FULL, False),
        (Help.FULL, Help.KEPT_OUT, False),
        (Help.KEPT_OUT, Help.NONE, False),
    ],
)
def test_what_was_helped_farther_the_night_before_got_worse(
    before: Help, now: Help, is_worse: bool
) -> None:
    assert bool(worse_than(a_report(a_result(before)), [a_result(now)])) is is_worse


def test_what_was_not_asked_about_before_did_not_get_worse() -> None:
    assert worse_than(None, [a_result(Help.NONE)]) == ()
    assert worse_than(a_report(a_result(target="host/db1")), [a_result(Help.NONE)]) == ()


@pytest.mark.parametrize(
    ("at", "zone", "now", "night"),
    [
        ((3, 30), "UTC", (14, 3, 29), ""),
        ((3, 30), "UTC", (14, 3, 30), "2026-03-14"),
        ((3, 30), "UTC", (14, 4, 29), "2026-03-14"),
        ((3, 30), "UTC", (14, 4, 30), ""),
        ((23, 30), "UTC", (14, 0, 15), "2026-03-13"),
        ((3, 30), "Europe/Berlin", (14, 2, 30), "2026-03-14"),
        ((3, 30), "Europe/Berlin", (14, 3, 30), ""),
        (None, "UTC", (14, 3, 30), ""),
    ],
)
def test_a_drill_is_due_for_an_hour_from_its_time_on(
    at: tuple[int, int] | None, zone: str, now: tuple[int, int, int], night: str
) -> None:
    moment = datetime(2026, 3, *now, tzinfo=UTC)

    assert due_night(DrillLimits(at=at, zone=zone), moment) == night


def test_people_hear_of_what_got_worse_and_of_nothing_else() -> None:
    bad = a_result(Help.NONE, reason="vacuum: no way in")
    worse = a_report(bad, worse=(bad,), is_first=False)

    message = told(worse)

    assert message
    assert message.title == "Drill: it got worse"
    assert message.lines == ("disk on host/web1: vacuum: no way in",)
    assert told(a_report(bad, is_first=False)) is None  # as bad as the night before


def test_of_the_first_drill_people_hear_what_cannot_be_helped() -> None:
    message = told(a_report(a_result(Help.NONE, reason="no way in")))

    assert message
    assert message.title == "Drill: not everything could be helped"
    assert told(a_report(a_result())) is None


def test_a_message_names_a_few_and_counts_the_rest() -> None:
    bad = [a_result(Help.NONE, target=f"host/web{n}") for n in range(MOST_NAMED + 2)]

    message = told(a_report(*bad))

    assert message
    assert (len(message.lines), message.lines[-1]) == (MOST_NAMED + 1, "and 2 more")


def test_a_night_is_told_once() -> None:
    first, again = told(a_report(a_result(Help.NONE))), told(a_report(a_result(Help.NONE)))

    assert first
    assert again
    assert first.deduplication == again.deduplication


def test_a_drill_in_one_line() -> None:
    report = a_report(a_result(Help.NONE), a_result(Help.PART), a_result(), left=4)

    assert summary(report) == (
        "Drill of 2026-03-14: of 3 targets of 1 playbook 1 could not be helped, 1 only in part, "
        "4 were not asked about for want of time or room."
    )
    assert (
        summary(a_report(a_result()))
        == "Drill of 2026-03-14: of 1 target of 1 playbook all could be helped."
    )
