"""total_blast_radius: what all playbooks together may change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from remediator.core.facts import Answer, Counted, Known, Scope
from remediator.core.guards.blast_radius import BlastRadiusSettings
from remediator.core.guards.total_blast_radius import GUARD, TotalBlastRadiusSettings, over_all
from remediator.core.target import Target
from remediator.core.verdict import Ruling
from tests.core.guards.cases import CHECK, UNKNOWN, a_subject, facts, ruling, tallied

HOUR = timedelta(hours=1)
TWO = over_all(BlastRadiusSettings(max=2))


def changed(others: int) -> dict[Any, Any]:
    return {TWO.tally: tallied(0, targets=others)}


def test_it_counts_whatever_was_changed_by_whomever() -> None:
    (tally,) = GUARD.tallies(TWO)
    assert (tally.counted, tally.scope, tally.per) == (Counted.CHANGED, Scope.ALL, HOUR)


@pytest.mark.parametrize(
    ("others", "expected"), [(0, None), (1, None), (2, Ruling.DENY), (7, Ruling.DENY)]
)
def test_the_run_itself_counts(others: int, expected: Ruling | None) -> None:
    assert ruling(GUARD, TWO, a_subject(), facts(tallies=changed(others))) is expected


def test_all_targets_of_a_run_count() -> None:
    targets = tuple(Target("host", f"web{n}") for n in range(3))
    assert ruling(GUARD, TWO, a_subject(targets=targets), facts(tallies=changed(0))) is Ruling.DENY


def test_the_reason_says_that_it_is_not_this_playbook_alone() -> None:
    verdict = GUARD.judge(TWO, a_subject(), facts(tallies=changed(2)))
    assert verdict is not None
    assert verdict.reason == (
        "this would be target number 3 in 1h over all playbooks, the limit is 2"
    )


def test_a_population_that_is_not_known_is_a_no() -> None:
    settings = over_all(BlastRadiusSettings(of=CHECK))
    known = facts(tallies={settings.tally: tallied(0)}, answers={CHECK.key: UNKNOWN})
    assert ruling(GUARD, settings, a_subject(), known) is Ruling.DENY
    assert GUARD.questions(settings) == (CHECK,)


def test_a_share_of_the_population_counts_where_it_is_larger() -> None:
    settings = over_all(BlastRadiusSettings(of=CHECK, max=1, max_percent=10))
    answer = Answer(known=Known.HOLDS, detail="", value=50.0)
    for others, expected in ((4, None), (5, Ruling.DENY)):
        known = facts(
            tallies={settings.tally: tallied(0, targets=others)}, answers={CHECK.key: answer}
        )
        assert ruling(GUARD, settings, a_subject(), known) is expected


def test_without_settings_it_says_nothing_and_counts_nothing() -> None:
    off = TotalBlastRadiusSettings()
    assert ruling(GUARD, off, a_subject(), facts()) is None
    assert GUARD.tallies(off) == ()


def test_a_run_that_has_begun_goes_on() -> None:
    assert ruling(GUARD, TWO, a_subject(acted=True), facts()) is None
