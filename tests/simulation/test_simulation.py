"""Three thousand random lives (twenty in the slow suite): no law breaks, and all that can happen does happen.

The controls switch one rule of the protocol off each: the same lives must then break the law that it serves.
"""

from __future__ import annotations

import time
from dataclasses import fields
from functools import cache

import pytest

from remediator.core.events import EVENTS, Outcome
from remediator.core.transitions import TRANSITIONS
from tests.simulation.crowd import Reach, first_broken, live_all
from tests.simulation.law import Cell
from tests.simulation.life import Life
from tests.simulation.scene import Rules

WORLDS = 450
LIVES = 1_450
MANY_WORLDS, MANY_LIVES = 5_900, 20_000

# `next_effect` never asks for these: nobody looks at the world while people think about a plan.
NEVER: set[Cell] = {("plan_voided", "awaiting_approval", "planning")}


def kind_of(event: type) -> str:
    """How an event is called in the journal."""
    return str({each.name: each.default for each in fields(event)}["kind"])


@cache
def reach() -> Reach:
    """Very many lives, once for all tests of this file that ask what they reach."""
    began = time.monotonic()
    reached = live_all(MANY_WORLDS)
    print(f"{reached.lives} lives in {time.monotonic() - began:.1f} s")
    return reached


def test_no_life_breaks_an_invariant() -> None:
    reached = live_all(WORLDS)
    assert not reached.broken, reached.broken[0]
    assert reached.lives >= LIVES


@pytest.mark.slow
def test_no_life_of_very_many_breaks_an_invariant() -> None:
    assert not reach().broken, reach().broken[0]
    assert reach().lives >= MANY_LIVES


@pytest.mark.slow
def test_every_kind_of_event_happens() -> None:
    happened = {kind for kind, _, _ in reach().cells}
    assert happened == {kind_of(event) for event in EVENTS}


@pytest.mark.slow
def test_every_outcome_happens() -> None:
    assert set(reach().outcomes) == {outcome.value for outcome in Outcome}


@pytest.mark.slow
def test_every_cell_of_the_transition_table_is_reached_but_the_ones_named_here() -> None:
    table = {
        (kind_of(event), before.value, after.value)
        for event, row in TRANSITIONS.items()
        for before, afters in row.items()
        for after in afters
    }
    assert table - set(reach().cells) == NEVER


def test_one_seed_is_one_story() -> None:
    first, second = Life(7, Rules()), Life(7, Rules())
    first.live()
    second.live()
    assert first.story() == second.story()


@pytest.mark.parametrize(
    ("rules", "law"),
    [
        (Rules(looks_first=False), "apply is never called twice without an observe between"),
        (Rules(heeds_guards=False), "nothing is applied under deny or defer"),
        (Rules(compares_digest=False), "the approved digest is the current one"),
        (Rules(takes_holds=False), "at most one acting run per target"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_a_protocol_without_one_of_its_rules_is_caught(rules: Rules, law: str) -> None:
    assert first_broken(rules, law, most=1000), "nobody noticed"


def test_a_broken_life_tells_its_seed_and_its_journal() -> None:
    failed = first_broken(Rules(heeds_guards=False), "deny or defer", most=1000)
    assert str(failed).startswith("seed ")
    assert "IntentCommitted(" in str(failed)
