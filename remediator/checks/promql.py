"""The check `promql`: does a query hold now?

PromQL knows no truth, so this file decides what counts. A comparison without `bool` is a filter: what passes it counts,
whatever its value (`errors == 0` holds with samples of value 0). Anything else (`up`, `x > bool 3`, `count(…)`) must be
non-zero, every sample of it. No sample at all does not hold. NaN, an error and a stale answer are unknown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Field

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known
from remediator.core.plaintext import one_line
from remediator.ports.check import Check, Question
from remediator.ports.parameters import Parameters
from remediator.ports.prometheus import Prometheus, Sample

FRESH = timedelta(minutes=5)
_DEEPEST = 50
_TEXTS = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*", re.DOTALL)
_TOKENS = re.compile(r"[a-z0-9_:.]+|[=!]=|[<>]=?|[(){}\[\]]|[-+*/%^@]")
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


class PromqlParameters(Parameters):
    """A PromQL expression whose result is an instant vector or a scalar."""

    query: Annotated[str, Field(min_length=1, max_length=8192)]


@dataclass(frozen=True, slots=True)
class PromqlChecker:
    """Asks Prometheus, where there is one."""

    prometheus: Prometheus | None

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        if self.prometheus is None:
            return _unknown("no Prometheus is set: add `prometheus.url` to the settings")
        query = question.parameters.query
        try:
            samples = await self.prometheus.query(query)
        except ActionError as error:
            return _unknown(one_line(f"Prometheus gave no answer: {error.detail}"))
        return judged(samples, is_filter=is_filter(query), now=question.now)


def judged(samples: Sequence[Sample], *, is_filter: bool, now: datetime) -> Answer:
    """Return what these samples mean; the answer's value is the sample's where there is exactly one."""
    if not samples:
        return Answer(known=Known.FAILS, detail="no samples")
    value = samples[0].value if len(samples) == 1 else None
    known, detail = _meaning(samples, is_filter, now)
    number = None if value is None or math.isnan(value) else value
    return Answer(known=known, detail=one_line(detail), value=number, at=now)


def is_filter(query: str) -> bool:
    """Say whether what the query returns has passed a comparison without `bool`, as PromQL's precedence has it."""
    tokens = _TOKENS.findall(_TEXTS.sub(" ", query).lower())
    return _is_filter(tokens, 0)


def _is_filter(tokens: list[str], depth: int) -> bool:
    if depth > _DEEPEST:
        return False
    if alternatives := _split(tokens, frozenset({"or"})):
        return all(_is_filter(part, depth + 1) for part in alternatives)
    if sides := _split(tokens, frozenset({"and", "unless"})):
        return _is_filter(sides[0], depth + 1)
    outer = _outermost(tokens)
    last = max((n for n, token in outer if token in _COMPARISONS), default=None)
    if last is not None:
        return tokens[last + 1 : last + 2] != ["bool"]
    if len(outer) == 2 and tokens[0] == "(" and tokens[-1] == ")":
        return _is_filter(tokens[1:-1], depth + 1)
    return False


def _split(tokens: list[str], words: frozenset[str]) -> list[list[str]]:
    """Return the parts between these words outside all brackets, or nothing where there is none of them."""
    places = [n for n, token in _outermost(tokens) if token in words]
    edges = [-1, *places, len(tokens)]
    return [tokens[a + 1 : b] for a, b in pairwise(edges)] if places else []


def _outermost(tokens: list[str]) -> list[tuple[int, str]]:
    """Return the tokens outside all brackets with their places; the outermost brackets themselves are among them."""
    found, depth = [], 0
    for n, token in enumerate(tokens):
        depth -= token in _CLOSING
        if depth == 0:
            found.append((n, token))
        depth += token in _OPENING
    return found


def _meaning(samples: Sequence[Sample], is_filter: bool, now: datetime) -> tuple[Known, str]:
    count = "1 sample" if len(samples) == 1 else f"{len(samples)} samples"
    if stale := next(
        (s for s in samples if abs(now.timestamp() - s.at) > FRESH.total_seconds()), None
    ):
        return (
            Known.UNKNOWN,
            f"stale: Prometheus answers for {stale.at:.0f}, now is {now:%H:%M:%S} UTC",
        )
    if nothing := next((s for s in samples if math.isnan(s.value)), None):
        return Known.UNKNOWN, f"{count}, not a number{_named(nothing)}"
    zero = next((s for s in samples if s.value == 0), None)
    if zero and not is_filter:
        return Known.FAILS, f"{count}, 0{_named(zero)}"
    return Known.HOLDS, f"{count}, {samples[0].value:g}{_named(samples[0])}"


def _named(sample: Sample) -> str:
    labels = ", ".join(f"{k}={v!r}" for k, v in sample.labels.items() if k != "__name__")
    name = sample.labels.get("__name__", "")
    return f" for {name}{{{labels}}}" if name or labels else ""


def _unknown(detail: str) -> Answer:
    return Answer(known=Known.UNKNOWN, detail=detail)


def _checker(gateways: Mapping[str, Any]) -> PromqlChecker:
    return PromqlChecker(gateways.get("prometheus"))


CHECKS = (
    Check(
        name="promql",
        doc="The query returns samples now, and none of them is zero (a filtering comparison may return zeros).",
        parameters=PromqlParameters,
        shorthand="query",
        example='promql: up{instance="{{ labels.instance }}"} == 1',
        checker=_checker,
        promql=("query",),
    ),
)
