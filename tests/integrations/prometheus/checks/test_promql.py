"""The check `promql`: what counts as holding, over a table; and what Prometheus can do to it."""

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from remediator.core.alert import Alert, AlertStatus
from remediator.core.facts import Answer, Known
from remediator.core.target import Target
from remediator.integrations.json_api import Endpoint
from remediator.integrations.prometheus.api import Sample
from remediator.integrations.prometheus.checks.promql import (
    CHECKS,
    PromqlParameters,
    is_filter,
    judged,
)
from remediator.integrations.prometheus.fake import FakePrometheus
from remediator.integrations.prometheus.gateway import PrometheusGateway
from remediator.ports.check import Question
from tests.bound import reads_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOLDS, FAILS, UNKNOWN = Known.HOLDS, Known.FAILS, Known.UNKNOWN
(CHECK,) = CHECKS

FILTERS = [
    ("x > 0.2", True),
    ("x == 0", True),
    ("x != 0", True),
    ("x <= 3", True),
    ("(x > 0.2)", True),
    ("((x > 0.2))", True),
    ("a / b > 0.2", True),
    ("a{b=~'x'} / ignoring(c) group_left(d) e < 0.15", True),
    ("x > on(instance) group_left() y", True),
    ("x > bool 1 == 0", True),
    ("sum by (a) (rate(x[5m])) > 1", True),
    ("x == 0 or y == 0", True),
    ("x == 0 OR y == 0", True),
    ("x == 0 and y", True),
    ("(x == 0) and on(a) (y > bool 3)", True),
    ("x == 0 unless y", True),
    ("x > # a comment with bool in it\n 1", True),
    ('x{a="bool"} > 1', True),
    ("x > 0 and y > 0 or z > 0", True),
    ("x > -1", True),
    ("x", False),
    ("up", False),
    ('up{job="a==b"}', False),
    ("up{job='a > b'}", False),
    ("up{job=`a > b`}", False),
    ('up{job="\\" > 1"}', False),
    ("up # > 1", False),
    ("x > bool 0.2", False),
    ("x > BOOL 0.2", False),
    ("(x > bool 0.2)", False),
    ("x == bool on(a) y", False),
    ("x == 0 == bool 0", False),
    ("count(x > 5)", False),
    ("sum(x == 0) by (a)", False),
    ("absent(up == 1)", False),
    ("a / (b > 0)", False),
    ("(x == 0) * 100", False),
    ("-(x == 0)", False),
    ("up and x == 0", False),
    ("up unless x == 0", False),
    ("up or x == 0", False),
    ("x == 0 or up", False),
    ("x > bool 1 and y > 1", False),
    ("vector(0)", False),
    ("1", False),
    ("1 > bool 2", False),
    ("x[5m:1m]", False),
    ("max_over_time((x > 1)[5m:1m])", False),
    ("order", False),
    ("x offset 5m", False),
    ("", False),
    (")(", False),
    ("(" * 5000 + "x > 1" + ")" * 5000, False),
    ("x > 1 or " * 500 + "x", False),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS)
def test_a_comparison_without_bool_on_the_outside_is_a_filter(query: str, expected: bool) -> None:
    assert is_filter(query) is expected


MEANINGS = [
    ((), False, FAILS, None),
    ((), True, FAILS, None),
    ((1,), False, HOLDS, 1),
    ((0.25,), True, HOLDS, 0.25),
    ((-3,), False, HOLDS, -3),
    ((0,), False, FAILS, 0),
    ((-0.0,), False, FAILS, 0),
    ((0,), True, HOLDS, 0),
    ((math.inf,), False, HOLDS, math.inf),
    ((math.nan,), False, UNKNOWN, None),
    ((math.nan,), True, UNKNOWN, None),
    ((1, 1), False, HOLDS, None),
    ((1, 0), False, FAILS, None),
    ((1, 0), True, HOLDS, None),
    ((1, math.nan), True, UNKNOWN, None),
    ((0, math.nan), False, UNKNOWN, None),
]


