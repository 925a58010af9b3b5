"""Graphs: what is asked of Prometheus, what is sketched, and that nothing ever waits for a picture."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from remediator.core.card import Card, card_of
from remediator.integrations.json_api import Endpoint
from remediator.integrations.prometheus.api import Series
from remediator.integrations.prometheus.fake import FakePrometheus
from remediator.integrations.prometheus.gateway import PrometheusGateway
from remediator.integrations.slack.graph.graph import Picture, can_draw, picture, sketch_of, window
from remediator.integrations.slack.graph.graph_limit import Limit, curve_of
from remediator.integrations.slack.graph.graph_sketch import Sketch
from remediator.integrations.slack.graph.graph_unit import Unit
from remediator.testing.builders import MOMENT, a_run, an_alert, an_order

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

NOW = MOMENT
START = NOW - timedelta(hours=1)
FREE = 'free_bytes{host="web1"} / size_bytes'
QUERY = f"{FREE} > 0.2"
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


def a_card(*queries: str, **changes: Any) -> Card:
    order = an_order(alert=an_alert(starts_at=NOW - timedelta(minutes=20)))
    card = replace(card_of(a_run(order=order), NOW), queries=queries or (QUERY,))
    return replace(card, **changes)


def a_series(*values: float, **labels: str) -> Series:
    """Return a series with a value each minute, the last one now."""
    start = NOW.timestamp() - 60 * (len(values) - 1)
    return Series(labels=labels, points=tuple((start + 60 * n, v) for n, v in enumerate(values)))


def sketched(query: str, *series: Series, card: Card | None = None) -> Sketch:
    curve = curve_of(query)
    assert curve is not None
    return sketch_of(card or a_card(), curve, series, start=START, end=NOW)


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content)).convert("RGB")


@pytest.fixture
async def fake() -> AsyncIterator[FakePrometheus]:
    async with FakePrometheus() as fake:
        yield fake


@pytest.fixture
async def gateway(fake: FakePrometheus) -> AsyncIterator[PrometheusGateway]:
    gateway = PrometheusGateway(Endpoint(url=fake.url))
    yield gateway
    await gateway.close()


class TestPicture:
    """From a card to a PNG, over a Prometheus that answers as told."""

    async def test_the_comparison_is_left_out_of_what_is_asked(
        self, fake: FakePrometheus, gateway: PrometheusGateway
    ) -> None:
        fake.tell(FREE, 0.29)

        drawn = await picture(gateway, a_card(), NOW)

        assert fake.queries == [FREE]
        assert isinstance(drawn, Picture)
        assert drawn.name == f"{a_card().run}.png"
        assert drawn.title == "Disk space low on web1: the last 1h20m"
        assert drawn.alt == (
            "Disk space low on web1, 08:06 to 09:26 UTC: "
            "between 29 % and 29 %, last 29 %; needs > 20 %; alert 09:06"
        )

    async def test_it_has_the_size_that_slack_shows_well(
        self, fake: FakePrometheus, gateway: PrometheusGateway
    ) -> None:
        fake.tell(FREE, *(n / 10 for n in range(9)))

        drawn = await picture(gateway, a_card(), NOW)

        assert drawn is not None
        assert opened(drawn.png).size == (800, 360)
        assert 2000 < len(drawn.png) < 80_000

    async def test_the_first_query_that_can_be_drawn_is(
        self, fake: FakePrometheus, gateway: PrometheusGateway
    ) -> None:
        fake.tell("c", 1)
        card = a_card("a > b", "gone > 1", "sum(", "bad{} > 2", "c > 0", "d > 0")
        fake.tell_result("bad{}", "string", [0, "text"])

        drawn = await picture(gateway, card, NOW)

        assert drawn is not None
        assert fake.queries == ["gone", "bad{}", "c"]

    @pytest.mark.parametrize("values", [(), (float("nan"),), (float("inf"), float("-inf"))])
    async def test_without_numbers_there_is_none(
        self, fake: FakePrometheus, gateway: PrometheusGateway, values: tuple[float, ...]
    ) -> None:
        fake.tell(FREE, *values)

        assert await picture(gateway, a_card(), NOW) is None

    async def test_without_a_query_nobody_is_asked(
        self, fake: FakePrometheus, gateway: PrometheusGateway
    ) -> None:
        assert await picture(gateway, replace(a_card(), queries=()), NOW) is None
        assert fake.queries == []

    async def test_a_prometheus_that_fails_costs_the_picture_only(
        self, fake: FakePrometheus, gateway: PrometheusGateway
    ) -> None:
        fake.fail()

        assert await picture(gateway, a_card(), NOW) is None

    async def test_a_prometheus_that_hangs_is_given_up(
        self, fake: FakePrometheus, gateway: PrometheusGateway
    ) -> None:
        fake.hang()
        started = time.monotonic()

        drawn = await picture(gateway, a_card(), NOW, deadline=timedelta(seconds=0.2))

        assert drawn is None
        assert time.monotonic() - started < 10

    async def test_without_matplotlib_there_is_none(
        self,
        fake: FakePrometheus,
        gateway: PrometheusGateway,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        assert can_draw()
        monkeypatch.setitem(sys.modules, "matplotlib", None)

        assert not can_draw()
        assert await picture(gateway, a_card(), NOW) is None
        assert fake.queries == []

    async def test_the_event_loop_goes_on_while_it_is_drawn(
        self, fake: FakePrometheus, gateway: PrometheusGateway
    ) -> None:
        fake.tell(FREE, 0.1)
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0.001)
                turns += 1

        async with asyncio.TaskGroup() as group:
            turning = group.create_task(turn())
            drawn = [await picture(gateway, a_card(), NOW) for _ in range(4)]
            turning.cancel()

        assert None not in drawn
        assert turns > 30

    async def test_many_at_once_are_drawn_one_after_the_other(
        self, fake: FakePrometheus, gateway: PrometheusGateway
    ) -> None:
        fake.tell_by(lambda query: float(query.removeprefix("m")))
        cards = [a_card(f"m{n}", run=f"run_{n}") for n in range(8)]

        drawn = await asyncio.gather(*(picture(gateway, card, NOW) for card in cards))

        assert [p.name for p in drawn if p] == [f"run_{n}.png" for n in range(8)]
        assert [f"last {n};" in p.alt for n, p in enumerate(drawn) if p] == [True] * 8

    @pytest.mark.slow
    async def test_a_real_prometheus_tells_enough(self, prometheus: Any) -> None:
        gateway = PrometheusGateway(Endpoint(url=prometheus.url))
        labelled = 'label_replace(vector(time() % 600), "a", "$\\\\alpha", "", "")'

        drawn = await picture(gateway, a_card(f"{labelled} < 10m"), datetime.now(UTC))

        await gateway.close()
        assert drawn is not None
        assert "needs < 600" in drawn.alt


def test_matplotlib_is_loaded_with_the_first_picture_only() -> None:
    code = (
        "import sys, remediator.integrations.slack.graph.graph; print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


EARLY = datetime.min.replace(tzinfo=UTC)
WINDOWS = [
    (timedelta(minutes=20), timedelta(minutes=80)),
    (timedelta(0), timedelta(hours=1)),
    (timedelta(hours=5), timedelta(hours=6)),
    (timedelta(days=40), timedelta(hours=6)),
    (-timedelta(days=1), timedelta(minutes=10)),
]


@pytest.mark.parametrize(("age", "length"), WINDOWS)
def test_a_graph_begins_an_hour_before_the_alert_and_has_at_most_300_points(
    age: timedelta, length: timedelta
) -> None:
    start, step = window(NOW - age, NOW)

    assert abs((NOW - start) - length) <= timedelta(seconds=1)
    assert (NOW - start) / step < 300


def test_an_alert_without_a_beginning_has_a_window() -> None:
    assert window(EARLY, NOW)[0] == (NOW - timedelta(hours=6)).replace(microsecond=0)


class TestSketch:
    """What is shown, before it is drawn."""

    def test_the_limit_and_the_unit_come_from_the_query(self) -> None:
        sketch = sketched(QUERY, a_series(0.1, 0.3))

        assert sketch.limit == Limit(operator=">", number=0.2)
        assert sketch.unit is Unit.RATIO

    def test_of_many_series_the_worst_are_shown(self) -> None:
        late = a_series(0.5, 0.1, host="late")
        long = a_series(0.1, 0.1, 0.5, host="long")
        fine = [a_series(0.5, 0.6, host=f"fine{n}") for n in range(9)]

        sketch = sketched(QUERY, *fine, long, late)

        assert [line.name for line in sketch.lines[:2]] == ["late", "long"]
        assert len(sketch.lines) == 8
        assert sketch.caption.startswith("8 of 11 series: free_bytes")

    def test_without_a_limit_the_highest_are_shown(self) -> None:
        sketch = sketched("x", *(a_series(n, host=str(n)) for n in range(10)))

        assert [line.name for line in sketch.lines] == ["9", "8", "7", "6", "5", "4", "3", "2"]

    def test_series_are_named_by_what_tells_them_apart(self) -> None:
        one = a_series(1, job="node", instance="web1", device="sda")
        two = a_series(1, job="node", instance="web2", device="sdb")
        bare = a_series(1, job="node")

        sketch = sketched("x", one, two, bare)

        assert [line.name for line in sketch.lines] == ["sda · web1", "sdb · web2", "(no label)"]

    def test_the_alert_and_the_change_are_marked_where_they_are_in_sight(self) -> None:
        changed = a_card(changed_at=NOW - timedelta(minutes=5))
        old = a_card(since=NOW - timedelta(days=1), changed_at=NOW + timedelta(minutes=1))

        assert [m.words for m in sketched(QUERY, a_series(1), card=changed).marks] == [
            "alert 09:06",
            "changed 09:21",
        ]
        assert sketched(QUERY, a_series(1), card=old).marks == ()

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_texts_are_short_and_on_one_line(self, text: str) -> None:
        series = [a_series(1, host=text), a_series(2, host="web1")]

        sketch = sketched(f"x{{a={text!r}}}", *series, card=a_card(headline=text))

        texts = [sketch.title, sketch.caption, *(line.name for line in sketch.lines)]
        assert all(len(t) <= 125 and t.isprintable() for t in texts)
