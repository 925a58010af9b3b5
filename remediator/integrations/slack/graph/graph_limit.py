"""The limit in a verification's query: `a / b > 0.2` is drawn as `a / b`, with a line at 0.2.

Drawn as it stands, a comparison would leave a gap wherever it does not hold. Used by `graph`.
"""

from __future__ import annotations

from dataclasses import dataclass

from remediator.integrations.slack.graph.graph_words import (
    Kind,
    Words,
    number_of,
    outermost,
    unwrapped,
    words_of,
    written,
)

_SETS = frozenset({"and", "or", "unless"})
_MODIFIERS = frozenset({"on", "ignoring", "group_left", "group_right"})
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a value is compared with: `operator` stands between the value and `number`."""

    operator: str
    number: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What can be drawn of a query: an expression without gaps, and the limit where there is one."""

    expression: str
    limit: Limit | None = None


def limit_of(promql: str) -> tuple[str, str, float] | None:
    """Return expression, operator and limit where the query is, beyond doubt, one comparison with a number."""
    curve = curve_of(promql)
    if curve is None or curve.limit is None:
        return None
    return curve.expression, curve.limit.operator, curve.limit.number


def curve_of(promql: str) -> Curve | None:
    """Return what can be drawn of a query; None for comparisons that leave gaps and for what we cannot read."""
    words = words_of(promql)
    if words is None:
        return None
    words = unwrapped(words)
    top = outermost(words)
    if any(word.text.lower() in _SETS for _, word in top if word.kind is Kind.NAME):
        return None if _compares(words) else Curve(expression=written(words))
    places = [n for n, word in top if word.kind is Kind.COMPARISON]
    if not places:
        return Curve(expression=written(words))
    return _compared(words, places[0]) if len(places) == 1 else None


def _compared(words: Words, place: int) -> Curve | None:
    left, operator, right = words[:place], words[place].text, words[place + 1 :]
    if right and right[0].text.lower() == "bool":
        right = right[1:]
    if not left or not right or right[0].text.lower() in _MODIFIERS:
        return None
    before, after = number_of(left), number_of(right)
    if before is None and after is not None and not _is_odd_number(left):
        return Curve(expression=written(left), limit=Limit(operator=operator, number=after))
    if before is not None and after is None and not _is_odd_number(right):
        mirrored = _MIRRORED.get(operator, operator)
        return Curve(expression=written(right), limit=Limit(operator=mirrored, number=before))
    return None


def _compares(words: Words) -> bool:
    """Say whether there is a comparison anywhere; in braces, `!=` is none."""
    braces = 0
    for word in words:
        braces += (word.text == "{") - (word.text == "}")
        if word.kind is Kind.COMPARISON and not braces:
            return True
    return False


def _is_odd_number(words: Words) -> bool:
    """Say whether these words are nothing but `Inf` or `NaN`."""
    return all(w.kind is Kind.SIGN or w.text.lower() in ("inf", "nan") for w in words)
