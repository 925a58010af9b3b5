"""limits: several windows at once, each over a target, a playbook or everything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core.facts import Counted, Scope, Tallied
from remediator.core.guards.limits import GUARD, Limit, LimitsSettings
from remediator.core.verdict import Ruling
from remediator.testing.builders import MOMENT
from tests.core.guards.cases import a_subject, facts, ruling, tallied

DAILY = Limit(max=3, per=timedelta(days=1), by=Scope.TARGET)
HOURLY = Limit(max=20, per=timedelta(hours=1), by=Scope.PLAYBOOK)
BOTH = LimitsSettings(limits=(DAILY, HOURLY))


@pytest.mark.parametrize(
    ("on_target", "by_playbook", "expected"),
    [
        (0, 0, None),
        (2, 19, None),
        (3, 0, Ruling.DENY),
        (4, 0, Ruling.DENY),
        (0, 20, Ruling.DENY),
        (None, 0, Ruling.DENY),
        (0, None, Ruling.DENY),
    ],
)
def test_each_limit_denies_when_it_is_used_up_or_not_known(
    on_target: int | None, by_playbook: int | None, expected: Ruling | None
) -> None:
    counts = {DAILY.tally: on_target, HOURLY.tally: by_playbook}
    known = {tally: tallied(count) for tally, count in counts.items() if count is not None}
    assert ruling(GUARD, BOTH, a_subject(), facts(tallies=known)) is expected


def test_the_reason_has_the_numbers_and_the_moment_at_which_there_is_room() -> None:
    oldest = MOMENT - timedelta(hours=20)
    used = {DAILY.tally: Tallied(count=3, oldest=oldest), HOURLY.tally: Tallied()}
    verdict = GUARD.judge(BOTH, a_subject(), facts(tallies=used))
    assert verdict is not None
    assert verdict.reason == "3 runs in the last 1d for this target, the limit is 3"
    assert verdict.numbers["count"] == 3
    assert verdict.until == MOMENT + timedelta(hours=4)


def test_a_limit_over_everything_reads_as_a_sentence() -> None:
    settings = LimitsSettings(limits=(Limit(max=1, per=timedelta(hours=1), by=Scope.ALL),))
    used = {settings.limits[0].tally: tallied(1)}
    verdict = GUARD.judge(settings, a_subject(), facts(tallies=used))
    assert verdict is not None
    assert "for all playbooks" in verdict.reason


def test_a_run_that_has_begun_was_counted_already() -> None:
    assert ruling(GUARD, BOTH, a_subject(acted=True), facts()) is None


def test_a_limit_of_nothing_lets_nothing_through() -> None:
    settings = LimitsSettings(limits=(Limit(max=0, per=timedelta(hours=1)),))
    used = {settings.limits[0].tally: tallied(0)}
    assert ruling(GUARD, settings, a_subject(), facts(tallies=used)) is Ruling.DENY


def test_it_asks_for_what_runs_have_acted_over_each_window() -> None:
    assert [(t.counted, t.scope, t.per) for t in GUARD.tallies(BOTH)] == [
        (Counted.ACTED, Scope.TARGET, timedelta(days=1)),
        (Counted.ACTED, Scope.PLAYBOOK, timedelta(hours=1)),
    ]


def test_a_floor_adds_its_limits_to_a_playbooks_own() -> None:
    own, floor = LimitsSettings(limits=(DAILY,)), LimitsSettings(limits=(DAILY, HOURLY))
    assert GUARD.stricter(own, floor).limits == (DAILY, HOURLY)
