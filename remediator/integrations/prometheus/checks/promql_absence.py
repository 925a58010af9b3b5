"""Why a query returned nothing: because what it asks about is not so, or because the series are not there at all.

`x > 0` returns nothing where x is 0, and where x vanished with its exporter. So the parts are asked: each side of a
comparison, of `and`, `or`, `unless` and of arithmetic. A part without series makes the answer unknown. For `promql`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from remediator.core.facts import Known
from remediator.integrations.prometheus.api import Sample
from remediator.integrations.prometheus.knowledge.promql_tree import (
    COMPARISONS,
    Binary,
    Brackets,
    Call,
    Leaf,
    Part,
    Shifted,
    Sign,
    inside,
    is_constant,
    number_of,
    operators,
)

MOST_QUESTIONS = 16
_ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
_DECIDE = COMPARISONS | {"and", "unless"}
_SUMS = frozenset({"count", "sum"})
_ABSENCE = frozenset({"absent", "absent_over_time"})
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}

Query = Callable[[str], Awaitable[Sequence[Sample]]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a part of a query comes to: it has a value, it has none though its series are there, or nobody knows."""

    known: Known
    detail: str = ""


_HAS_A_VALUE = Found(Known.HOLDS)


def compares(part: Part) -> bool:
    """Say whether a query decides anything, so that an empty answer may mean that there was nothing to decide on.

    Bare series, and bare series `or` others, ask for nothing but their presence.
    """
    return any(each.operator in _DECIDE for each in operators(part))


