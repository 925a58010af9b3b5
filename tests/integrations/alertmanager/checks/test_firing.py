"""The check `firing`: an alert that meets all matchers fires now."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from remediator.core.alert import Alert, AlertStatus
from remediator.core.facts import Answer, Known
from remediator.core.target import Target
from remediator.integrations.alertmanager.checks.firing import CHECKS, FiringParameters
from remediator.integrations.alertmanager.fake import FakeAlertmanager
from remediator.integrations.alertmanager.gateway import AlertmanagerGateway
from remediator.integrations.json_api import Endpoint
from remediator.ports.check import Question
from tests.bound import reads_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
(CHECK,) = CHECKS


@pytest.fixture
async def fake() -> AsyncIterator[FakeAlertmanager]:
    async with FakeAlertmanager() as fake:
        fake.started_at = NOW - timedelta(days=7)
        fake.fire({"alertname": "ClusterUpgrade", "severity": "info"})
        fake.fire({"alertname": "DiskFull", "severity": "critical"})
        yield fake


async def ask(fake: FakeAlertmanager | None, matchers: object) -> Answer:
    urls = [Endpoint(url=fake.url)] if fake else []
    gateway = AlertmanagerGateway(urls, timeout=timedelta(seconds=0.2)) if urls else None
    question = Question(
        parameters=FiringParameters.model_validate({"matchers": matchers}),
        alert=Alert(fingerprint="f", status=AlertStatus.FIRING, labels={}, starts_at=NOW),
        target=Target("host", "web1"),
        now=NOW,
    )
    answer = await CHECK.checker(reads_of(alertmanager=gateway)).ask(question)
    if gateway:
        await gateway.close()
    return answer


@pytest.mark.parametrize(
    ("matchers", "known", "count"),
    [
        (['alertname="ClusterUpgrade"'], Known.HOLDS, 1),
        ('alertname="ClusterUpgrade"', Known.HOLDS, 1),
        (["severity=~info|critical"], Known.HOLDS, 2),
        (['alertname="ClusterUpgrade"', 'severity="critical"'], Known.FAILS, 0),
        (['alertname="Cluster"'], Known.FAILS, 0),
    ],
)
async def test_it_holds_where_one_alert_meets_all_matchers(
    fake: FakeAlertmanager, matchers: object, known: Known, count: int
) -> None:
    answer = await ask(fake, matchers)

    assert (answer.known, answer.value) == (known, count)


async def test_an_alertmanager_that_restarted_since_may_not_have_heard_of_all_alerts(
    fake: FakeAlertmanager,
) -> None:
    fake.started_at = NOW + timedelta(seconds=1)

    assert (await ask(fake, ["alertname=Cluster"])).known is Known.UNKNOWN
    assert (await ask(fake, ["alertname=ClusterUpgrade"])).known is Known.HOLDS


async def test_a_silenced_alert_fires_too(fake: FakeAlertmanager) -> None:
    fake.silence({"alertname": "ClusterUpgrade"})

    assert (await ask(fake, ["alertname=ClusterUpgrade"])).known is Known.HOLDS


async def test_an_alertmanager_that_lists_nothing_at_all_has_lost_its_prometheus() -> None:
    async with FakeAlertmanager() as empty:
        empty.started_at = NOW - timedelta(hours=1)
        answer = await ask(empty, ["alertname=ClusterUpgrade"])

    assert answer.known is Known.UNKNOWN
    assert "no alert at all" in answer.detail


async def test_an_alertmanager_in_trouble_is_unknown(fake: FakeAlertmanager) -> None:
    fake.hang()

    assert (await ask(fake, ["alertname=ClusterUpgrade"])).known is Known.UNKNOWN


async def test_without_alertmanager_the_answer_names_the_setting() -> None:
    answer = await ask(None, ["alertname=ClusterUpgrade"])

    assert answer.known is Known.UNKNOWN
    assert "alertmanager.urls" in answer.detail


@pytest.mark.parametrize(
    "matchers", [[], "", [""], ["alertname"], ['a="b'], ["a=~("], ["a=b"] * 21, [7], None]
)
def test_matchers_are_read_when_the_playbook_is(matchers: object) -> None:
    with pytest.raises(ValidationError):
        FiringParameters.model_validate({"matchers": matchers})
