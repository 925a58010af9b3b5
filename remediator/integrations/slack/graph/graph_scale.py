"""The scales of a graph: where its axes begin and end, and what stands beside them. Used by `graph_drawing`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from remediator.integrations.slack.graph.graph_unit import CUTOFF, Unit, scale_of

_INTERVALS = 5
_ROUND, _WHOLE = (1.0, 2.0, 2.5, 5.0), (1.0, 2.0, 5.0)
_SPACINGS = (60, 120, 300, 600, 900, 1800, 3600)
_MOST_TIMES = 8
_FLAT = 1e-9
_WHOLE_RATIO, _ABOVE_WHOLE = 100.0, 104.0  # per cent; nobody wants to read 120 % of a disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """An upright axis: values divided by `factor` lie between `low` and `high`; the labels stand at `places`."""

    factor: float
    low: float
    high: float
    places: tuple[float, ...]
    labels: tuple[str, ...]


def scale_for(values: Sequence[float], unit: Unit) -> Scale:
    """Return the scale on which all these values (at least one, none of them odd) can be seen well."""
    factor, suffix = scale_of(unit, max(map(abs, values)))
    scaled = [value / factor for value in values]
    low, high = _reach(min(scaled), max(scaled))
    if unit is Unit.RATIO and max(scaled) <= _WHOLE_RATIO:
        high = min(high, _ABOVE_WHOLE)
    places = _places(low, high, is_whole=all(value.is_integer() for value in scaled))
    labels = tuple(tick_labels(places, suffix))
    return Scale(factor=factor, low=low, high=high, places=tuple(places), labels=labels)


def times_between(start: float, end: float) -> tuple[int, ...]:
    """Return at most eight round times (seconds since 1970, UTC) between two."""
    fitting = (s for s in _SPACINGS if (end - start) / s <= _MOST_TIMES)
    spacing = next(fitting, _SPACINGS[-1])
    return tuple(range(math.ceil(start / spacing) * spacing, int(end) + 1, spacing))


def tick_labels(places: Iterable[float], suffix: str) -> list[str]:
    """Write the numbers beside an axis with as many digits as they need to be exact."""
    numbers = list(places)
    largest = max((abs(n) for n in numbers), default=0.0)
    if largest >= CUTOFF:
        return [f"{n:.3g}{suffix}" for n in numbers]
    gap = min((b - a for a, b in pairwise(numbers)), default=largest or 1.0)
    digits = next((d for d in range(9) if all(_is_exact(n, d, gap) for n in numbers)), 9)
    return [f"{round(n, digits) + 0.0:,.{digits}f}{suffix}" for n in numbers]


def _reach(low: float, high: float) -> tuple[float, float]:
    """Return where the axis begins and ends: at zero, unless that would flatten the curve."""
    is_flat = high - low <= _FLAT * max(abs(low), abs(high))
    if low >= 0 and (is_flat or low <= high / 2):
        return 0.0, high * 1.14 or 1.0
    span = abs(high) if is_flat else high - low
    return low - span * 0.08, high + span * 0.14


def _places(low: float, high: float, *, is_whole: bool) -> list[float]:
    least = (high - low) / _INTERVALS
    magnitude = 10.0 ** math.floor(math.log10(least))
    numbers = _WHOLE if is_whole and least <= 2.5 else _ROUND
    step = next((n * magnitude for n in numbers if n * magnitude >= least), 10 * magnitude)
    step = max(step, 1.0) if is_whole else step
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _is_exact(number: float, digits: int, gap: float) -> bool:
    return abs(round(number, digits) - number) < abs(gap) * 1e-3