@dataclass(slots=True)
class Absence:
    """Asks about the parts of one query; each text is asked once."""

    query: Query
    _asked: dict[str, Found] = field(default_factory=dict)

    async def of(self, part: Part) -> Found:
        """Say what a part means that returned nothing. HOLDS only where a count of nothing is what was asked for."""
        match part:
            case Brackets(inner=inner) | Sign(inner=inner):
                return await self.of(inner)
            case Shifted(inner=inner, is_range=is_range) if is_range or not isinstance(inner, Leaf):
                return await self._shifted(part, inner)
            case Call():
                return await self._call(part)
            case Binary(operator="or"):
                return _first(await self._sides(part), Known.UNKNOWN, Known.FAILS)
            case Binary(operator="unless"):
                left = await self.state(part.left)
                return Found(Known.FAILS) if left.known is Known.HOLDS else left
            case Binary():
                return await self._pair(part)
        return self._bare(part)

    async def doubt(self, part: Part) -> Found | None:
        """Say why an answer that is there may be none: what would have been taken away by `unless` is not known."""
        match part:
            case Brackets(inner=inner) | Sign(inner=inner):
                return await self.doubt(inner)
            case Binary(operator="unless") if compares(part.right):
                taken = await self.state(part.right)
                return taken if taken.known is Known.UNKNOWN else await self.doubt(part.left)
            case Binary(operator="or"):
                return None
            case Binary():
                return await self.doubt(part.left) or await self.doubt(part.right)
        return None

    async def state(self, part: Part) -> Found:
        """Ask for a part, and behind it where it returns nothing."""
        if is_constant(part):
            return _HAS_A_VALUE
        if part.text not in self._asked:
            self._asked[part.text] = await self._ask(part)
        return self._asked[part.text]

    async def _ask(self, part: Part) -> Found:
        if len(self._asked) >= MOST_QUESTIONS:
            return Found(Known.UNKNOWN, "the query has too many parts to ask about each")
        self._asked[part.text] = Found(Known.UNKNOWN)  # counts while it is under way
        samples = await self.query(part.text)
        if not samples:
            return await self.of(part)
        if all(math.isnan(sample.value) for sample in samples):
            return Found(Known.UNKNOWN, f"not a number: {part.text}")
        return _HAS_A_VALUE

    async def _sides(self, part: Binary) -> tuple[Found, Found]:
        return await self.state(part.left), await self.state(part.right)

    async def _pair(self, part: Binary) -> Found:
        """A comparison, `and`, or arithmetic: what is not so on one side is not so at all."""
        if found := await self._counted(part):
            return found
        sides = await self._sides(part)
        worst = _first(sides, Known.FAILS, Known.UNKNOWN)
        if worst.known is not Known.HOLDS:
            return worst
        if part.operator == "and":
            return await self._together(part)
        if is_constant(part.left) or is_constant(part.right):
            return Found(Known.FAILS if part.is_filter else Known.UNKNOWN)
        if part.is_filter and await self.query(_with_bool(part)):
            return Found(Known.FAILS)
        return Found(Known.UNKNOWN, f"the two sides have no series in common: {part.text}")

    async def _together(self, part: Binary) -> Found:
        """Both sides of an `and` have a value, but not for the same series: are there series that have both?"""
        both = part.joined(_unfiltered(part.left), _unfiltered(part.right))
        if await self.query(both):
            return Found(Known.FAILS)
        return Found(Known.UNKNOWN, f"the two sides have no series in common: {part.text}")

    async def _counted(self, part: Binary) -> Found | None:
        """PromQL's count of nothing is nothing. Where the series are there and none passes, it is 0, as is the sum."""
        call, number = inside(part.left), number_of(part.right)
        if part.operator not in COMPARISONS or not _is_sum(call) or number is None:
            return None
        found = await self.state(call)
        if found.known is not Known.FAILS:
            return None
        holds = _COMPARE[part.operator](0, number)
        return Found(Known.HOLDS if holds else Known.FAILS, f"0, for nothing passes in {call.text}")

    async def _call(self, call: Call) -> Found:
        if call.name in _ABSENCE or is_constant(call):
            return Found(Known.FAILS)
        asked = [each for each in call.arguments if not is_constant(each)]
        if not any(compares(each) or _is_alerts(each) for each in asked):
            return Found(Known.UNKNOWN, f"no series: {call.text}")
        sides = tuple([await self._argument(each) for each in asked])
        worst = _first(sides, Known.FAILS, Known.UNKNOWN)
        if worst.known is not Known.HOLDS:
            return worst
        return Found(Known.UNKNOWN, f"no answer for {call.text}")

    async def _argument(self, part: Part) -> Found:
        is_range = isinstance(part, Shifted) and part.is_range
        return await (self.of(part) if is_range else self.state(part))

    async def _shifted(self, part: Part, inner: Part) -> Found:
        """What stands under a range cannot be asked for as it is: ask what it is made of, now."""
        if isinstance(inner, Leaf | Shifted) and not compares(inner):
            return self._bare(inner, part.text)
        found = await self.state(inner)
        return Found(Known.FAILS) if found.known is Known.HOLDS else found

    def _bare(self, part: Part, text: str = "") -> Found:
        if _is_alerts(part) or is_constant(part):
            return Found(Known.FAILS)
        return Found(Known.UNKNOWN, f"no series: {text or part.text}")


def _first(found: Sequence[Found], *order: Known) -> Found:
    """Return the first finding of the first of these kinds that there is; else that there is a value."""
    for known in order:
        for each in found:
            if each.known is known:
                return each
    return _HAS_A_VALUE


def _is_sum(part: Part) -> bool:
    return isinstance(part, Call) and part.name in _SUMS and not part.is_grouped


def _is_alerts(part: Part) -> bool:
    """Say whether these are series that Prometheus itself keeps only while an alert is there."""
    if isinstance(part, Leaf):
        return part.name in _ALERTS
    return isinstance(part, Brackets | Shifted) and _is_alerts(part.inner)


def _with_bool(part: Binary) -> str:
    """Return a comparison that answers 0 or 1 for each pair, instead of only letting pass."""
    return part.joined(part.left.text, part.right.text, operator=f"{part.operator} bool")


def _unfiltered(part: Part) -> str:
    """Return what a part would be if all its comparisons let everything pass: which series there are at all."""
    bare = inside(part)
    if not isinstance(bare, Binary):
        return part.text
    if bare.is_filter:
        side = bare.right if is_constant(bare.left) else bare.left
        return _unfiltered(side)
    if bare.operator in ("and", "or"):
        return bare.joined(_unfiltered(bare.left), _unfiltered(bare.right))
    return _unfiltered(bare.left) if bare.operator == "unless" else part.text
