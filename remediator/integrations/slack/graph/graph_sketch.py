"""What a graph shows, before it is drawn: `graph` makes the sketch, `graph_drawing` draws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from remediator.integrations.slack.graph.graph_limit import Limit
from remediator.integrations.slack.graph.graph_unit import Unit, shown

_SIGNS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series: its name in the legend, and its points, none of them odd."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment with words."""

    at: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """All that is drawn; times are seconds since 1970, and points further apart than `step` are not joined."""

    title: str
    caption: str
    start: float
    end: float
    step: float
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()
    unit: Unit = Unit.NUMBER
    limit: Limit | None = None


def clock(at: float) -> str:
    """Write a moment as `09:26` (UTC)."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}"


def needs(limit: Limit, unit: Unit) -> str:
    """Say what a limit asks for: `needs > 20 %`."""
    return f"needs {_SIGNS.get(limit.operator, limit.operator)} {shown(limit.number, unit)}"
