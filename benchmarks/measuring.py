"""What the benchmarks share: medians of five, and one line per figure with its goal and what it is compared with.

`figures.py` reads these lines again, for the tables of `all.py` and `compare.py`.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable

ROUNDS = 5
MET, MISSED = "ok  ", "MISS"


def median(measure: Callable[[], float], rounds: int = ROUNDS) -> float:
    """Return the median of several measurements made in this run."""
    return statistics.median(measure() for _ in range(rounds))


def report(
    what: str, value: float, unit: str, goal: str, *, is_met: bool, beside: str = ""
) -> bool:
    """Print one figure; `beside` is what else was measured in the same run, such as a bare handler."""
    mark = MET if is_met else MISSED
    compared = f"; beside {beside}" if beside else ""
    print(f"{mark} {what}: {value:.3g} {unit} (goal {goal}{compared})", flush=True)
    return is_met


def finish(*figures: bool) -> None:
    """Exit 1 where a goal was missed, so that a reader of the log cannot overlook it."""
    sys.exit(0 if all(figures) else 1)
