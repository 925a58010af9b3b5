"""Draws a sketch as a PNG with matplotlib: the only file that knows it. Blocking; `graph` calls it on a thread.

Dark on white, 800 × 360. Texts hold label values: they are drawn as plain text, never as formulas, and what the
font cannot draw becomes a box. Nothing of a `matplotlibrc` counts.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from remediator.integrations.slack.graph.graph_limit import Limit
from remediator.integrations.slack.graph.graph_scale import Scale, scale_for, times_between
from remediator.integrations.slack.graph.graph_sketch import Line, Sketch, clock, needs
from remediator.integrations.slack.graph.graph_unit import Unit, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, DPI = 800, 360, 100
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#8c564b", "#5f5f5f", "#000000")
_INK, _FAINT, _RULE, _ALARM = "#1d1c1d", "#616061", "#e4e4e4", "#b3261e"
_STYLE: dict[Any, object] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 8,
    "text.color": _INK,
    "text.parse_math": False,
    "xtick.color": _FAINT,
    "ytick.color": _FAINT,
    "axes.edgecolor": _RULE,
    "axes.unicode_minus": False,
}
_TOP, _BOTTOM, _EDGE = 288, 30, 16  # pixels
_LETTER, _BOLD_LETTER, _LEGEND_ROW = 6.5, 8.0, 17
_SPARSE = 40


def png(sketch: Sketch) -> bytes:
    """Draw; raise ImportError without matplotlib, and OSError where it finds no place for its font cache."""
    from matplotlib import rc_context, rcdefaults, rcParams
    from matplotlib.figure import Figure

    with rc_context():
        rcdefaults()
        rcParams.update(_STYLE)
        figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="white")
        _headings(figure, sketch)
        _plot(figure, sketch, floor=_legend(figure, sketch))
        return _compressed(figure)


def _headings(figure: Figure, sketch: Sketch) -> None:
    end = datetime.fromtimestamp(sketch.end, UTC)
    day = f"{end.day} {end:%b %Y}, UTC"
    left, right = _EDGE / WIDTH, 1 - _EDGE / WIDTH
    figure.text(left, 1 - 14 / HEIGHT, _inert(sketch.title), size=11, weight="bold", va="top")
    figure.text(left, 1 - 36 / HEIGHT, _inert(sketch.caption), size=7.5, color=_FAINT, va="top")
    blank = {"facecolor": "white", "linewidth": 0, "pad": 12}  # over a title that is too long
    where = (right, 1 - 16 / HEIGHT)
    figure.text(*where, day, color=_FAINT, ha="right", va="top", bbox=blank, zorder=4)


def _legend(figure: Figure, sketch: Sketch) -> int:
    """Name the lines below the plot where there are several; return how many pixels that takes."""
    from matplotlib.lines import Line2D

    if len(sketch.lines) < 2:
        return 0
    names = [_inert(f"{one.name}  {shown(one.points[-1][1], sketch.unit)}") for one in sketch.lines]
    widest = max(map(len, names)) * _LETTER + 40
    columns = max(1, min(4, len(names), int((WIDTH - 32) / widest)))
    columns = max(columns, math.ceil(len(names) / 4))
    keys = [Line2D([], [], color=COLOURS[n % len(COLOURS)], linewidth=2) for n in range(len(names))]
    figure.legend(
        keys,
        names,
        loc="lower left",
        bbox_to_anchor=(8 / WIDTH, 2 / HEIGHT),
        ncols=columns,
        frameon=False,
        borderpad=0.3,
        handlelength=1.4,
    )
    return 6 + _LEGEND_ROW * math.ceil(len(names) / columns)


def _plot(figure: Figure, sketch: Sketch, *, floor: int) -> None:
    values = [value for line in sketch.lines for _, value in line.points]
    values += [sketch.limit.number] if sketch.limit else []
    scale = scale_for(values, sketch.unit)
    axes = _axes(figure, sketch, scale, bottom=_BOTTOM + floor)
    if sketch.limit:
        _draw_limit(axes, sketch.limit, scale, sketch.unit)
    for number, line in enumerate(sketch.lines):
        colour = COLOURS[number % len(COLOURS)]
        _draw_line(axes, line, factor=scale.factor, step=sketch.step, colour=colour)
    if len(sketch.lines) == 1:
        at, value = sketch.lines[0].points[-1]
        _write_last(axes, at, value / scale.factor, shown(value, sketch.unit))
    _draw_marks(figure, axes, sketch)


def _axes(figure: Figure, sketch: Sketch, scale: Scale, *, bottom: int) -> Axes:
    last = shown(sketch.lines[0].points[-1][1], sketch.unit) if len(sketch.lines) == 1 else ""
    left = max(66, _EDGE + 8 + _LETTER * max(map(len, scale.labels), default=0))
    right = WIDTH - max(3 * _EDGE, _EDGE + 8 + _BOLD_LETTER * len(last))
    box = (left / WIDTH, bottom / HEIGHT, (right - left) / WIDTH, (_TOP - bottom) / HEIGHT)
    axes = figure.add_axes(box)
    axes.set_xlim(sketch.start, sketch.end)
    axes.set_ylim(scale.low, scale.high)
    axes.set_yticks(scale.places, labels=scale.labels)
    times = times_between(sketch.start, sketch.end)
    axes.set_xticks(times, labels=[clock(t) for t in times])
    axes.grid(axis="y", color=_RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, pad=6)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    return axes


def _draw_line(axes: Axes, line: Line, *, factor: float, step: float, colour: str) -> None:
    times: list[float] = []
    values: list[float] = []
    for at, value in line.points:
        if times and at - times[-1] > step * 1.5:
            times.append(at)
            values.append(math.nan)
        times.append(at)
        values.append(value / factor)
    dot = "o" if len(line.points) < _SPARSE else ""
    axes.plot(times, values, color=colour, linewidth=1.8, marker=dot, markersize=2.5, zorder=3)


def _write_last(axes: Axes, at: float, value: float, text: str) -> None:
    axes.plot([at], [value], "o", color=COLOURS[0], markersize=5, clip_on=False, zorder=4)
    axes.annotate(
        text,
        (at, value),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        size=9,
        weight="bold",
        color=COLOURS[0],
        annotation_clip=False,
    )


def _draw_limit(axes: Axes, limit: Limit, scale: Scale, unit: Unit) -> None:
    """Draw the limit, and tint the side on which the check does not hold."""
    place = limit.number / scale.factor
    axes.axhline(place, color=_ALARM, linewidth=1.2, linestyle=(0, (5, 3)), zorder=2)
    bad = {">": scale.low, ">=": scale.low, "<": scale.high, "<=": scale.high}
    if (edge := bad.get(limit.operator)) is not None:
        axes.axhspan(edge, place, color=_ALARM, alpha=0.05, linewidth=0, zorder=0)
    is_high = place > scale.low + 0.9 * (scale.high - scale.low)
    axes.annotate(
        needs(limit, unit),
        (axes.get_xlim()[0], place),
        xytext=(4, -4 if is_high else 4),
        textcoords="offset points",
        va="top" if is_high else "bottom",
        color=_ALARM,
        bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1},
        zorder=5,
    )


def _draw_marks(figure: Figure, axes: Axes, sketch: Sketch) -> None:
    """Draw upright lines with their words above."""
    box = axes.get_position()
    spots = []
    for mark in sketch.marks:
        axes.axvline(mark.at, color=_INK, linewidth=1, linestyle=(0, (1, 2)), zorder=2)
        share = (mark.at - sketch.start) / (sketch.end - sketch.start)
        spots.append((WIDTH * (box.x0 + box.width * share), _LETTER * len(mark.words)))
    for mark, place in zip(sketch.marks, _apart(spots), strict=True):
        figure.text(place / WIDTH, (_TOP + 5) / HEIGHT, _inert(mark.words))


def _apart(spots: list[tuple[float, float]]) -> list[float]:
    """Return where words of these widths begin: the first left of its line, the next right, none hidden."""
    places: list[float] = []
    for number, (line, width) in enumerate(spots):
        wanted = line if number else line - width
        places.append(min(max(wanted, 8), WIDTH - 8 - width))
    if len(spots) < 2:
        return places
    overlap = places[0] + spots[0][1] + 10 - places[1]
    if overlap > 0 and places[0] - overlap >= 8:
        places[0] -= overlap
    elif overlap > 0:
        places[1] += overlap
    return places


def _compressed(figure: Figure) -> bytes:
    """Save with a palette, which curves and letters do not suffer from: a third of the bytes."""
    from PIL import Image  # matplotlib needs it too

    raw, small = BytesIO(), BytesIO()
    figure.savefig(raw, format="png")
    image = Image.open(raw).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    image.save(small, format="png", optimize=True)
    return small.getvalue()


def _inert(text: str) -> str:
    """Return the text with a box for every character that the font cannot draw."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    known = get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap()
    return "".join(c if ord(c) in known else "□" for c in text)
