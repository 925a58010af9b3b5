"""The check `unit` on a fake host."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from remediator.core.facts import Answer, Known
from remediator.core.target import Target
from remediator.integrations.hosts.checks.unit import CHECKS, UnitParameters
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.ports.check import Question
from remediator.testing.builders import an_alert
from tests.bound import reads_of

UNIT = CHECKS[0]
NOW = datetime(2026, 8, 1, tzinfo=UTC)


async def answer(looker: Any, state: str, name: str = "nginx.service") -> Answer:
    question = Question(
        parameters=UnitParameters.model_validate({"name": name, "state": state}),
        alert=an_alert(),
        target=Target("host", "web1"),
        now=NOW,
    )
    return await UNIT.checker(reads_of(looker=looker)).ask(question)


def hosts(state: str) -> FakeHosts:
    return FakeHosts({"web1": FakeMachine(units={"nginx.service": state})})


@pytest.mark.parametrize(
    ("is_now", "wanted", "known"),
    [
        ("failed", "failed", Known.HOLDS),
        ("failed", "active", Known.FAILS),
        ("active", "failed", Known.FAILS),
        ("active", "active", Known.HOLDS),
        ("reloading", "active", Known.HOLDS),
        ("activating", "failed", Known.FAILS),
        ("activating", "active", Known.FAILS),
        ("inactive", "failed", Known.FAILS),
    ],
)
async def test_a_unit_is_what_its_systemd_says(is_now: str, wanted: str, known: Known) -> None:
    found = await answer(hosts(is_now), wanted)

    assert (found.known, found.detail) == (known, f"nginx.service is {is_now} (dead)")
    assert found.at == NOW


@pytest.mark.parametrize("wanted", ["active", "failed"])
async def test_nobody_knows_of_a_unit_that_is_not_there(wanted: str) -> None:
    found = await answer(hosts("failed"), wanted, "nothing.service")

    assert (found.known, found.detail) == (Known.UNKNOWN, "systemd says not-found")


async def test_nobody_knows_where_systemd_does_not_answer() -> None:
    silent = FakeMachine(programs={"systemctl": lambda _: said(code=1, stderr="bus is down\n")})
    found = await answer(FakeHosts({"web1": silent}), "failed")

    assert (found.known, found.detail) == (Known.UNKNOWN, "systemctl: bus is down")


async def test_nobody_knows_of_a_host_that_cannot_be_reached() -> None:
    away = FakeMachine(units={"nginx.service": "failed"}, reachable=False)

    assert (await answer(FakeHosts({"web1": away}), "failed")).known is Known.UNKNOWN


async def test_without_ssh_settings_it_is_unknown_and_says_what_to_add() -> None:
    found = await answer(None, "failed")

    assert found.known is Known.UNKNOWN
    assert "hosts.ssh" in found.detail


@pytest.mark.parametrize("name", ["nginx", "-a.service", "a b.service", "$(id).service", "*.x", ""])
def test_what_is_no_full_name_of_a_unit_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        UnitParameters.model_validate({"name": name, "state": "failed"})
