"""The check `promql`: does a query hold now?

PromQL knows no truth, so this file decides what counts. A comparison without `bool` is a filter: what passes it counts,
whatever its value (`errors == 0` holds with samples of value 0). Anything else (`up`, `x > bool 3`, `count(…)`) must be
non-zero, every sample of it. NaN, an error and a stale answer are unknown.

No sample at all does not hold, as long as there was something to decide on: where a comparison's own sides have no
series either, because an exporter died or a label moved, nobody knows (`promql_absence`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from remediator.core.errors import ActionError, Missing
from remediator.core.facts import Answer, Known, unknown
from remediator.core.plaintext import one_line
from remediator.integrations.prometheus.api import PROMETHEUS, Prometheus, Sample
from remediator.integrations.prometheus.checks.promql_absence import Absence, Found, compares
from remediator.integrations.prometheus.knowledge.promql_reading import doubts_about
from remediator.integrations.prometheus.knowledge.promql_tree import lets_pass, parse_promql
from remediator.integrations.prometheus.knowledge.published_rules import stricter
from remediator.ports.check import Check, Doubt, Question
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters

FRESH = timedelta(minutes=5)


class PromqlParameters(Parameters):
    """A PromQL expression whose result is an instant vector or a scalar."""

    query: Annotated[str, Field(min_length=1, max_length=8192)]


@dataclass(frozen=True, slots=True)
class PromqlChecker:
    """Asks Prometheus, where there is one."""

    prometheus: Prometheus

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        query = PromqlParameters.of(question.parameters).query
        try:
            return await _asked(self.prometheus, query, question.now)
        except Missing as error:
            return unknown(error.detail)
        except ActionError as error:
            return unknown(one_line(f"Prometheus gave no answer: {error.detail}"))


async def _asked(prometheus: Prometheus, query: str, now: datetime) -> Answer:
    samples = await prometheus.query(query)
    answer = judged(samples, is_filter=is_filter(query), now=now)
    whole = parse_promql(query)
    if whole is None:
        return answer if samples else _unread(query, answer)
    if answer.known is Known.UNKNOWN or not compares(whole):
        return answer
    absence = Absence(prometheus.query)
    if not samples:
        return _empty(await absence.of(whole), now)
    doubt = await absence.doubt(whole) if answer.known is Known.HOLDS else None
    return unknown(one_line(f"{answer.detail}, but {doubt.detail}")) if doubt else answer


def _empty(found: Found, now: datetime) -> Answer:
    """Return what an empty answer means."""
    if found.known is Known.HOLDS:
        return Answer(known=Known.HOLDS, detail=one_line(found.detail), value=0.0, at=now)
    detail = f"no samples: {found.detail}" if found.detail else "no samples"
    return Answer(known=found.known, detail=one_line(detail))


def _unread(query: str, answer: Answer) -> Answer:
    """An empty answer to a query that could not be taken apart: where it may compare, nobody knows."""
    if any(mark in query for mark in "<>=!") or "unless" in query.lower():
        return unknown(
            "no samples, and the query is too unusual to see whether its series are there"
        )
    return answer


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
    whole = parse_promql(query)
    return whole is not None and lets_pass(whole)


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


def _stricter(parameters: Mapping[str, object], names: Callable[[str], bool]) -> str:
    return stricter(str(parameters["query"]), names)


def _doubts(parameters: Mapping[str, object]) -> Iterable[Doubt]:
    for code, message, hint in doubts_about(str(parameters["query"])):
        yield Doubt(parameter="query", code=code, message=message, hint=hint)


def _checker(reads: Reads) -> PromqlChecker:
    return PromqlChecker(reads[PROMETHEUS])


CHECKS = (
    Check(
        name="promql",
        doc="The query returns samples now, and none of them is zero (a filtering comparison may return zeros).",
        parameters=PromqlParameters,
        shorthand="query",
        example='promql: up{instance="{{ labels.instance }}"} == 1',
        checker=_checker,
        promql=("query",),
        stricter=_stricter,
        doubts=_doubts,
    ),
)
