"""Cleaning is tied to the file system that is to be freed, on a real host with a /var of its own."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from remediator.core.change import Nothing
from remediator.core.events import Observation
from remediator.integrations.hosts.actions.docker import prune
from remediator.integrations.hosts.actions.journal import vacuum
from remediator.integrations.hosts.gateway.shell import SshShell
from remediator.testing.action_contract import ActionCase
from tests.bound import reads_of, writes_of
from tests.integrations.hosts.fakes import request
from tests.integrations.hosts.ssh_parts import settings_for, shell_for
from tests.parts.host import Host

pytestmark = pytest.mark.slow
MEBIBYTE = 1024 * 1024


@pytest.fixture
async def shell(host: Host, tmp_path: Path) -> AsyncIterator[SshShell]:
    async with shell_for(settings_for(host.sshd, f"/run/receipts/{tmp_path.name}")) as one:
        yield one


def case(shell: SshShell, module: Any, **parameters: Any) -> ActionCase:
    action = module.ACTIONS[0]
    return ActionCase(
        action=action,
        request=request(action, **parameters),
        reads=reads_of(looker=shell),
        writes=writes_of(shell=shell),
        state=lambda: None,
    )


def journals(host: Host) -> str:
    return host.run(["sh", "-c", "ls /var/log/journal/*"])


@pytest.mark.parametrize("path", ["/", "/run", "/tmp"])
async def test_an_alert_on_another_file_system_deletes_no_journal_and_prunes_nothing(
    host: Host, shell: SshShell, path: str
) -> None:
    host.fill_journal(32)
    host.add_dangling_image(5)
    before = journals(host)

    for one in (
        case(shell, vacuum, keep_size="16M", path=path),
        case(shell, prune, older_than="1d", path=path),
    ):
        proposed = await one.proposer().propose(one.request)
        assert isinstance(proposed, Nothing), proposed
        assert " on /var: " in proposed.reason, proposed
        assert (
            f"would free nothing on {host.run(['stat', '-c', '%m', path]).strip()}"
            in proposed.reason
        )
    assert journals(host) == before


@pytest.mark.parametrize("path", ["/var", "/var/log", "/var/log/journal", "/var/lib/docker"])
async def test_an_alert_on_its_own_file_system_is_answered(
    host: Host, shell: SshShell, path: str
) -> None:
    host.fill_journal(48)
    before = host.disk.available()
    one = case(shell, vacuum, keep_size="16M", path=path)
    change, ticket = await one.change(), one.ticket()
    measure = await one.applier().apply(change, ticket)

    assert measure.freed_bytes == pytest.approx(host.disk.available() - before, abs=9 * MEBIBYTE)
    assert (measure.freed_bytes or 0) > 16 * MEBIBYTE


async def test_a_bind_mount_of_the_same_device_is_the_same_file_system(
    host: Host, shell: SshShell
) -> None:
    host.fill_journal(32)
    host.run(
        ["sh", "-c", "mkdir -p /var/spool/all /run/again && mount --bind /var/spool/all /run/again"]
    )
    try:
        change = await case(shell, vacuum, keep_size="16M", path="/run/again").change()
    finally:
        host.run(["umount", "/run/again"])

    assert change.action == "journal.vacuum"


async def test_of_two_journals_only_the_one_on_the_wanted_file_system_is_vacuumed(
    host: Host, shell: SshShell
) -> None:
    """A journal in memory from before /var was mounted: an alert on /run leaves the one on /var as it is."""
    host.fill_journal(48)
    machine = host.run(["cat", "/etc/machine-id"]).strip()
    volatile = f"/run/log/journal/{machine}"
    host.run(
        ["sh", "-c", f"mkdir -p {volatile} && cp /var/log/journal/{machine}/*@*.journal {volatile}"]
    )
    before = {one for one in journals(host).split() if "@" in one}
    one = case(shell, vacuum, keep_size="8M", path="/run")
    try:
        change, ticket = await one.change(), one.ticket()
        measure = await one.applier().apply(change, ticket)
        sight = await one.proposer().observe(change, ticket)
    finally:
        host.run(["rm", "-rf", volatile])

    assert f"--directory={volatile}" in change.intent["argv"]
    assert (measure.freed_bytes or 0) > 16 * MEBIBYTE
    assert sight.observation is Observation.APPLIED
    assert before <= set(journals(host).split())


async def test_what_a_vacuum_may_free_counts_only_the_journals_on_the_disk_that_it_is_measured_on(
    host: Host, shell: SshShell
) -> None:
    host.fill_journal(48)
    machine = host.run(["cat", "/etc/machine-id"]).strip()
    volatile = f"/run/log/journal/{machine}"
    without = await case(shell, vacuum, keep_size="8M").change()
    host.run(
        ["sh", "-c", f"mkdir -p {volatile} && cp /var/log/journal/{machine}/*@*.journal {volatile}"]
    )
    try:
        with_another = await case(shell, vacuum, keep_size="8M").change()
    finally:
        host.run(["rm", "-rf", volatile])

    assert with_another.intent == without.intent
    assert with_another.estimate == pytest.approx(without.estimate, abs=12 * MEBIBYTE)


async def test_a_journal_behind_a_link_lies_where_the_link_leads(
    host: Host, shell: SshShell
) -> None:
    host.fill_journal(16)
    host.run(
        ["sh", "-c", "mkdir -p /run/elsewhere && mount -t tmpfs -o size=64m tmpfs /run/elsewhere"]
    )
    host.run(
        ["sh", "-c", "mv /var/log/journal /var/log/journal.real && mkdir /run/elsewhere/journal"]
    )
    host.run(["ln", "-s", "/run/elsewhere/journal", "/var/log/journal"])
    try:
        one = case(shell, vacuum, keep_size="1M", path="/var")
        proposed = await one.proposer().propose(one.request)
    finally:
        host.run(["rm", "/var/log/journal"])
        host.run(["mv", "/var/log/journal.real", "/var/log/journal"])
        host.run(["umount", "/run/elsewhere"])

    assert isinstance(proposed, Nothing)
    assert "/var/log/journal on /run/elsewhere" in proposed.reason