@pytest.mark.parametrize(("values", "is_filtered", "known", "value"), MEANINGS)
def test_every_sample_must_be_non_zero_unless_a_filter_let_it_pass(
    values: tuple[float, ...], is_filtered: bool, known: Known, value: float | None
) -> None:
    samples = [Sample(labels={}, value=v, at=NOW.timestamp()) for v in values]

    answer = judged(samples, is_filter=is_filtered, now=NOW)

    assert (answer.known, answer.value) == (known, value)


@pytest.mark.parametrize(
    ("age", "known"), [(0, HOLDS), (299, HOLDS), (301, UNKNOWN), (-301, UNKNOWN)]
)
def test_an_answer_for_another_moment_is_unknown(age: int, known: Known) -> None:
    sample = Sample(labels={}, value=1, at=NOW.timestamp() - age)

    assert judged([sample], is_filter=False, now=NOW).known is known


def test_the_detail_names_the_series_that_decided() -> None:
    at = NOW.timestamp()
    samples = [
        Sample(labels={"__name__": "up", "instance": "web1"}, value=1, at=at),
        Sample(labels={"__name__": "up", "instance": "web2\x1b[31m"}, value=0, at=at),
    ]

    detail = judged(samples, is_filter=False, now=NOW).detail

    assert detail.startswith("2 samples, 0 for up{instance='web2")
    assert detail.isprintable()


@pytest.mark.parametrize("query", ["", "x" * 8193, 7, None])
def test_a_query_has_a_length(query: object) -> None:
    with pytest.raises(ValidationError):
        PromqlParameters.model_validate({"query": query})


@pytest.fixture
async def fake() -> AsyncIterator[FakePrometheus]:
    async with FakePrometheus() as fake:
        yield fake


async def ask(prometheus: object, query: str) -> Answer:
    alert = Alert(fingerprint="f", status=AlertStatus.FIRING, labels={}, starts_at=NOW)
    question = Question(
        parameters=PromqlParameters(query=query),
        alert=alert,
        target=Target("host", "web1"),
        now=datetime.now(UTC),
    )
    return await CHECK.checker(reads_of(prometheus=prometheus)).ask(question)


async def test_the_check_asks_prometheus(fake: FakePrometheus) -> None:
    fake.tell("x > 1", 5)
    fake.tell("up", 0)
    gateway = PrometheusGateway(Endpoint(url=fake.url))

    assert (await ask(gateway, "x > 1")).value == 5
    assert (await ask(gateway, "up")).known is FAILS
    assert (await ask(gateway, "gone")).known is FAILS
    await gateway.close()


async def test_a_prometheus_in_trouble_is_unknown_with_the_reason(fake: FakePrometheus) -> None:
    gateway = PrometheusGateway(Endpoint(url=fake.url), timeout=timedelta(seconds=0.2))
    for trouble in (fake.fail, fake.hang, lambda: fake.garble("no"), lambda: fake.warn("partial")):
        fake.recover()
        trouble()

        answer = await ask(gateway, "vector(1)")

        assert answer.known is UNKNOWN
        assert answer.detail.startswith("Prometheus gave no answer: ")
    await gateway.close()


async def test_without_prometheus_the_answer_names_the_setting() -> None:
    answer = await ask(None, "up")

    assert answer.known is UNKNOWN
    assert "prometheus.url" in answer.detail


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "known"),
    [
        ("vector(0) == 0", HOLDS),
        ("vector(0)", FAILS),
        ("vector(1) > bool 2", FAILS),
        ("vector(1) > 2", FAILS),
        ("vector(3) > 2", HOLDS),
        ("absent(nothing_like_it)", HOLDS),
        ("vector(0) / 0", UNKNOWN),
        ("nothing_like_it", FAILS),
        ("sum(", UNKNOWN),
        ("1 == bool 1", HOLDS),
        ("vector(0) == 0 or vector(0)", FAILS),
    ],
)
async def test_a_real_prometheus_gives_the_same_answers(
    prometheus, query: str, known: Known
) -> None:
    gateway = PrometheusGateway(Endpoint(url=prometheus.url))

    assert (await ask(gateway, query)).known is known

    await gateway.close()
