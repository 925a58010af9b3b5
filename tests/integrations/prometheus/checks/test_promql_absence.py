"""A series that vanished is not "does not hold": what an empty answer means, by a stand-in and by a real Prometheus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from remediator.core.facts import Answer, Known
from remediator.core.target import Target
from remediator.integrations.json_api import Endpoint
from remediator.integrations.prometheus.checks.promql import CHECKS, PromqlParameters
from remediator.integrations.prometheus.fake import FakePrometheus
from remediator.integrations.prometheus.gateway import PrometheusGateway
from remediator.ports.check import Question
from remediator.testing.builders import an_alert
from tests.bound import reads_of
from tests.parts.cluster import wait_until
from tests.parts.prometheus import Prometheus
from tests.parts.require import require

HOLDS, FAILS, UNKNOWN = Known.HOLDS, Known.FAILS, Known.UNKNOWN

RULES = """
groups:
  - name: series
    interval: 1s
    rules:
      - {record: zero, expr: vector(0), labels: {instance: web1}}
      - {record: five, expr: vector(5), labels: {instance: web1}}
      - {record: other, expr: vector(5), labels: {instance: web2}}
      - {record: nan, expr: vector(0) / 0, labels: {instance: web1}}
"""

ANSWERS = [
    # a comparison of what is there, and of what is not
    ("zero > 0", FAILS),
    ("gone > 0", UNKNOWN),
    ("five > 0", HOLDS),
    ('zero{instance="web9"} > 0', UNKNOWN),
    ("0 < gone", UNKNOWN),
    ("0 < zero", FAILS),
    ("(gone > 0)", UNKNOWN),
    ("-gone > 0", UNKNOWN),
    ("gone > bool 0", UNKNOWN),
    ("zero > bool 0", FAILS),
    ("2 < gone < 9", UNKNOWN),
    ("2 < zero < 9", FAILS),
    ("gone offset 0s > 0", UNKNOWN),
    ("nan > 0", UNKNOWN),
    # arithmetic on its left
    ("zero / five > 0.5", FAILS),
    ("gone / five < 0.5", UNKNOWN),
    ("five / gone < 0.5", UNKNOWN),
    ("five / on(instance) other < 0.5", UNKNOWN),
    ("(five > 9) / five > 0.5", FAILS),
    # the other side
    ("zero > five", FAILS),
    ("five > gone", UNKNOWN),
    ("five > on(instance) other", UNKNOWN),
    ("zero > on() group_left() other", FAILS),
    ("zero > scalar(gone)", UNKNOWN),
    # functions and aggregations
    ("rate(gone[5m]) > 0", UNKNOWN),
    ("max_over_time(zero[30s]) > 0", FAILS),
    ("max_over_time((zero > 0)[10s:1s]) > 0", FAILS),
    ("max_over_time((gone > 0)[10s:1s]) > 0", UNKNOWN),
    ("sum by (instance) (gone) > 0", UNKNOWN),
    ("sum by (instance) (zero) > 0", FAILS),
    ("avg(zero > 0) > 3", FAILS),
    ("avg(gone > 0) > 3", UNKNOWN),
    # and, or, unless
    ("zero > 0 and five > 0", FAILS),
    ("five > 0 and gone > 0", UNKNOWN),
    ("gone > 0 and five > 0", UNKNOWN),
    ("zero > 0 and gone > 0", FAILS),
    ("five > 0 and on(instance) other > 0", UNKNOWN),
    ("five > 0 and on() other > 0", HOLDS),
    ("zero > 0 or five > 9", FAILS),
    ("gone > 0 or five > 9", UNKNOWN),
    ("gone > 0 or five > 3", HOLDS),
    ("five > 0 unless zero > 0", HOLDS),
    ("five > 0 unless five > 3", FAILS),
    ("gone > 0 unless five > 3", UNKNOWN),
    ("five > 0 unless gone > 0", UNKNOWN),
    ("five > 0 unless on(instance) gone", HOLDS),
    # what asks for presence goes on as before
    ("gone", FAILS),
    ("gone or missing", FAILS),
    ("sum(gone)", FAILS),
    ("absent(five)", FAILS),
    ("absent(gone)", HOLDS),
    ("absent(five) == 1", FAILS),
    ("absent(gone) == 1", HOLDS),
    ("absent(five > 9)", HOLDS),
    ("count(five > 9) == 0", HOLDS),
    ("count(five > 9) > 0", FAILS),
    ("count(five > 3) == 0", FAILS),
    ("count(five > 3) == 1", HOLDS),
    ("count(gone > 9) == 0", UNKNOWN),
    ("sum(five == bool 5) < 1", FAILS),
    ("sum(five == 9) < 1", HOLDS),
    ("(count(gone) or vector(0)) == 0", HOLDS),
    ("(sum(gone) or vector(0)) > 0", FAILS),
    ('ALERTS{alertname="Upgrade",alertstate="firing"} == 1', FAILS),
    ('count(ALERTS{alertname="Upgrade"}) > 0', FAILS),
    ('count(ALERTS{alertname="Upgrade"}) == 0', HOLDS),
    ("vector(1) > 2", FAILS),
    ("vector(time()) < 0", FAILS),
    ("hour() > 24", FAILS),
    ("hour() > 24 and gone > 0", FAILS),
]


def taught(fake: FakePrometheus) -> None:
    """Tell the stand-in what a real Prometheus says to a few of the questions, part by part."""
    fake.tell("zero", 0, labels={"instance": "web1"})
    fake.tell("five", 5, labels={"instance": "web1"})
    fake.tell("five > 0", 5, labels={"instance": "web1"})
    fake.tell("five > 0 unless gone > 0", 5, labels={"instance": "web1"})


async def ask(url: str, query: str) -> Answer:
    gateway = PrometheusGateway(Endpoint(url=url))
    question = Question(
        parameters=PromqlParameters(query=query),
        alert=an_alert(),
        target=Target("host", "web1"),
        now=datetime.now(UTC),
    )
    try:
        return await CHECKS[0].checker(reads_of(prometheus=gateway)).ask(question)
    finally:
        await gateway.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakePrometheus]:
    async with FakePrometheus() as fake:
        taught(fake)
        yield fake


@pytest.mark.parametrize(
    ("query", "known", "asked"),
    [
        ("zero > 0", FAILS, ["zero > 0", "zero"]),
        ("gone > 0", UNKNOWN, ["gone > 0", "gone"]),
        ("five > 0", HOLDS, ["five > 0"]),
        ("gone", FAILS, ["gone"]),
        ("five > 0 unless gone > 0", UNKNOWN, None),
        ("gone > 0 and zero > 0", FAILS, None),
        ("a < / b", UNKNOWN, ["a < / b"]),
        ("(" * 50 + "gone" + ")" * 50, FAILS, None),
    ],
)
async def test_an_empty_answer_is_looked_behind(
    fake: FakePrometheus, query: str, known: Known, asked: list[str] | None
) -> None:
    answer = await ask(fake.url, query)

    assert answer.known is known
    assert asked in (None, fake.queries)


async def test_an_exporter_that_died_forbids_because_nobody_knows(fake: FakePrometheus) -> None:
    answer = await ask(fake.url, 'errors{job="api"} / requests > 0.05')

    assert answer.known is UNKNOWN
    assert 'no series: errors{job="api"}' in answer.detail


async def test_the_label_of_another_scraper_finds_no_series_and_so_says_nothing(
    fake: FakePrometheus,
) -> None:
    fake.tell("kube_node_status_condition{node='good1'}")

    assert (await ask(fake.url, "kube_node_status_condition{node='good1'} == 0")).known is UNKNOWN


async def test_a_prometheus_that_goes_away_between_two_questions_is_unknown(
    fake: FakePrometheus,
) -> None:
    fake.tell_result("gone > 0", "vector", [])
    fake.tell_result("gone", "string", [0, "nothing that a check can read"])

    assert (await ask(fake.url, "gone > 0")).known is UNKNOWN


async def test_a_query_of_very_many_parts_is_not_asked_for_each(fake: FakePrometheus) -> None:
    query = " or ".join(f"a{n} > {n}" for n in range(40))

    answer = await ask(fake.url, query)

    assert answer.known is UNKNOWN
    assert len(fake.queries) < 40


@pytest.fixture(scope="module")
def recording() -> Iterator[str]:
    require("prometheus", "promtool")
    with Prometheus(rules=RULES) as real:
        names = '{__name__=~"zero|five|other|nan"}'
        wait_until(lambda: len(real.query(names)) == 4, "four recorded series")
        yield real.url


@pytest.mark.slow
@pytest.mark.parametrize(("query", "known"), ANSWERS)
async def test_a_real_prometheus_is_asked_behind_what_is_empty(
    recording: str, query: str, known: Known
) -> None:
    assert (await ask(recording, query)).known is known
