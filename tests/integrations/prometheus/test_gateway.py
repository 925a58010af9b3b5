"""Prometheus's gateway: one contract over the stand-in and the real one, and what only a stand-in can be told to do."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic_core import from_json

from remediator.core.errors import Permanent, Transient
from remediator.integrations.json_api import Endpoint, basic, bearer
from remediator.integrations.prometheus.fake import FakePrometheus
from remediator.integrations.prometheus.gateway import PrometheusGateway
from tests.parts.server import free_port

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

START = datetime(2026, 3, 1, tzinfo=UTC)
LABELLED = 'label_replace(vector(7), "instance", "web1:9100", "", "")'


def teach(fake: FakePrometheus) -> None:
    """Tell the stand-in what a real Prometheus says to the contract's questions."""
    fake.tell("vector(1)", 1)
    fake.tell("vector(0) == 0", 0)
    fake.tell("vector(0) / 0", math.nan)
    fake.tell("vector(1) / 0", math.inf)
    fake.tell("-vector(1) / 0", -math.inf)
    fake.tell("vector(1e300) / 3", 1e300 / 3)
    fake.tell(LABELLED, 7, labels={"instance": "web1:9100"})
    fake.tell_scalar("42", 42)
    fake.tell_scalar("1 > bool 2", 0)
    fake.tell_result('"text"', "string", [time.time(), "text"])
    fake.tell_result("vector(1)[1m:10s]", "matrix", [])


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


ONE = [
    ("vector(1)", 1.0),
    ("vector(0) == 0", 0.0),
    ("vector(1) / 0", math.inf),
    ("-vector(1) / 0", -math.inf),
    ("vector(1e300) / 3", 1e300 / 3),
    ("42", 42.0),
    ("1 > bool 2", 0.0),
]


class TestContract:
    """What holds for the stand-in and for the real Prometheus."""

    @pytest.mark.parametrize(("query", "value"), ONE)
    async def test_a_number_comes_back_as_it_is(
        self, gateway: PrometheusGateway, query: str, value: float
    ) -> None:
        (sample,) = await gateway.query(query)

        assert (sample.value, dict(sample.labels)) == (value, {})
        assert abs(sample.at - time.time()) < 5

    async def test_what_is_not_a_number_stays_a_sample(self, gateway: PrometheusGateway) -> None:
        (sample,) = await gateway.query("vector(0) / 0")

        assert math.isnan(sample.value)

    async def test_labels_come_along(self, gateway: PrometheusGateway) -> None:
        (sample,) = await gateway.query(LABELLED)

        assert dict(sample.labels) == {"instance": "web1:9100"}

    async def test_nothing_is_an_answer(self, gateway: PrometheusGateway) -> None:
        assert await gateway.query("there_is_no_such_metric") == ()

    async def test_a_query_that_cannot_be_read_is_permanent(
        self, gateway: PrometheusGateway
    ) -> None:
        with pytest.raises(Permanent, match=r"bad query: .*parse error"):
            await gateway.query("sum(up")

    @pytest.mark.parametrize("query", ['"text"', "vector(1)[1m:10s]"])
    async def test_texts_and_ranges_are_refused(
        self, gateway: PrometheusGateway, query: str
    ) -> None:
        with pytest.raises(Permanent, match="ask for an instant vector"):
            await gateway.query(query)

    async def test_many_questions_at_once_get_their_own_answers(
        self, gateway: PrometheusGateway
    ) -> None:
        answers = await asyncio.gather(*(gateway.query(query) for query, _ in ONE * 5))

        assert [a[0].value for a in answers] == [value for _, value in ONE * 5]

    async def test_a_hostile_query_is_only_a_query(self, gateway: PrometheusGateway) -> None:
        for query in ("vector(1)&query=up", 'a{b="\x00"}&timeout=0\r\nX: y', "x" * 8000):
            try:
                assert await gateway.query(query) == ()
            except Permanent:
                continue


