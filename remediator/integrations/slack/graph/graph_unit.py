"""In which unit people read a curve: guessed from the names in its expression, where the guess is safe.

Used by `graph`. A wrong guess would be worse than a bare number, so most things are bare numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from enum import Enum

from remediator.integrations.slack.graph.graph_words import Kind, Words, words_of

_RATES = frozenset({"rate", "irate", "deriv"})
_MEASURE = re.compile(r"_(?:bytes|seconds|total|sum|count|bucket)$")
CUTOFF = 1e15  # beyond this, digits say nothing


class Unit(Enum):
    """A unit, with its scales: what a value is divided by, and what is written behind it."""

    RATIO = ((0.01, " %"),)
    BYTES = ((1, " B"), (1e3, " kB"), (1e6, " MB"), (1e9, " GB"), (1e12, " TB"))
    SPEED = ((1, " B/s"), (1e3, " kB/s"), (1e6, " MB/s"), (1e9, " GB/s"))
    SECONDS = ((1e-3, " ms"), (1, " s"), (60, " min"), (3600, " h"), (86_400, " d"))
    NUMBER = ((1, ""), (1e6, " M"), (1e9, " G"))


Scale = tuple[float, str]


def unit_of(expression: str, values: Iterable[float]) -> Unit:
    """Guess the unit of an expression that has these values (and this limit)."""
    words = words_of(expression) or ()
    names = [word.text.lower() for word in words if word.kind is Kind.NAME]
    measures = [name for name in names if _MEASURE.search(name)]
    if _is_scaled(words):
        return Unit.NUMBER
    if any(name.endswith(("_ratio", ":ratio")) for name in names):
        return Unit.RATIO
    if not _divides(words):
        return _quantity(measures, is_rate=not _RATES.isdisjoint(names))
    if any(name.endswith("_sum") for name in measures):  # an average
        return _quantity(measures, is_rate=False)
    is_part = len({_stem(name) for name in measures}) < 2 and all(0 <= v <= 1 for v in values)
    return Unit.RATIO if is_part else Unit.NUMBER


def scale_of(unit: Unit, largest: float) -> Scale:
    """Return the scale in which values up to `largest` are short."""
    if abs(largest) >= CUTOFF:
        return 1.0, ""
    scales: tuple[Scale, ...] = unit.value
    return max((s for s in scales if s[0] <= abs(largest)), default=scales[0])


def shown(value: float, unit: Unit) -> str:
    """Write one value for people: `6.1 %`, `5.03 GB`, `250 ms`, `12,345`."""
    factor, suffix = scale_of(unit, value)
    return written_number(value / factor) + suffix


def written_number(number: float) -> str:
    """Write a number with the few digits that matter (`99.95` is not 100), and thousands apart."""
    if not math.isfinite(number) or abs(number) >= CUTOFF:
        return f"{number:.3g}"
    if abs(number) >= 1000 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.4g}" if 99 < abs(number) < 100 else f"{number:.3g}"


def _divides(words: Words) -> bool:
    return any(word.kind is Kind.SIGN and word.text == "/" for word in words)


def _is_scaled(words: Words) -> bool:
    """Say whether something is multiplied with or divided by a bare number, as `* 100` or `/ 1024`."""
    return any(
        sign.kind is Kind.SIGN and sign.text in "*/" and Kind.NUMBER in (left.kind, right.kind)
        for left, sign, right in zip(words, words[1:], words[2:], strict=False)
    )


def _quantity(measures: list[str], *, is_rate: bool) -> Unit:
    stems = {_stem(name) for name in measures}
    if stems == {"bytes"}:
        return Unit.SPEED if is_rate else Unit.BYTES
    if stems != {"seconds"}:
        return Unit.NUMBER
    is_use = is_rate and any(name.endswith("_seconds_total") for name in measures)
    return Unit.NUMBER if is_use else Unit.SECONDS


def _stem(name: str) -> str:
    return next((stem for stem in ("bytes", "seconds") if f"_{stem}" in name), "")
