"""The sections `trust` and `drill` of the settings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.drill import DrillLimits
from remediator.core.trust import ForApprove, ForAuto, Thresholds, WhenWorse
from tests.config.settings_texts import problems, settings


def test_nothing_said_are_the_thresholds_of_the_core_and_no_nightly_drill(tmp_path: Path) -> None:
    found = settings(tmp_path, "listen: 127.0.0.1:9095\n")

    assert found.trust == Thresholds()
    assert found.drill == DrillLimits()
    assert found.drill.at is None


def test_every_threshold_is_read(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        """\
        trust:
          runs: 50
          approve: {plans: 1, over: 1d, unplanned_percent: 2}
          auto: {verified: 3, over: 4d, verified_percent: 5, rejected: 6, came_back_percent: 7}
          worse: {runs: 8, percent: 9, slower_percent: 10}
        """,
    )

    assert found.trust == Thresholds(
        runs=50,
        approve=ForApprove(plans=1, over=timedelta(days=1), unplanned_percent=2),
        auto=ForAuto(
            verified=3,
            over=timedelta(days=4),
            verified_percent=5,
            rejected=6,
            came_back_percent=7,
        ),
        worse=WhenWorse(runs=8, percent=9, slower_percent=10),
    )


def test_every_limit_of_a_drill_is_read(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        'drill: {at: "23:05", zone: Europe/Berlin, targets: 1, within: 2m, at_once: 3, each: 4s}\n',
    )

    assert found.drill == DrillLimits(
        at=(23, 5),
        zone="Europe/Berlin",
        targets=1,
        within=timedelta(minutes=2),
        at_once=3,
        each=timedelta(seconds=4),
    )


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("drill: {at: 25:00}", "1:13", "`at`"),
        ("drill: {at: soon}", "1:13", "`at`"),
        ("drill: {zone: Europe/Berlim}", "1:15", "no IANA time zone"),
        ("drill: {zone: /etc/passwd}", "1:15", "no IANA time zone"),
        ("drill: {at_once: 0}", "1:18", "`at_once`"),
        ("trust: {runs: 2000}", "1:15", "`runs`"),
        ("trust: {auto: {verified_percent: 101}}", "1:34", "`verified_percent`"),
        ("trust: {auto: {verifed: 1}}", "1:16", "Did you mean `verified`?"),
    ],
)
def test_what_is_wrong_has_its_place(tmp_path: Path, text: str, place: str, words: str) -> None:
    (problem,) = problems(tmp_path, text)

    assert problem.startswith(f"settings.yaml:{place}: error")
    assert words in problem
