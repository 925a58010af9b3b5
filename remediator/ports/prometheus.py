"""What we ask of a Prometheus: one instant query. Empty is an answer, an error is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One series of an instant vector; a scalar has no labels."""

    labels: Mapping[str, str]
    value: float
    at: float


class Prometheus(Protocol):
    """An instant query."""

    async def query(self, promql: str) -> tuple[Sample, ...]:
        """Return the samples at this moment; raise Transient (unreachable, error answer) or Permanent (bad query)."""
        ...
