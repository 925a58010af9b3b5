"""Every host action keeps the contract on a fake host."""

from copy import deepcopy

import pytest

from remediator.integrations.hosts.actions.docker import prune
from remediator.integrations.hosts.actions.host import command
from remediator.integrations.hosts.actions.journal import vacuum
from remediator.integrations.hosts.actions.service import restart
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.integrations.shell.settings import Command, CommandCheck
from remediator.testing.action_contract import ActionCase, ActionContract
from tests.integrations.hosts.fakes import fake_case, fake_machine

COMMANDS = {
    "restart-agent": Command(
        argv=("agentctl", "restart"), check=CommandCheck(argv=("agent-is-up",))
    )
}
CASES = {
    "journal.vacuum": (vacuum, {"keep_size": "500M"}),
    "docker.prune": (prune, {"what": ["images", "containers"], "path": "/var"}),
    "service.restart": (restart, {"unit": "web.service"}),
    "host.command": (command, {"name": "restart-agent"}),
}


def state(machine: FakeMachine) -> object:
    return deepcopy((machine.disks, machine.journal, machine.docker, machine.units, machine.files))


def move(machine: FakeMachine) -> None:
    """A reboot, a new invocation, and Docker's files on another disk."""
    machine.boot_id = "booted again"
    machine.invocations.clear()
    machine.docker_root = "/srv/docker"


class TestHostActions(ActionContract):
    @pytest.fixture(params=CASES)
    def case(self, request: pytest.FixtureRequest) -> ActionCase:
        module, parameters = CASES[request.param]
        machine = fake_machine()
        return fake_case(
            module.ACTIONS[0],
            FakeHosts({"web1": machine}),
            COMMANDS,
            parameters=parameters,
            state=lambda: state(machine),
            move=lambda: move(machine),
            counts=request.param in ("journal.vacuum", "docker.prune"),
        )
