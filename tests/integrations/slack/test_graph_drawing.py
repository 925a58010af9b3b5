"""What a graph looks like: lines, limits, gaps and names; hostile texts and odd numbers do no harm."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import rc_context, rcParams
from PIL import Image

from remediator.integrations.slack.graph.graph_drawing import png
from remediator.integrations.slack.graph.graph_limit import Limit
from remediator.integrations.slack.graph.graph_sketch import Line, Mark, Sketch
from remediator.integrations.slack.graph.graph_unit import Unit
from remediator.testing.builders import MOMENT

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

NOW = MOMENT
HOSTILE = [
    "$\\frac{1}{0}$",
    "$\\nonsense{$",
    "$",
    "_hidden",
    "<!channel> & *bold*",
    "日本 \U0001f4a9",
    "a\x1b[31mb\u202ec\x00",
    "e" + "\u0301" * 50,
    "W" * 500,
    "%s {0} \\n",
    "",
]


def a_sketch(**changes: Any) -> Sketch:
    end = NOW.timestamp()
    points = tuple((end - 3600 + 60 * n, 0.06 + n / 200) for n in range(61))
    sketch = Sketch(
        title="Disk space low on web1",
        caption='free_bytes{host="web1"} / size_bytes',
        start=end - 3600,
        end=end,
        step=60,
        lines=(Line(name="", points=points),),
    )
    return replace(sketch, **changes)


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content)).convert("RGB")


def reds(content: bytes) -> int:
    """Count the pixels of limits."""
    colours = opened(content).getcolors(256) or []
    return sum(n for n, (red, green, blue) in colours if red > 150 and green < 100 and blue < 100)


def blues(content: bytes) -> int:
    """Count the pixels of the first line."""
    colours = opened(content).getcolors(256) or []
    return sum(n for n, (red, _, blue) in colours if red < 30 and blue > 150)


def test_the_limit_is_a_red_line_with_its_value() -> None:
    limited = a_sketch(limit=Limit(operator=">", number=0.2), unit=Unit.RATIO)

    assert reds(png(limited)) > 300
    assert reds(png(a_sketch())) == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_drawn_as_they_are(text: str) -> None:
    lines = tuple(Line(name=text, points=((NOW.timestamp() - n, 1),)) for n in (1, 2))
    marks = (Mark(at=NOW.timestamp() - 60, words=text),)

    content = png(a_sketch(title=text, caption=text, lines=lines, marks=marks))

    assert opened(content).size == (800, 360)


def test_a_name_that_begins_with_an_underscore_is_in_the_legend() -> None:
    def drawn(name: str) -> bytes:
        lines = a_sketch().lines
        return png(a_sketch(lines=(*lines, replace(lines[0], name=name))))

    assert drawn("_web1") != drawn("_web2")


def test_what_is_missing_is_a_gap() -> None:
    (line,) = a_sketch().lines
    gap = Line(name="", points=line.points[:20] + line.points[40:])

    assert 0 < blues(png(a_sketch(lines=(gap,)))) < 0.8 * blues(png(a_sketch()))


def test_settings_of_matplotlib_change_nothing_and_stay() -> None:
    usual = png(a_sketch())

    with rc_context({"lines.linewidth": 40, "axes.facecolor": "black", "font.size": 30}):
        assert png(a_sketch()) == usual
        assert rcParams["font.size"] == 30


def test_the_fullest_picture_is_small() -> None:
    start = NOW.timestamp() - 3600
    lines = tuple(
        Line(
            name=f"checkout-api-7d9f8b6c5-{n}",
            points=tuple((start + 12 * k, (n + k * 7919 % 11) / 20) for k in range(300)),
        )
        for n in range(8)
    )

    assert len(png(a_sketch(lines=lines, step=12))) < 80_000


NUMBERS = st.floats(-1e30, 1e30).map(lambda v: v if abs(v) > 1e-15 else 0.0)


def lines_of(values: list[list[float]]) -> Iterator[Line]:
    for row in values:
        points = ((NOW.timestamp() - 60 * n, v) for n, v in reversed(list(enumerate(row))))
        yield Line(name="x", points=tuple(points))


@given(
    values=st.lists(st.lists(NUMBERS, min_size=1, max_size=5), min_size=1, max_size=8),
    unit=st.sampled_from(Unit),
    limit=st.none() | st.builds(Limit, operator=st.sampled_from([">", "<=", "=="]), number=NUMBERS),
    marks=st.lists(st.integers(0, 3600), max_size=2),
)
@settings(max_examples=15, deadline=None)
def test_any_numbers_can_be_drawn(
    values: list[list[float]], unit: Unit, limit: Limit | None, marks: list[int]
) -> None:
    moments = sorted(NOW.timestamp() - mark for mark in marks)
    sketch = a_sketch(
        lines=tuple(lines_of(values)),
        unit=unit,
        limit=limit,
        marks=tuple(Mark(at=at, words="changed 09:26") for at in moments),
    )

    assert len(png(sketch)) < 80_000
