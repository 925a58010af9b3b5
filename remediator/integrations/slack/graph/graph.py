"""The picture in a run's thread: the verification's query over the last hours. Used by Slack's deliverer.

A picture is never worth a delay: whatever is missing or slow (matplotlib, Prometheus, samples), there is none.
"""

from __future__ import annotations

import asyncio
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec

from remediator.core.card import Card
from remediator.core.duration import format_duration
from remediator.core.errors import ActionError
from remediator.core.plaintext import one_line
from remediator.integrations.prometheus.api import Prometheus, Series
from remediator.integrations.slack.graph.graph_drawing import png
from remediator.integrations.slack.graph.graph_limit import Curve, Limit, curve_of
from remediator.integrations.slack.graph.graph_sketch import Line, Mark, Sketch, clock, needs
from remediator.integrations.slack.graph.graph_unit import shown, unit_of

DEADLINE = timedelta(seconds=8)
MOST_LINES = 8
_BEFORE, _LONGEST, _SHORTEST = timedelta(hours=1), timedelta(hours=6), timedelta(minutes=10)
_MOST_POINTS = 300
_LARGEST, _SMALLEST = 1e30, 1e-15  # what is beyond is not worth a look, or zero
_NAME_LENGTH, _TITLE_LENGTH, _CAPTION_LENGTH = 30, 70, 125
_MEETS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
# One drawing at a time, and none on the event loop (docs/decisions/0011). The thread begins with the first picture.
_EASEL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="remediator-graph")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A PNG: its file name, a title, and what is to be seen, in words. Plain texts, with label values in them."""

    name: str
    title: str
    png: bytes
    alt: str


def can_draw() -> bool:
    """Say whether the extra `graphs` is installed."""
    return find_spec("matplotlib") is not None


async def picture(
    prometheus: Prometheus, card: Card, now: datetime, *, deadline: timedelta = DEADLINE
) -> Picture | None:
    """Draw the first query of the card that can be drawn, up to `now` (when the message was made), or return None.

    Asks Prometheus, changes nothing, and may be repeated.
    """
    if not card.queries or not can_draw():
        return None
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            return await _picture(prometheus, card, now)
    except TimeoutError:
        return None


async def _picture(prometheus: Prometheus, card: Card, now: datetime) -> Picture | None:
    start, step = window(card.since, now)
    for curve in filter(None, map(curve_of, card.queries)):
        series = await _history(prometheus, curve, start=start, end=now, step=step)
        if not series:
            continue
        sketch = sketch_of(card, curve, series, start=start, end=now)
        content = await asyncio.get_running_loop().run_in_executor(_EASEL, _drawn, sketch)
        title = f"{sketch.title}: the last {format_duration(now - start)}"
        alt = _alt(sketch)
        return (
            Picture(name=f"{card.run}.png", title=title, png=content, alt=alt) if content else None
        )
    return None


def _drawn(sketch: Sketch) -> bytes | None:
    try:
        return png(sketch)
    except (ImportError, OSError, ValueError, RuntimeError, ArithmeticError):
        return None  # matplotlib is no reason to repeat a delivery


async def _history(
    prometheus: Prometheus, curve: Curve, *, start: datetime, end: datetime, step: timedelta
) -> tuple[Series, ...]:
    """Return what can be drawn: series with at least one point, and no odd numbers."""
    try:
        found = await prometheus.query_range(curve.expression, start=start, end=end, step=step)
    except ActionError:
        return ()
    cleaned = (Series(labels=s.labels, points=_sound(s.points)) for s in found)
    return tuple(series for series in cleaned if series.points)


def window(since: datetime, now: datetime) -> tuple[datetime, timedelta]:
    """Return where a graph begins (an hour before the alert, at most six hours ago) and the time between its points."""
    start = max(since, now - _LONGEST + _BEFORE) - _BEFORE
    start = min(start, now - _SHORTEST).replace(microsecond=0)
    return start, timedelta(seconds=math.ceil((now - start).total_seconds() / (_MOST_POINTS - 1)))


def sketch_of(
    card: Card, curve: Curve, series: Sequence[Series], *, start: datetime, end: datetime
) -> Sketch:
    """Put together what is drawn."""
    _, step = window(card.since, end)
    worst = sorted(series, key=lambda one: _rank(one, curve.limit))[:MOST_LINES]
    names = _names(worst)
    lines = tuple(Line(name=n, points=s.points) for n, s in zip(names, worst, strict=True))
    numbers = [value for line in lines for _, value in line.points]
    numbers += [curve.limit.number] if curve.limit else []
    hidden = f"{len(worst)} of {len(series)} series: " if len(worst) < len(series) else ""
    return Sketch(
        title=one_line(card.headline, _TITLE_LENGTH),
        caption=one_line(hidden + curve.expression, _CAPTION_LENGTH),
        start=start.timestamp(),
        end=end.timestamp(),
        step=step.total_seconds(),
        lines=lines,
        marks=_marks(card, start, end),
        unit=unit_of(curve.expression, numbers),
        limit=curve.limit,
    )


def _sound(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    finite = ((at, v) for at, v in points if math.isfinite(v) and abs(v) < _LARGEST)
    return tuple((at, v if abs(v) > _SMALLEST else 0.0) for at, v in finite)


def _rank(series: Series, limit: Limit | None) -> tuple[bool, float]:
    """Put those first that miss the limit at the end, then those that missed it longest; without one, the highest."""
    values = [value for _, value in series.points]
    if limit is None:
        return True, -max(values)
    meets = _MEETS[limit.operator]
    return meets(values[-1], limit.number), -sum(not meets(v, limit.number) for v in values)


def _names(series: Sequence[Series]) -> list[str]:
    """Name series by the labels in which they differ."""
    keys = sorted({key for one in series for key in one.labels})
    differing = [k for k in keys if len({one.labels.get(k, "") for one in series}) > 1]
    return [_name([one.labels.get(key, "") for key in differing]) for one in series]


def _name(values: list[str]) -> str:
    return one_line(" · ".join(value for value in values if value), _NAME_LENGTH) or "(no label)"


def _marks(card: Card, start: datetime, end: datetime) -> tuple[Mark, ...]:
    moments = (("alert", card.since), ("changed", card.changed_at))
    marks = (
        Mark(at=at.timestamp(), words=f"{word} {clock(at.timestamp())}")
        for word, at in moments
        if at is not None and start <= at <= end
    )
    return tuple(sorted(marks, key=lambda mark: mark.at))


def _alt(sketch: Sketch) -> str:
    values = [value for line in sketch.lines for _, value in line.points]
    low, high, last = (
        shown(v, sketch.unit) for v in (min(values), max(values), sketch.lines[0].points[-1][1])
    )
    is_one = len(sketch.lines) == 1
    course = f"between {low} and {high}" + (f", last {last}" if is_one else "")
    parts = [course if is_one else f"{len(sketch.lines)} series {course}"]
    parts += [needs(sketch.limit, sketch.unit)] if sketch.limit else []
    parts += [mark.words for mark in sketch.marks]
    when = f"{clock(sketch.start)} to {clock(sketch.end)} UTC"
    return f"{sketch.title}, {when}: {'; '.join(parts)}"
