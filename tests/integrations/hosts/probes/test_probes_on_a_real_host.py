"""The probes of hosts and the disk check, on a real host."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.core.alert import Alert, AlertStatus
from remediator.core.events import Evidence
from remediator.core.facts import Known
from remediator.integrations.hosts.checks import disk
from remediator.integrations.hosts.gateway.shell import SshShell
from remediator.integrations.hosts.probes import disk_usage, host_top, journal_errors
from remediator.ports.check import Question
from remediator.ports.probe import Probe
from tests.bound import reads_of
from tests.integrations.hosts.ssh_parts import WEB1, settings_for, shell_for
from tests.parts.host import Host

pytestmark = pytest.mark.slow


@pytest.fixture
async def shell(host: Host, tmp_path: Path) -> AsyncIterator[SshShell]:
    async with shell_for(settings_for(host.sshd, "/run/receipts")) as one:
        yield one


async def look(probe: Probe, shell: SshShell, **parameters: Any) -> Evidence:
    wanted = probe.parameters.model_validate(parameters)
    return await probe.prober(reads_of(looker=shell)).probe(WEB1, wanted, timedelta(seconds=20))


async def test_disk_usage_names_what_fills_the_disk(host: Host, shell: SshShell) -> None:
    host.run(["mkdir", "-p", "/var/big/files"])
    host.run(["fallocate", "-l", "64M", "/var/big/files/one"])
    found = await look(disk_usage.PROBES[0], shell, path="/var", top=3)

    assert found.problem == ""
    assert found.lines[0].startswith("/var ")
    assert found.lines[1].startswith("inodes ")
    assert any(line.endswith("/var/big/files") for line in found.lines)


async def test_disk_usage_names_what_du_cannot_see(host: Host, shell: SshShell) -> None:
    host.run(["mkdir", "-p", "/var/hidden"])
    host.run(["fallocate", "-l", "48M", "/var/hidden/below"])
    host.run(["mount", "-t", "tmpfs", "none", "/var/hidden"])
    held = (
        "exec 3>/var/held; fallocate -l 32M /var/held; rm /var/held; exec sleep 300 >/dev/null 2>&1"
    )
    host.run(["systemd-run", "--unit=holder", "sh", "-c", held])
    try:
        host.run(["sh", "-c", "while test -e /var/held; do sleep 0.1; done; sleep 1"])
        found = await look(disk_usage.PROBES[0], shell, path="/var", top=3)
    finally:
        host.run(["systemctl", "stop", "holder"])
        host.run(["umount", "/var/hidden"])
        host.run(["rm", "-r", "/var/hidden"])

    assert any(
        "in deleted files that are still open: /var/held (pid " in one for one in found.lines
    )
    (hidden,) = (one for one in found.lines if "in no file that du sees" in one)
    assert "/var/hidden" in hidden


async def test_host_top_names_programs(shell: SshShell) -> None:
    found = await look(host_top.PROBES[0], shell, top=3)

    assert found.problem == ""
    assert found.lines[0].startswith("load ")
    assert len(found.lines) >= 5


async def test_journal_errors_shows_the_last_ones(host: Host, shell: SshShell) -> None:
    host.run(["systemd-cat", "-t", "app", "-p", "err", "echo", "the database is gone"])
    host.run(["systemd-cat", "-t", "app", "-p", "info", "echo", "all is well"])
    host.run(["journalctl", "--sync"])
    found = await look(journal_errors.PROBES[0], shell, since="10m")

    assert found.problem == ""
    assert "the database is gone" in found.lines[-1]


@pytest.mark.parametrize(("wanted", "known"), [(1, Known.HOLDS), (99.9, Known.FAILS)])
async def test_the_disk_check_measures_on_the_host(
    shell: SshShell, wanted: float, known: Known
) -> None:
    now = datetime.now(UTC)
    question = Question(
        parameters=disk.DiskParameters.model_validate({"path": "/var/log", "free_percent": wanted}),
        alert=Alert(
            fingerprint="f", status=AlertStatus.FIRING, labels={}, annotations={}, starts_at=now
        ),
        target=WEB1,
        now=now,
    )
    found = await disk.CHECKS[0].checker(reads_of(looker=shell)).ask(question)

    assert found.known is known, found.detail
    assert "of /var is free" in found.detail
