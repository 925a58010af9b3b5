"""A cleanup as an account that may do nothing but use sudo, on a real host with a full disk."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from remediator.core.change import Change
from remediator.core.errors import Uncertain
from remediator.core.events import Observation
from remediator.integrations.hosts.gateway.shell import SshShell
from tests.integrations.hosts.actions.test_contract_on_a_real_host import real_case
from tests.integrations.hosts.ssh_parts import settings_for, shell_for
from tests.parts.fixtures import require_host
from tests.parts.host import Host
from tests.parts.require import require

pytestmark = pytest.mark.slow
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def sudo_host() -> Iterator[Host]:
    require_host()
    require("sudo", "dash")
    with Host(docker=True, sudo=True, login_shell="/bin/dash") as part:
        yield part


@pytest.fixture
async def shell(sudo_host: Host) -> AsyncIterator[SshShell]:
    async with shell_for(settings_for(sudo_host.sshd, "receipts", sudo=True)) as one:
        yield one


@pytest.mark.parametrize("name", ["journal.vacuum", "docker.prune"])
async def test_a_full_disk_is_cleaned_and_the_gain_is_real(
    name: str, sudo_host: Host, shell: SshShell
) -> None:
    case = real_case(name, sudo_host, shell)
    sudo_host.disk.fill(99)
    before = sudo_host.disk.available()
    try:
        change = await case.change()
        measure = await case.applier().apply(change, case.ticket())
        gained = sudo_host.disk.available() - before
    finally:
        sudo_host.disk.fill(0)

    assert measure.freed_bytes == pytest.approx(gained, abs=MEBIBYTE)
    assert gained > 15 * MEBIBYTE
    assert "/var 99 %" in measure.summary


async def test_a_vacuum_over_a_connection_that_is_cut_happens_once_and_is_found(
    sudo_host: Host, shell: SshShell
) -> None:
    case = real_case("journal.vacuum", sudo_host, shell)
    proposed = await case.change()
    slowed = ["sh", "-c", 'sleep 2; exec "$@"', "sh", *proposed.intent["argv"]]
    change: Change = replace(proposed, intent={"argv": slowed})
    ticket = case.ticket()
    attempt = asyncio.create_task(case.applier().apply(change, ticket))
    while sudo_host.exec(
        ["pgrep", "-f", f"sleep 2.*t.{ticket.token}|t.{ticket.token}.*sleep 2"]
    ).returncode:
        await asyncio.sleep(0.1)
    sudo_host.sshd.cut()

    with pytest.raises(Uncertain):
        await attempt
    sights = [await case.proposer().observe(change, ticket)]
    while sights[-1].observation is Observation.PENDING:
        await asyncio.sleep(0.3)
        sights.append(await case.proposer().observe(change, ticket))

    assert sights[0].observation is Observation.PENDING
    assert sights[-1].observation is Observation.APPLIED
    assert (sights[-1].measure.freed_bytes or 0) > 10 * MEBIBYTE
