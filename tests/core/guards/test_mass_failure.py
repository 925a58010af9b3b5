"""mass_failure: many targets that fall ill together are an outage, for people."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core.facts import Answer, Known
from remediator.core.guards import together_of
from remediator.core.guards.mass_failure import GUARD, MassFailureSettings
from remediator.core.guards.storm import StormSettings
from remediator.core.verdict import Ruling
from remediator.testing.builders import an_order
from tests.core.guards.cases import CHECK, UNKNOWN, a_subject, facts, ruling

FIVE = MassFailureSettings(max=5)
TENTH = MassFailureSettings(of=CHECK, max=3, max_percent=10)


@pytest.mark.parametrize(("count", "expected"), [(0, None), (5, None), (6, Ruling.DENY)])
def test_more_than_so_many_targets_that_fire_together_are_an_outage(count, expected) -> None:
    assert ruling(GUARD, FIVE, a_subject(), facts(firing_together=count)) is expected


def test_also_a_plan_that_people_approved_is_not_carried_out_in_an_outage() -> None:
    subject = a_subject()
    assert subject.plan is not None
    assert ruling(GUARD, FIVE, subject, facts(firing_together=6)) is Ruling.DENY
    assert ruling(GUARD, FIVE, a_subject(acted=True), facts(firing_together=6)) is None


@pytest.mark.parametrize(
    ("population", "count", "expected"),
    [(100.0, 10, None), (100.0, 11, Ruling.DENY), (10.0, 3, None), (10.0, 4, Ruling.DENY)],
)
def test_a_share_of_the_population_counts_where_it_is_larger(population, count, expected) -> None:
    answers = {CHECK.key: Answer(known=Known.HOLDS, detail="", value=population)}
    told = facts(firing_together=count, answers=answers)
    assert ruling(GUARD, TENTH, a_subject(), told) is expected


@pytest.mark.parametrize(
    "answers",
    [{}, {CHECK.key: UNKNOWN}, {CHECK.key: Answer(known=Known.HOLDS, detail="", value=None)}],
    ids=["nobody asked", "unknown", "no number"],
)
def test_a_population_that_is_not_known_is_a_no(answers) -> None:
    assert ruling(GUARD, TENTH, a_subject(), facts(answers=answers)) is Ruling.DENY


def test_a_share_alone_has_no_smallest_number() -> None:
    settings = MassFailureSettings(of=CHECK, max_percent=10)
    answers = {CHECK.key: Answer(known=Known.HOLDS, detail="", value=30.0)}
    for count, expected in ((3, None), (4, Ruling.DENY)):
        told = facts(firing_together=count, answers=answers)
        assert ruling(GUARD, settings, a_subject(), told) is expected


@pytest.mark.parametrize(("guards", "most"), [({}, 10), ({"storm": StormSettings(runs=40)}, 40)])
def test_by_default_it_is_as_many_as_a_storm_has_runs(guards, most) -> None:
    together = together_of(an_order(guards=guards), {})
    assert together is not None
    assert (together.most, together.per) == (most, timedelta(minutes=30))


def test_a_floor_takes_the_careful_half_of_everything() -> None:
    floor = MassFailureSettings(of=CHECK, max_percent=5, per=timedelta(hours=1))
    strict = GUARD.stricter(FIVE, floor)
    assert strict == MassFailureSettings(of=CHECK, max=5, max_percent=5, per=timedelta(hours=1))
