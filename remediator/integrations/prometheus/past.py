"""What a Prometheus remembers: the edges of `ALERTS`, and the answers of queries at a time.

Edges are asked for on the server (`ALERTS unless ALERTS offset STEP`), so that an answer is as large as the number of
alerts, and not as the time. An episode shorter than a step is missed; a gap shorter than five minutes is closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known
from remediator.core.order import Order
from remediator.core.playbook import CheckOrder
from remediator.integrations.prometheus.api import PROMETHEUS, Prometheus, Sample, Series
from remediator.ports.check import Question
from remediator.ports.gateways import Reads
from remediator.ports.past import Memory, Past, Stretch

STEP = timedelta(minutes=1)
MOST_STEPS = 10_000  # Prometheus refuses more than 11,000
SHORT = timedelta(minutes=5)
_FIRING = 'ALERTS{alertstate="firing",alertname!~"Watchdog|InfoInhibitor"}'
_OFFSET = f"{int(STEP.total_seconds())}s"
_STARTS = f"{_FIRING} unless {_FIRING} offset {_OFFSET}"
_ENDS = f"{_FIRING} offset {_OFFSET} unless {_FIRING}"
_OWN = ("__name__", "alertstate")
_NOT_KNOWN = (
    "Prometheus keeps no annotations, no external labels (`cluster`) and no alert relabelling: matchers on them do not"
    " match here",
    "silences, inhibitions and the waiting of Alertmanager's groups are not in ALERTS: alerts may have been fewer",
    f"alerts that fired for less than {_OFFSET} may be missing; times are exact to {_OFFSET}",
)
_Labels = tuple[tuple[str, str], ...]


async def fired(reads: Reads, since: datetime, until: datetime) -> Past:
    """Return every stretch in which an alert fired; raise as queries do."""
    prometheus = reads[PROMETHEUS]
    starts, ends = (
        defaultdict[_Labels, list[datetime]](list),
        defaultdict[_Labels, list[datetime]](list),
    )
    first = await prometheus.query_range(_FIRING, start=since, end=since, step=STEP)
    for labels, _ in _points(first):
        starts[labels].append(since)
    for begin, end in _pieces(since + STEP, until):
        for found, query in ((starts, _STARTS), (ends, _ENDS)):
            series = await prometheus.query_range(query, start=begin, end=end, step=STEP)
            for labels, at in _points(series):
                found[labels].append(at)
    joined, stretches = 0, list[Stretch]()
    for labels, begun in starts.items():
        more, gaps = _stretches(labels, begun, ends[labels])
        stretches += more
        joined += gaps
    known = (*_NOT_KNOWN, f"{joined} gaps of less than 5m were closed") if joined else _NOT_KNOWN
    return Past(stretches=tuple(sorted(stretches, key=lambda s: s.start)), not_known=known)


def _pieces(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield pieces of a time, each of which one range query may ask for."""
    while since <= until:
        end = min(since + STEP * MOST_STEPS, until)
        yield since, end
        since = end + STEP


def _points(series: Sequence[Series]) -> Iterator[tuple[_Labels, datetime]]:
    for each in series:
        labels = tuple(sorted((k, v) for k, v in each.labels.items() if k not in _OWN))
        for at, _ in each.points:
            yield labels, datetime.fromtimestamp(at, UTC)


def _stretches(
    labels: _Labels, starts: Sequence[datetime], ends: Sequence[datetime]
) -> tuple[list[Stretch], int]:
    """Put starts and ends together; return the stretches, and how many short gaps were closed between them."""
    found: list[Stretch] = []
    joined = 0
    for start in sorted(starts):
        end = min((each for each in ends if each > start), default=None)
        last = found[-1] if found else None
        if last and (last.end is None or start - last.end < SHORT):
            joined += last.end is not None and start > last.end
            found[-1] = Stretch(labels=dict(labels), start=last.start, end=end)
        else:
            found.append(Stretch(labels=dict(labels), start=start, end=end))
    return found, joined


class _Then:
    """A Prometheus that is asked about one moment of the past."""

    def __init__(self, prometheus: Prometheus, at: datetime) -> None:
        self._prometheus, self._at = prometheus, at

    async def query(self, promql: str) -> tuple[Sample, ...]:
        series = await self.query_range(promql, start=self._at, end=self._at, step=STEP)
        return tuple(
            Sample(labels=each.labels, value=value, at=at)
            for each in series
            for at, value in each.points
        )

    async def query_range(
        self, promql: str, *, start: datetime, end: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        return await self._prometheus.query_range(promql, start=start, end=end, step=step)


async def asked(reads: Reads, check: CheckOrder, order: Order, at: datetime) -> Answer | None:
    """Return what a query would have said; None for other checks, and where the server does not answer or know."""
    if check.kind != "promql":
        return None
    # Only a replay comes here; what reads PromQL is not loaded by those who ask nothing.
    from remediator.integrations.prometheus.checks.promql import PromqlChecker, PromqlParameters

    parameters = PromqlParameters.model_validate(dict(check.parameters))
    question = Question(parameters=parameters, alert=order.alert, target=order.target, now=at)
    try:
        answer = await PromqlChecker(_Then(reads[PROMETHEUS], at)).ask(question)
    except ActionError:
        return None
    return None if answer.known is Known.UNKNOWN else answer


MEMORY = Memory(fired=fired, asked=asked)
