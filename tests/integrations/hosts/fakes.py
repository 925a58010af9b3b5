"""A fake host with something to do for every action, shared by the tests of actions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from remediator.core.target import Target
from remediator.integrations.hosts.fake.host import MEBIBYTE, FakeDisk, FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.integrations.shell.settings import Command
from remediator.ports.action import Action, Request
from remediator.testing.action_contract import ActionCase
from tests.bound import reads_of, writes_of

WEB1 = Target("host", "web1")


def fake_machine() -> FakeMachine:
    machine = FakeMachine(
        disks=[FakeDisk(mountpoint="/", device="/dev/vda1"), FakeDisk()],
        docker={"Images": 900 * MEBIBYTE, "Containers": MEBIBYTE, "Build Cache": 0},
        units={"web.service": "failed"},
    )
    machine.programs["agentctl"] = lambda words: said(machine.files.setdefault("ran", "ran\n"))
    machine.programs["agent-is-up"] = lambda words: said(code=0 if "ran" in machine.files else 1)
    return machine


def request(action: Action, target: Target = WEB1, **parameters: Any) -> Request:
    return Request(
        step="1",
        target=target,
        parameters=action.parameters.model_validate(parameters),
        timeout=timedelta(minutes=1),
        now=datetime.now(UTC),
    )


def fake_case(
    action: Action, hosts: FakeHosts, commands: dict[str, Command] | None = None, **more: Any
) -> ActionCase:
    parameters = more.pop("parameters", {})
    return ActionCase(
        action=action,
        request=request(action, **parameters),
        reads=reads_of(looker=hosts, commands=commands or {}),
        writes=writes_of(shell=hosts),
        **more,
    )
