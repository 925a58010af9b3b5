"""The check `disk` on a fake host."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from remediator.core.alert import Alert, AlertStatus
from remediator.core.facts import Answer, Known
from remediator.core.target import Target
from remediator.integrations.hosts.checks.disk import CHECKS, DiskParameters
from remediator.integrations.hosts.fake.host import MEBIBYTE, FakeDisk, FakeHosts, FakeMachine
from remediator.ports.check import Question
from tests.bound import reads_of

DISK = CHECKS[0]
NOW = datetime(2026, 8, 1, tzinfo=UTC)


def machine(free_percent: int) -> FakeMachine:
    return FakeMachine(disks=[FakeDisk(size=100 * MEBIBYTE, used=(100 - free_percent) * MEBIBYTE)])


async def answer(looker: FakeHosts | None, target: str = "web1", **parameters: object) -> Answer:
    alert = Alert(
        fingerprint="f",
        status=AlertStatus.FIRING,
        labels={"alertname": "DiskSpaceLow"},
        annotations={},
        starts_at=NOW,
    )
    question = Question(
        parameters=DiskParameters.model_validate({"path": "/var", **parameters}),
        alert=alert,
        target=Target("host", target),
        now=NOW,
    )
    return await DISK.checker(reads_of(looker=looker)).ask(question)


@pytest.mark.parametrize(
    ("free", "wanted", "known"),
    [
        (20, {"free_percent": 20}, Known.HOLDS),
        (19, {"free_percent": 20}, Known.FAILS),
        (20, {"free_bytes": "20MiB"}, Known.HOLDS),
        (20, {"free_bytes": "21MiB"}, Known.FAILS),
        (20, {"free_percent": 10, "free_bytes": "30MiB"}, Known.FAILS),
        (20, {"free_percent": 30, "free_bytes": "10MiB"}, Known.FAILS),
        (0, {"free_percent": 0.1}, Known.FAILS),
        (14, {"below_percent": 15}, Known.HOLDS),
        (15, {"below_percent": 15}, Known.FAILS),
        (0, {"below_percent": 15}, Known.HOLDS),
    ],
)
async def test_enough_is_enough_and_too_little_is_too_little(
    free: int, wanted: dict[str, object], known: Known
) -> None:
    found = await answer(FakeHosts({"web1": machine(free)}), **wanted)

    assert found.known is known
    assert found.value == free


async def test_the_answer_is_a_sentence_with_both_numbers() -> None:
    found = await answer(FakeHosts({"web1": machine(12)}), free_percent=20)

    assert found.detail == "12.0 % (12.6 MB) of /var is free, wanted is 20 %"
    assert found.at == NOW


async def test_too_little_says_what_would_be_enough() -> None:
    found = await answer(FakeHosts({"web1": machine(12)}), below_percent=15)

    assert found.detail == "12.0 % (12.6 MB) of /var is free, wanted is less than 15 %"


@pytest.mark.parametrize("target", ["gone", "never-heard-of"])
async def test_a_host_that_cannot_be_reached_is_unknown(target: str) -> None:
    gone = machine(50)
    gone.reachable = False
    found = await answer(FakeHosts({"gone": gone}), target, free_percent=20)

    assert found.known is Known.UNKNOWN
    assert "could not be reached" in found.detail


async def test_a_path_that_is_not_there_is_unknown() -> None:
    found = await answer(FakeHosts({"web1": machine(50)}), path="/srv", free_percent=1)

    assert found.known is Known.UNKNOWN
    assert "No such file" in found.detail


async def test_without_ssh_settings_it_is_unknown_and_says_what_to_add() -> None:
    found = await answer(None, free_percent=20)

    assert found.known is Known.UNKNOWN
    assert "hosts.ssh" in found.detail


@pytest.mark.parametrize(
    "parameters",
    [
        {"path": "/var"},
        {"path": "var", "free_percent": 20},
        {"path": "/var", "free_percent": 0},
        {"path": "/var", "free_percent": 101},
        {"path": "/var", "free_percent": "nan"},
        {"free_percent": 20},
        {"path": "/var", "below_percent": 0},
        {"path": "/var", "below_percent": 15, "free_percent": 20},
        {"path": "/var", "below_percent": 15, "free_bytes": "1G"},
    ],
)
def test_a_question_that_asks_nothing_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DiskParameters.model_validate(parameters)
