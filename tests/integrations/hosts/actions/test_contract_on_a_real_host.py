"""Every host action keeps the same contract on a real host: systemd, journald and Docker around a small /var."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from remediator.integrations.hosts.actions.docker import prune
from remediator.integrations.hosts.actions.host import command
from remediator.integrations.hosts.actions.journal import vacuum
from remediator.integrations.hosts.actions.service import restart
from remediator.integrations.hosts.gateway.shell import SshShell
from remediator.integrations.shell.settings import Command, CommandCheck
from remediator.testing.action_contract import ActionCase, ActionContract
from tests.bound import reads_of, writes_of
from tests.integrations.hosts.fakes import request
from tests.integrations.hosts.ssh_parts import settings_for, shell_for
from tests.parts.host import Host

pytestmark = pytest.mark.slow
MEBIBYTE = 1024 * 1024
MARK = "/var/tmp/agent"
COMMANDS = {
    "restart-agent": Command(
        argv=(
            "sh",
            "-c",
            f'echo "$1" >>{MARK}',
            "sh",
            "{{unit}}".replace("{{", "{").replace("}}", "}"),
        ),
        parameters={"unit": r"[a-z-]+\.service"},
        check=CommandCheck(argv=("test", "-s", MARK)),
    )
}


def fill_journal(host: Host) -> None:
    if host.journald.usage() < 40 * MEBIBYTE:
        host.fill_journal(48)


def images(host: Host) -> set[str]:
    assert host.dockerd is not None
    return host.dockerd.images()


def fill_docker(host: Host) -> None:
    if not images(host):
        host.add_dangling_image(20)


def start_unit(host: Host) -> None:
    host.systemd.systemctl("start", "web.service")


def invocation(host: Host) -> str:
    return host.systemd.systemctl("show", "--property=InvocationID", "web.service")


def mark(host: Host) -> str:
    return host.exec(["cat", MARK]).stdout


CASES: dict[str, tuple[Any, dict[str, Any], Callable[[Host], None], Callable[[Host], Any]]] = {
    "journal.vacuum": (
        vacuum,
        {"keep_size": "24M"},
        fill_journal,
        lambda host: host.journald.usage() // (32 * MEBIBYTE),
    ),
    "docker.prune": (prune, {"path": "/var", "older_than": "72h"}, fill_docker, images),
    "service.restart": (restart, {"unit": "web.service"}, start_unit, invocation),
    "host.command": (
        command,
        {"name": "restart-agent", "parameters": {"unit": "agent.service"}},
        lambda host: None,
        mark,
    ),
}


@pytest.fixture
async def shell(host: Host, tmp_path: Path) -> AsyncIterator[SshShell]:
    async with shell_for(settings_for(host.sshd, f"/run/receipts/{tmp_path.name}")) as one:
        yield one


class TestHostActions(ActionContract):
    @pytest.fixture(params=CASES)
    def case(self, request: pytest.FixtureRequest, host: Host, shell: SshShell) -> ActionCase:
        return real_case(request.param, host, shell)


def real_case(name: str, host: Host, shell: SshShell) -> ActionCase:
    module, parameters, prepare, state = CASES[name]
    prepare(host)
    action = module.ACTIONS[0]
    return ActionCase(
        action=action,
        request=request(action, **parameters),
        reads=reads_of(looker=shell, commands=COMMANDS),
        writes=writes_of(shell=shell),
        state=lambda: state(host),
        move=(lambda: host.systemd.systemctl("restart", "web.service") and None)
        if name == "service.restart"
        else None,
        counts=name in ("journal.vacuum", "docker.prune"),
    )
