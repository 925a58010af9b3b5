"""The check `alert`: by Alertmanager where it is set, else by the last word, as long as that is fresh."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from pydantic import ValidationError

from remediator.core.alert import Alert, AlertStatus
from remediator.core.facts import Answer, Known
from remediator.core.target import Target
from remediator.integrations.alertmanager.checks.alert import CHECKS, AlertParameters
from remediator.integrations.alertmanager.fake import FakeAlertmanager, fingerprint
from remediator.integrations.alertmanager.gateway import AlertmanagerGateway
from remediator.integrations.json_api import Endpoint
from remediator.ports.check import Question
from tests.bound import reads_of
from tests.integrations.alertmanager.conftest import NOW

HOLDS, FAILS, UNKNOWN = Known.HOLDS, Known.FAILS, Known.UNKNOWN
LABELS = {"alertname": "DiskFull", "instance": "web1:9100", "job": "node"}
(CHECK,) = CHECKS


async def ask(
    gateway: AlertmanagerGateway | None,
    state: str,
    *,
    labels: Mapping[str, str] = LABELS,
    key: str | None = None,
    told: str = "firing",
    age: int | None = 0,
    **more: object,
) -> Answer:
    alert = Alert(
        fingerprint=key or fingerprint(labels),
        status=AlertStatus.FIRING,
        labels=labels,
        starts_at=NOW - timedelta(hours=1),
    )
    question = Question(
        parameters=AlertParameters.model_validate({"state": state, **more}),
        alert=alert,
        target=Target("host", "web1"),
        now=NOW,
        alert_firing=told == "firing",
        alert_seen_at=None if age is None else NOW - timedelta(seconds=age),
    )
    return await CHECK.checker(reads_of(alertmanager=gateway)).ask(question)


async def test_an_alert_that_alertmanager_lists_fires(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.fire(LABELS)

    assert (await ask(gateway, "firing", told="resolved")).known is HOLDS
    assert (await ask(gateway, "resolved", told="resolved")).known is FAILS


async def test_an_alert_that_alertmanager_no_longer_lists_is_resolved(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.fire({**LABELS, "instance": "web2:9100"})

    assert (await ask(gateway, "resolved")).known is HOLDS
    assert (await ask(gateway, "firing")).known is FAILS


async def test_a_silenced_alert_still_fires(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.fire(LABELS)
    fake.silence({"alertname": "DiskFull"})

    answer = await ask(gateway, "resolved")

    assert answer.known is FAILS
    assert "suppressed" in answer.detail


async def test_an_alertmanager_in_trouble_is_unknown_whatever_was_last_told(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    for trouble in (fake.fail, fake.hang):
        fake.recover()
        trouble()

        answer = await ask(gateway, "resolved", told="resolved")

        assert answer.known is UNKNOWN
        assert "no Alertmanager answers" in answer.detail


async def test_an_alert_with_more_labels_is_another_alert(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.fire({**LABELS, "device": "sda1"})

    assert (await ask(gateway, "resolved")).known is HOLDS


async def test_a_source_with_fingerprints_of_its_own_is_told_by_the_labels(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.fire(LABELS)

    assert (await ask(gateway, "firing", key="grafana-7")).known is HOLDS


HOSTILE = {
    "alertname": 'x"} or up{',
    "a.b/c": "dots",
    "path": "C:\\temp\\",
    "text": "two\nlines",
    "long": "x" * 5000,
}


async def test_hostile_labels_find_their_alert(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.fire(HOSTILE)

    assert (await ask(gateway, "firing", labels=HOSTILE)).known is HOLDS
    assert sum(map(len, fake.filters)) < 500


RESTARTS = [
    # what the source said last, how many seconds before now, how old Alertmanager is then
    ("firing", 60, 61, HOLDS),
    ("firing", 60, 60, UNKNOWN),
    ("firing", 60, 59, UNKNOWN),
    ("firing", 60, 0, UNKNOWN),
    ("firing", None, 3600, UNKNOWN),
    ("resolved", 60, 0, HOLDS),
    ("resolved", 86400, 0, HOLDS),
]


@pytest.mark.parametrize(("told", "age", "uptime", "known"), RESTARTS)
async def test_an_alertmanager_that_restarted_since_knows_nothing_of_the_alert(
    fake: FakeAlertmanager,
    gateway: AlertmanagerGateway,
    told: str,
    age: int | None,
    uptime: int,
    known: Known,
) -> None:
    fake.started_at = NOW - timedelta(seconds=uptime)

    answer = await ask(gateway, "resolved", told=told, age=age)

    assert answer.known is known
    assert (await ask(gateway, "firing", told=told, age=age)).known is not HOLDS


async def test_why_not_being_listed_is_no_answer_is_said(
    fake: FakeAlertmanager, gateway: AlertmanagerGateway
) -> None:
    fake.started_at = NOW - timedelta(seconds=20)

    answer = await ask(gateway, "resolved", age=60)

    assert answer.detail == (
        "Alertmanager does not list it, but restarted 20s ago: it may not know it yet"
    )


@pytest.mark.slow
async def test_hostile_labels_find_their_alert_in_a_real_alertmanager(alertmanager) -> None:
    labels = {name: value for name, value in HOSTILE.items() if "." not in name}
    gateway = AlertmanagerGateway([Endpoint(url=alertmanager.url)])

    assert (await ask(gateway, "resolved", told="resolved", labels=labels)).known is HOLDS
    alertmanager.push(labels)
    assert (await ask(gateway, "resolved", labels=labels)).known is FAILS

    await gateway.close()


LAST_WORDS = [
    ("resolved", "resolved", 0, HOLDS),
    ("resolved", "resolved", 599, HOLDS),
    ("resolved", "resolved", 600, HOLDS),
    ("resolved", "resolved", 601, UNKNOWN),
    ("resolved", "firing", 10, FAILS),
    ("resolved", "firing", 601, UNKNOWN),
    ("firing", "firing", 10, HOLDS),
    ("firing", "firing", 601, UNKNOWN),
    ("firing", "resolved", 10, FAILS),
    ("firing", "firing", -5, HOLDS),
    ("firing", "firing", None, UNKNOWN),
    ("resolved", "resolved", None, UNKNOWN),
]


@pytest.mark.parametrize(("state", "told", "age", "known"), LAST_WORDS)
async def test_without_alertmanager_the_last_word_counts_while_it_is_fresh(
    state: str, told: str, age: int | None, known: Known
) -> None:
    assert (await ask(None, state, told=told, age=age)).known is known


async def test_how_fresh_the_last_word_must_be_can_be_said() -> None:
    assert (await ask(None, "resolved", told="resolved", age=3000, fresh="1h")).known is HOLDS


@pytest.mark.parametrize("state", ["Resolved", "pending", "", None, True])
def test_there_are_two_states(state: object) -> None:
    with pytest.raises(ValidationError):
        AlertParameters.model_validate({"state": state})