@pytest.mark.slow
async def test_the_real_one_says_bad_data_for_duplicate_series_only_as_a_failed_look(
    prometheus,
) -> None:
    """Status 422, `execution`: the world's fault as much as the query's, so trying later may help."""
    gateway = PrometheusGateway(Endpoint(url=prometheus.url))
    both = (
        'label_replace(vector(1), "a", "x", "", "") or label_replace(vector(1), "a", "y", "", "")'
    )

    with pytest.raises(Transient, match="status 422"):
        await gateway.query(f"vector(1) * on() ({both})")

    await gateway.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakePrometheus]:
    async with FakePrometheus() as fake:
        teach(fake)
        yield fake


@pytest.fixture
async def quick(fake: FakePrometheus) -> AsyncIterator[PrometheusGateway]:
    gateway = PrometheusGateway(Endpoint(url=fake.url), timeout=timedelta(seconds=0.2))
    yield gateway
    await gateway.close()


async def test_one_that_hangs_is_given_up_in_our_time(
    fake: FakePrometheus, quick: PrometheusGateway
) -> None:
    fake.hang()
    started = time.monotonic()

    with pytest.raises(Transient, match="no answer in time"):
        await quick.query("vector(1)")

    assert time.monotonic() - started < 10


async def test_one_that_recovers_is_asked_again(
    fake: FakePrometheus, quick: PrometheusGateway
) -> None:
    fake.fail()
    with pytest.raises(Transient, match="status 503: told to"):
        await quick.query("vector(1)")

    fake.recover()

    assert len(await quick.query("vector(1)")) == 1


async def test_one_that_is_not_there_is_transient() -> None:
    gateway = PrometheusGateway(Endpoint(url=f"http://127.0.0.1:{free_port()}"))

    with pytest.raises(Transient, match="cannot connect"):
        await gateway.query("vector(1)")

    await gateway.close()


REFUSALS = [
    (400, "bad_data", Permanent),
    (405, "bad_data", Permanent),
    (422, "execution", Transient),
    (429, "too_many_requests", Transient),
    (401, "", Transient),
    (500, "internal", Transient),
    (503, "timeout", Transient),
    (503, "bad_data", Transient),
    (200, "bad_data", Transient),
]


@pytest.mark.parametrize(("status", "kind", "error"), REFUSALS)
async def test_only_bad_data_is_permanent(
    fake: FakePrometheus, quick: PrometheusGateway, status: int, kind: str, error: type[Exception]
) -> None:
    fake.fail(status, kind, "because \x1b[31mof")

    with pytest.raises(error, match="because of"):
        await quick.query("vector(1)")


BODIES = [
    "<html>please log in</html>",
    "",
    "[]",
    "null",
    "[" * 5000,
    '{"status":"success"}',
    '{"status":"success","data":null}',
    '{"status":"success","data":{"resultType":"vector"}}',
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":{}, "value":[1]}]}}',
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":{}, "value":[1,"x"]}]}}',
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":1, "value":[1,"1"]}]}}',
    '{"status":"success","data":{"resultType":"vector","result":[3]}}',
    '{"status":"success","data":{"resultType":"scalar","result":7}}',
    '{"status":"succ',
    '{"status":"success","warnings":5,"data":{"resultType":"vector","result":[]}}',
    '{"status":"success","warnings":{"a":1},"data":{"resultType":"vector","result":[]}}',
    '{"status":"success","warnings":"partial","data":{"resultType":"vector","result":[]}}',
    '{"status":"success","warnings":[5],"data":{"resultType":"vector","result":[]}}',
    '{"status":"error","error":{"a":[[[]]]},"errorType":["x"]}',
    '{"status":"success","data":{"resultType":["vector"],"result":[]}}',
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[NaN,"1"]}]}}',
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":["nan","1"]}]}}',
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,true]}]}}',
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":1},"value":[1,"1"]}]}}',
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":[["a","b"]],"value":[1,"1"]}]}}',
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,1'
    + "0" * 400
    + "]}]}}",
    '{"status":"success","data":{"resultType":"vector","result":"ab"}}',
    '{"status":"success","data":[1]}',
]


