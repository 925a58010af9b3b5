"""What we ask of a Prometheus: how things are now, and how they were. Empty is an answer, an error is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from remediator.ports.alert_rules import AlertRule
from remediator.ports.gateways import ReadKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One series of an instant vector; a scalar has no labels."""

    labels: Mapping[str, str]
    value: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series over time: pairs of a moment (seconds since 1970) and a value, oldest first, gaps left out."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


class Prometheus(Protocol):
    """Instant queries and range queries."""

    async def query(self, promql: str) -> tuple[Sample, ...]:
        """Return the samples at this moment; raise Transient (unreachable, error answer) or Permanent (bad query)."""
        ...

    async def query_range(
        self, promql: str, *, start: datetime, end: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        """Return the series from start to end, a point each step (at most 11,000); raise as `query` does."""
        ...


PROMETHEUS: ReadKey[Prometheus] = ReadKey(
    "prometheus", "no Prometheus is set: add `prometheus.url` to the settings"
)


class PrometheusRules(Protocol):
    """The alert rules that a Prometheus evaluates."""

    async def alert_rules(self) -> tuple[AlertRule, ...]:
        """Return them, with its external labels; raise Transient."""
        ...


PROMETHEUS_RULES: ReadKey[PrometheusRules] = ReadKey("prometheus.rules", PROMETHEUS.missing)
