"""What a Prometheus remembers: edges become stretches, and checks are answered about their time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from remediator.core.errors import ActionError
from remediator.core.facts import Known
from remediator.core.playbook import CheckOrder
from remediator.integrations.json_api import Endpoint
from remediator.integrations.prometheus import past
from remediator.integrations.prometheus.api import PROMETHEUS
from remediator.integrations.prometheus.fake import FakePrometheus
from remediator.integrations.prometheus.gateway import PrometheusGateway
from remediator.ports.gateways import Reads
from remediator.testing import builders as make

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = 60
LABELS = {"alertname": "DiskSpaceLow", "instance": "web1"}


@pytest.fixture(name="fake")
async def _fake() -> AsyncIterator[FakePrometheus]:
    async with FakePrometheus() as fake:
        yield fake


@pytest.fixture(name="reads")
async def _reads(fake: FakePrometheus) -> AsyncIterator[Reads]:
    gateway = PrometheusGateway(Endpoint(url=fake.url))
    yield Reads().having(PROMETHEUS, gateway)
    await gateway.close()


def at_minutes(*minutes: int) -> Callable[[float], float | None]:
    """A series that has a sample only at these minutes after the start."""
    moments = {START.timestamp() + MINUTE * each for each in minutes}
    return lambda moment: 1.0 if moment in moments else None


def teach(fake: FakePrometheus, *, before: bool, starts: list[int], ends: list[int]) -> None:
    labels = {"__name__": "ALERTS", "alertstate": "firing", **LABELS}
    fake.tell_history(past._FIRING, at_minutes(*([0] if before else [])), labels)
    fake.tell_history(past._STARTS, at_minutes(*starts), labels)
    fake.tell_history(past._ENDS, at_minutes(*ends), labels)


async def stretches(reads: Reads, minutes: int) -> list[tuple[int, int | None]]:
    found = await past.fired(reads, START, START + timedelta(minutes=minutes))
    assert all(each.labels == LABELS for each in found.stretches)

    def minute(moment: datetime) -> int:
        return int((moment - START).total_seconds()) // MINUTE

    return [(minute(s.start), minute(s.end) if s.end else None) for s in found.stretches]


async def test_edges_become_stretches(fake: FakePrometheus, reads: Reads) -> None:
    teach(fake, before=True, starts=[20, 60], ends=[10, 30])

    assert await stretches(reads, 100) == [(0, 10), (20, 30), (60, None)]


async def test_a_short_gap_is_closed_and_told(fake: FakePrometheus, reads: Reads) -> None:
    teach(fake, before=False, starts=[20, 33], ends=[30, 50])

    found = await past.fired(reads, START, START + timedelta(minutes=100))

    assert await stretches(reads, 100) == [(20, 50)]
    assert "1 gaps of less than 5m were closed" in found.not_known


async def test_a_month_is_asked_in_pieces(fake: FakePrometheus, reads: Reads) -> None:
    minutes = 30 * 24 * 60
    teach(fake, before=False, starts=[1, 9_999, 10_001, 40_000], ends=[2, 10_000, 39_000])

    assert await stretches(reads, minutes) == [(1, 2), (9_999, 39_000), (40_000, None)]
    assert len(fake.queries) == 1 + 2 * 5


async def test_a_query_is_answered_about_its_time(fake: FakePrometheus, reads: Reads) -> None:
    fake.tell_history("up == 1", at_minutes(5), {"instance": "web1"})
    order = make.an_order()

    async def answer(kind: str, minute: int) -> Known | None:
        check = CheckOrder(kind=kind, parameters={"query": "up == 1"}, text="up == 1")
        found = await past.asked(reads, check, order, START + timedelta(minutes=minute))
        return found.known if found else None

    assert await answer("promql", 5) is Known.HOLDS
    assert await answer("promql", 6) is None  # the series is not there: nobody knows
    assert await answer("alert", 5) is None


async def test_a_prometheus_that_does_not_answer(fake: FakePrometheus, reads: Reads) -> None:
    fake.fail()

    with pytest.raises(ActionError):
        await past.fired(reads, START, START + timedelta(minutes=5))
    check = CheckOrder(kind="promql", parameters={"query": "up == 1"}, text="up == 1")
    assert await past.asked(reads, check, make.an_order(), START) is None
