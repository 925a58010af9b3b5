"""Very many lives, spread over processes, and what they reached together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from tests.simulation.law import Cell
from tests.simulation.life import Failed, Life
from tests.simulation.scene import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many lives there were, what occurred in them, and the stories of those that broke a law."""

    lives: int
    cells: Counter[Cell]
    outcomes: Counter[str]
    broken: tuple[str, ...]


def live_through(seeds: range) -> Reach:
    """Live one world per seed."""
    lives = 0
    broken: list[str] = []
    cells: Counter[Cell] = Counter()
    outcomes: Counter[str] = Counter()
    for seed in seeds:
        try:
            law = Life(seed, Rules()).live()
        except Failed as failed:
            broken.append(str(failed))
            continue
        lives += law.lives
        cells.update(law.cells)
        outcomes.update(law.outcomes)
    return Reach(lives=lives, cells=cells, outcomes=outcomes, broken=tuple(broken))


def live_all(worlds: int, processes: int = 2) -> Reach:
    """Live through the seeds 0 … `worlds`, in so many processes of their own (spawned: pytest may have threads)."""
    shares = [range(n, worlds, processes) for n in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return _together(pool.map(live_through, shares))


def _together(parts: Iterable[Reach]) -> Reach:
    lives = 0
    broken: list[str] = []
    cells: Counter[Cell] = Counter()
    outcomes: Counter[str] = Counter()
    for part in parts:
        lives += part.lives
        cells.update(part.cells)
        outcomes.update(part.outcomes)
        broken.extend(part.broken)
    return Reach(lives=lives, cells=cells, outcomes=outcomes, broken=tuple(broken))


def first_broken(rules: Rules, law: str, most: int) -> Failed | None:
    """Return the first life that breaks a law under weakened rules, or None where none of so many does."""
    for seed in range(most):
        try:
            Life(seed, rules).live()
        except Failed as failed:
            if law in failed.law:
                return failed
    return None
