"""Range queries of Prometheus's gateway: one contract over the stand-in and the real one, and answers that are none."""

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from remediator.core.errors import Permanent, Transient
from remediator.integrations.json_api import Endpoint
from remediator.integrations.prometheus.api import Series
from remediator.integrations.prometheus.fake import FakePrometheus
from remediator.integrations.prometheus.gateway import PrometheusGateway

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

CLOCK = 'label_replace(vector(time()), "instance", "web1:9100", "", "")'
STEP = timedelta(seconds=10)
HISTORIES: list[tuple[str, list[tuple[float, float]]]] = [
    ("vector(1)", [(1000, 1), (1010, 1), (1020, 1)]),
    ("42", [(1000, 42), (1010, 42), (1020, 42)]),
    ("vector(time())", [(1000, 1000), (1010, 1010), (1020, 1020)]),
    ("vector(time()) > 1010", [(1020, 1020)]),
    ("vector(1) / 0", [(1000, math.inf), (1010, math.inf), (1020, math.inf)]),
    ("there_is_no_such_metric", []),
]
REFUSED: list[tuple[str, float, float]] = [
    ("sum(up", 1010, 10),
    ('"text"', 1010, 10),
    ("vector(1)[1m:10s]", 1010, 10),
    ("vector(1)", 999, 10),
    ("vector(1)", 1010, 0),
    ("vector(1)", 12_002, 1),
]
MATRICES = [
    '[{"metric":{},"values":[[1]]}]',
    '[{"metric":{},"values":[[1,"x"]]}]',
    '[{"metric":{},"values":7}]',
    '[{"metric":7,"values":[]}]',
    '[{"values":[]}]',
    '[{"metric":{}}]',
    "[3]",
    "7",
    "null",
]


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def teach(fake: FakePrometheus) -> None:
    """Tell the stand-in what a real Prometheus says to the contract's questions."""
    fake.tell("vector(1)", 1)
    fake.tell("vector(0) / 0", math.nan)
    fake.tell("vector(1) / 0", math.inf)
    fake.tell_scalar("42", 42)
    fake.tell_result('"text"', "string", [1000, "text"])
    fake.tell_result("vector(1)[1m:10s]", "matrix", [])
    fake.tell_history("vector(time())", lambda at: at)
    fake.tell_history("vector(time()) > 1010", lambda at: at if at > 1010 else None)
    fake.tell_history(CLOCK, lambda at: at, labels={"instance": "web1:9100"})


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.slow)])
async def url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    if request.param == "real":
        yield request.getfixturevalue("prometheus").url
        return
    async with FakePrometheus() as fake:
        teach(fake)
        yield fake.url


@pytest.fixture
async def gateway(url: str) -> AsyncIterator[PrometheusGateway]:
    gateway = PrometheusGateway(Endpoint(url=url))
    yield gateway
    await gateway.close()


async def asked(
    gateway: PrometheusGateway,
    query: str,
    end: float = 1025,
    *,
    start: float = 1000,
    step: timedelta = STEP,
) -> tuple[Series, ...]:
    return await gateway.query_range(query, start=moment(start), end=moment(end), step=step)


class TestContract:
    """What holds for the stand-in and for the real Prometheus."""

    @pytest.mark.parametrize(("query", "points"), HISTORIES)
    async def test_there_is_a_point_each_step_and_none_where_there_was_nothing(
        self, gateway: PrometheusGateway, query: str, points: list[tuple[float, float]]
    ) -> None:
        series = await asked(gateway, query)

        assert [list(one.points) for one in series] == ([points] if points else [])

    async def test_labels_come_along(self, gateway: PrometheusGateway) -> None:
        (series,) = await asked(gateway, CLOCK, end=1001.5)

        assert dict(series.labels) == {"instance": "web1:9100"}
        assert series.points == ((1000, 1000),)

    async def test_parts_of_a_second_are_exact(self, gateway: PrometheusGateway) -> None:
        quarter = timedelta(milliseconds=250)

        (series,) = await asked(gateway, "vector(time())", 1001, start=1000.25, step=quarter)

        assert [at for at, _ in series.points] == [1000.25, 1000.5, 1000.75, 1001]

    async def test_what_is_not_a_number_stays_a_point(self, gateway: PrometheusGateway) -> None:
        (series,) = await asked(gateway, "vector(0) / 0", end=1000)

        assert math.isnan(series.points[0][1])

    @pytest.mark.parametrize(("query", "end", "step"), REFUSED)
    async def test_what_nobody_could_answer_is_permanent(
        self, gateway: PrometheusGateway, query: str, end: float, step: float
    ) -> None:
        with pytest.raises(Permanent, match="bad query: "):
            await asked(gateway, query, end, step=timedelta(seconds=step))

    async def test_as_many_points_as_are_allowed_come_back(
        self, gateway: PrometheusGateway
    ) -> None:
        (series,) = await asked(gateway, "vector(1)", 12_000, step=timedelta(seconds=1))

        assert len(series.points) == 11_001


@pytest.fixture
async def fake() -> AsyncIterator[FakePrometheus]:
    async with FakePrometheus() as fake:
        teach(fake)
        yield fake


@pytest.fixture
async def ours(fake: FakePrometheus) -> AsyncIterator[PrometheusGateway]:
    gateway = PrometheusGateway(Endpoint(url=fake.url))
    yield gateway
    await gateway.close()


@pytest.mark.parametrize("result", MATRICES)
async def test_an_answer_in_another_shape_is_transient(
    fake: FakePrometheus, ours: PrometheusGateway, result: str
) -> None:
    fake.garble(f'{{"status":"success","data":{{"resultType":"matrix","result":{result}}}}}')

    with pytest.raises(Transient, match="not the result of a range query"):
        await asked(ours, "vector(1)")


@pytest.mark.parametrize("body", ["", "[]", '{"status":"success"}', "<html>please log in</html>"])
async def test_what_is_not_prometheus_is_transient(
    fake: FakePrometheus, ours: PrometheusGateway, body: str
) -> None:
    fake.garble(body)

    with pytest.raises(Transient):
        await asked(ours, "vector(1)")


async def test_an_instant_answer_to_a_range_query_is_transient(
    fake: FakePrometheus, ours: PrometheusGateway
) -> None:
    fake.garble({"status": "success", "data": {"resultType": "vector", "result": []}})

    with pytest.raises(Transient, match="not the result of a range query"):
        await asked(ours, "vector(1)")


async def test_native_histograms_are_refused(fake: FakePrometheus, ours: PrometheusGateway) -> None:
    entry = {"metric": {}, "histograms": [[1, {"count": "3"}]]}
    fake.garble({"status": "success", "data": {"resultType": "matrix", "result": [entry]}})

    with pytest.raises(Permanent, match="native histograms"):
        await asked(ours, "h")


async def test_half_an_answer_is_none(fake: FakePrometheus, ours: PrometheusGateway) -> None:
    fake.warn("1 store is unavailable")

    with pytest.raises(Transient, match="warned: 1 store is unavailable"):
        await asked(ours, "vector(1)")


async def test_a_failure_is_transient(fake: FakePrometheus, ours: PrometheusGateway) -> None:
    fake.fail(503, "timeout")

    with pytest.raises(Transient, match="status 503"):
        await asked(ours, "vector(1)")
