"""What `remediator sudoers` prints is enough for every action and probe, by real sudo behind a real sshd, no more."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.core.errors import Permanent
from remediator.core.events import Evidence, Measure, Observation
from remediator.integrations.hosts.actions.docker import prune
from remediator.integrations.hosts.actions.host import command
from remediator.integrations.hosts.actions.journal import vacuum
from remediator.integrations.hosts.actions.service import restart
from remediator.integrations.hosts.gateway.shell import SshShell
from remediator.integrations.hosts.probes import disk_usage, journal_errors
from remediator.integrations.shell.settings import Command
from remediator.ports.action import Action
from remediator.ports.probe import Probe
from remediator.testing.action_contract import ActionCase
from tests.bound import reads_of, writes_of
from tests.deploy.shipped import sudoers_of
from tests.integrations.hosts.fakes import WEB1, request
from tests.integrations.hosts.ssh_parts import settings_for, shell_for
from tests.parts.fixtures import require_host
from tests.parts.host import Host
from tests.parts.require import require

pytestmark = pytest.mark.slow
SLEEPER = "[Service]\nExecStart=/bin/sleep infinity\n"
VACUUMS: list[dict[str, Any]] = [{"keep_size": "24M"}, {"keep_size": "16M", "keep_time": "1m"}]
PRUNE: dict[str, Any] = {"what": ["images", "build_cache", "containers"], "path": "/var"}
STEPS = [
    *({"journal.vacuum": limits} for limits in VACUUMS),
    {"docker.prune": PRUNE},
    {"service.restart": {"unit": "nginx.service"}},
]
LOOKS = [
    {"disk.usage": {"path": "/var"}},
    {"journal.errors": {"since": "10m"}},
    {"journal.errors": {"since": "10m", "unit": "speak.service"}},
]
COMMANDS = {"who": Command(argv=("id", "-u"))}


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    require_host()
    require("sudo", "visudo")
    units = {"nginx.service": SLEEPER, "other.service": SLEEPER}
    with Host(docker=True, sudo=True, units=units) as part:
        installed = Path("/etc/sudoers.d") / part.sshd.user  # removed with the account
        installed.write_text(sudoers_of(part.sshd.user, STEPS, LOOKS))
        yield part


@pytest.fixture
async def shell(host: Host) -> AsyncIterator[SshShell]:
    async with shell_for(settings_for(host.sshd, "receipts", sudo=True)) as one:
        yield one


def case(shell: SshShell, action: Action, **parameters: Any) -> ActionCase:
    return ActionCase(
        action=action,
        request=request(action, **parameters),
        reads=reads_of(looker=shell, commands=COMMANDS),
        writes=writes_of(shell=shell),
        state=lambda: None,
    )


async def applied(one: ActionCase) -> Measure:
    """Propose, apply and observe; what was measured."""
    change, ticket = await one.change(), one.ticket()
    measure = await one.applier().apply(change, ticket)
    sight = await one.proposer().observe(change, ticket)
    assert sight.observation is Observation.APPLIED
    return measure


async def evidence(shell: SshShell, probe: Probe, **parameters: Any) -> Evidence:
    wanted = probe.parameters.model_validate(parameters)
    return await probe.prober(reads_of(looker=shell)).probe(WEB1, wanted, timedelta(seconds=20))


async def test_the_account_is_nobody_but_for_the_file(host: Host) -> None:
    assert host.sshd.run("sudo -n id -u").returncode != 0
    assert host.sshd.run("sudo -n timeout -k 5 30 journalctl --disk-usage").returncode == 0


@pytest.mark.parametrize("limits", VACUUMS)
async def test_journal_vacuum_works(host: Host, shell: SshShell, limits: dict[str, Any]) -> None:
    host.fill_journal(48)

    measure = await applied(case(shell, vacuum.ACTIONS[0], **limits))

    assert (measure.freed_bytes or 0) > 10 * 1024 * 1024


async def test_docker_prune_works_for_everything_that_it_may_remove(
    host: Host, shell: SshShell
) -> None:
    host.add_dangling_image(20)

    measure = await applied(case(shell, prune.ACTIONS[0], **PRUNE))

    assert (measure.freed_bytes or 0) > 10 * 1024 * 1024


async def test_service_restart_works_for_the_units_that_are_named(
    host: Host, shell: SshShell
) -> None:
    host.systemd.systemctl("start", "nginx.service")

    measure = await applied(case(shell, restart.ACTIONS[0], unit="nginx.service"))

    assert "restarted nginx.service" in measure.summary


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        (restart.ACTIONS[0], {"unit": "other.service"}),
        (command.ACTIONS[0], {"name": "who"}),
    ],
)
async def test_what_the_file_does_not_name_is_refused_with_the_words_of_sudo(
    host: Host, shell: SshShell, action: Action, parameters: dict[str, Any]
) -> None:
    host.systemd.systemctl("start", "other.service")
    before = host.systemd.systemctl("show", "--property=InvocationID", "other.service")
    one = case(shell, action, **parameters)
    change = await one.change()

    with pytest.raises(Permanent, match="sudo: "):
        await one.applier().apply(change, one.ticket())

    assert host.systemd.systemctl("show", "--property=InvocationID", "other.service") == before


async def test_disk_usage_sees_what_only_root_may_see(host: Host, shell: SshShell) -> None:
    host.run(["mkdir", "-p", "-m", "0700", "/var/secret"])
    host.run(["mkdir", "-p", "/var/secret/inside"])
    host.run(["fallocate", "-l", "64M", "/var/secret/inside/one"])

    found = await evidence(shell, disk_usage.PROBES[0], path="/var")

    assert found.problem == ""
    assert any(line.endswith("/var/secret/inside") for line in found.lines), found.lines


@pytest.mark.parametrize("unit", [None, "speak.service"])
async def test_journal_errors_sees_what_only_root_may_see(
    host: Host, shell: SshShell, unit: str | None
) -> None:
    words = "[Service]\nType=oneshot\nExecStart=/bin/echo '<3>the database is gone'\n"
    host.systemd.add_unit("speak.service", words)
    host.systemd.systemctl("start", "speak.service")
    host.run(["journalctl", "--sync"])

    found = await evidence(shell, journal_errors.PROBES[0], since="10m", unit=unit)

    assert found.problem == ""
    assert any("the database is gone" in line for line in found.lines), found
