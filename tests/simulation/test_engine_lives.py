"""Random lives of the whole engine: its real loops over real tables, with crashes, lost leases, late clicks and lies.

test_simulation.py proves the core with a runner and a recorder of its own; here they are the ones that people run.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from tests.simulation.engine_law import EngineLaw
from tests.simulation.engine_life import EngineLife

SHARES, WORLDS = 1, 12
EVENTS = {
    *("admitted", "judged", "step_skipped", "planned", "plan_confirmed", "approval_requested"),
    *("voted", "answer_refused", "intent_committed", "applied", "not_applied", "doubted"),
    *("observed", "verification_started", "looked", "alert_resolved", "closed"),
}
OUTCOMES = {"resolved", "unresolved", "blocked", "withdrawn"}


@cache
def lived(share: int, worlds: int = WORLDS) -> tuple[EngineLaw, ...]:
    """Live one share of the worlds; the first one that breaks a law tells its seed and its story."""
    return tuple(EngineLife(seed).live() for seed in range(share * worlds, (share + 1) * worlds))


@pytest.mark.parametrize("share", range(SHARES))
def test_no_life_of_the_real_engine_breaks_a_law(share: int) -> None:
    laws = lived(share)

    assert sum(law.lives for law in laws) > 30
    kinds = Counter(kind for law in laws for kind, _, _ in law.cells)
    outcomes = Counter(outcome for law in laws for outcome in law.outcomes)
    assert not EVENTS - set(kinds)
    assert not OUTCOMES - set(outcomes)


def test_one_seed_is_one_life() -> None:
    first, second = EngineLife(29), EngineLife(29)
    first.live()
    second.live()

    assert first.story() == second.story()


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("share", range(4))
def test_no_life_of_very_many_breaks_a_law(share: int) -> None:
    laws = lived(4 + share, worlds=150)

    assert sum(law.lives for law in laws) > 1000
