"""Whether an alert is silenced, as the guard is told: by Alertmanager's word, and by what its silence means."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from remediator.core.alert import Alert, AlertStatus
from remediator.core.errors import Transient
from remediator.core.facts import Answer, Known
from remediator.core.target import Target
from remediator.integrations.alertmanager.fake import FakeAlertmanager, fingerprint
from remediator.integrations.alertmanager.gateway import AlertmanagerGateway
from remediator.integrations.alertmanager.silenced import silences
from remediator.ports.check import Question
from remediator.ports.gateways import Reads
from remediator.ports.parameters import NoParameters
from tests.bound import reads_of
from tests.integrations.alertmanager.conftest import NOW

LABELS = {"alertname": "DiskFull", "instance": "web1:9100"}


async def ask(gateway: AlertmanagerGateway, labels: Mapping[str, str] = LABELS) -> Answer:
    alert = Alert(
        fingerprint=fingerprint(LABELS), status=AlertStatus.FIRING, labels=labels, starts_at=NOW
    )
    question = Question(
        parameters=NoParameters(),
        alert=alert,
        target=Target("host", "web1"),
        now=NOW,
        alert_seen_at=NOW - timedelta(hours=1),
    )
    asked = silences(reads_of(alertmanager=gateway))
    assert asked is not None
    return await asked(question)


def test_where_no_alertmanager_is_set_nobody_is_asked() -> None:
    assert silences(Reads()) is None


async def test_a_silence_is_told_with_whose_it_is_and_why(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.fire(LABELS)
    fake.silence({"alertname": "DiskFull"})

    answer = await ask(gateway)

    assert answer.known is Known.HOLDS
    assert answer.detail.startswith("ann silenced the alert until ")
    assert answer.detail.endswith(": I am on it")


async def test_an_alert_that_nobody_silenced_is_not(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.fire(LABELS)
    fake.silence({"alertname": "Other"})

    assert ((answer := await ask(gateway)).known, answer.value) == (Known.FAILS, 1)


async def test_a_label_that_was_masked_does_not_hide_the_silence(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.fire(LABELS)
    fake.silence(LABELS)

    assert (await ask(gateway, {**LABELS, "instance": "***"})).known is Known.HOLDS


async def test_an_alert_that_is_not_listed_is_not_silenced_and_not_there(
    gateway: AlertmanagerGateway,
) -> None:
    assert ((answer := await ask(gateway)).known, answer.value) == (Known.FAILS, 0)


async def test_an_alertmanager_that_has_just_restarted_may_not_know_the_alert_yet(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.started_at = NOW - timedelta(minutes=1)
    answer = await ask(gateway)
    assert answer.known is Known.UNKNOWN
    assert "restarted 1m ago" in answer.detail

    fake.started_at = NOW - timedelta(minutes=10)
    assert (await ask(gateway)).known is Known.FAILS


async def test_an_alertmanager_that_does_not_answer_is_said_to(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.fail()
    with pytest.raises(Transient, match="no Alertmanager answers"):
        await ask(gateway)