@pytest.mark.parametrize("body", BODIES)
async def test_what_is_not_prometheus_is_transient(
    fake: FakePrometheus, quick: PrometheusGateway, body: str
) -> None:
    fake.garble(body)

    with pytest.raises(Transient):
        await quick.query("vector(1)")


@pytest.mark.parametrize("body", BODIES)
async def test_what_is_not_prometheus_is_transient_for_graphs_too(
    fake: FakePrometheus, quick: PrometheusGateway, body: str
) -> None:
    fake.garble(body.replace('"vector"', '"matrix"').replace('"value"', '"values"'))

    with pytest.raises(Transient):
        await quick.query_range(
            "up", start=START, end=START + timedelta(minutes=1), step=timedelta(seconds=15)
        )


async def test_a_large_answer_is_refused_before_it_is_read_and_others_go_on(
    fake: FakePrometheus,
) -> None:
    """17 MB of samples were once read on the loop, which held every webhook up."""
    series = '{"metric":{"instance":"web1"},"value":[1,"1"]},' * 120_000
    answer = (
        '{"status":"success","data":{"resultType":"vector","result":['
        + series
        + '{"metric":{},"value":[1,"1"]}]}}'
    )
    fake.garble(answer)
    gateway = PrometheusGateway(Endpoint(url=fake.url))
    asked = asyncio.create_task(gateway.query("vector(1)"))
    longest = 0.0
    while not asked.done():
        began = time.thread_time()
        await asyncio.sleep(0.001)
        longest = max(longest, time.thread_time() - began)

    with pytest.raises(Transient, match="too large, more than 4 MiB"):
        await asked
    await gateway.close()
    began = time.thread_time()
    from_json(answer)
    assert longest < (time.thread_time() - began) / 2, "the loop did the work of reading it"


async def test_an_answer_without_end_is_cut_off(
    fake: FakePrometheus, quick: PrometheusGateway
) -> None:
    fake.garble("x" * 17_000_000)

    with pytest.raises(Transient, match=r"too large|in time"):
        await quick.query("vector(1)")


async def test_a_partial_answer_is_no_answer(
    fake: FakePrometheus, quick: PrometheusGateway
) -> None:
    fake.warn("1 store is unavailable")

    with pytest.raises(Transient, match="warned: 1 store is unavailable"):
        await quick.query("vector(1)")


async def test_a_hint_about_style_does_not_spoil_an_answer(
    fake: FakePrometheus, quick: PrometheusGateway
) -> None:
    fake.warn("PromQL info: metric might not be a counter")

    assert len(await quick.query("vector(1)")) == 1


async def test_native_histograms_are_refused(
    fake: FakePrometheus, quick: PrometheusGateway
) -> None:
    fake.tell_result("h", "vector", [{"metric": {}, "histogram": [1, {"count": "3"}]}])

    with pytest.raises(Permanent, match="native histograms"):
        await quick.query("h")


async def test_a_redirect_is_not_followed(fake: FakePrometheus, quick: PrometheusGateway) -> None:
    fake.garble("moved", status=307)

    with pytest.raises(Transient, match="status 307"):
        await quick.query("vector(1)")


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        (bearer("t0ken"), "Bearer t0ken"),
        (basic("ana", "pä:ss"), "Basic YW5hOnDDpDpzcw=="),
        ("", None),
    ],
)
async def test_credentials_are_shown(fake: FakePrometheus, header: str, sent: str | None) -> None:
    gateway = PrometheusGateway(Endpoint(url=f"{fake.url}/", authorization=header))

    await gateway.query("vector(1)")

    assert fake.headers[0].get("Authorization") == sent
    await gateway.close()


async def test_credentials_stand_neither_in_errors_nor_in_reprs() -> None:
    endpoint = Endpoint(
        url=f"http://ana:hunter2@127.0.0.1:{free_port()}/?key=hunter2",
        authorization=bearer("hunter2"),
    )
    gateway = PrometheusGateway(endpoint)

    with pytest.raises(Transient) as caught:
        await gateway.query("vector(1)")

    assert "hunter2" not in str(caught.value)
    assert "Bearer" not in repr(endpoint)
    await gateway.close()
