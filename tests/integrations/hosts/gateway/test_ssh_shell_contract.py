"""One contract for shells: the fake, and the real sshd as root, as a sudo account, and with nothing but busybox."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from remediator.core.target import Target
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.integrations.shell.contract import ShellBench, ShellContract
from tests.integrations.hosts.ssh_parts import bench_for, busybox_only, settings_for, shell_for
from tests.parts.require import require
from tests.parts.sshd import Sshd


class TestFakeShell(ShellContract):
    @pytest.fixture
    def bench(self) -> ShellBench:
        runs: list[str] = []
        machine = FakeMachine()
        machine.programs["count"] = lambda words: runs.append("x") or said("counted\n")
        machine.programs["fail"] = lambda words: said(code=3)
        return ShellBench(
            shell=FakeHosts({"web1": machine}),
            target=Target("host", "web1"),
            counting=["count"],
            failing=["fail"],
            count=lambda: len(runs),
        )


@pytest.mark.slow
class TestSshShell(ShellContract):
    @pytest.fixture
    async def bench(self, sshd: Sshd, tmp_path: Path) -> AsyncIterator[ShellBench]:
        async with shell_for(settings_for(sshd, str(tmp_path / "receipts"))) as shell:
            yield bench_for(shell, tmp_path)


@pytest.fixture(scope="module")
def sudo_sshd() -> object:
    require("sshd", "ssh-keygen", "sudo", "dash", root=True)
    with Sshd(login_shell="/bin/dash", sudo=True) as part:
        yield part


@pytest.mark.slow
class TestSshShellOfASudoAccount(ShellContract):
    @pytest.fixture
    async def bench(self, sudo_sshd: Sshd, tmp_path: Path) -> AsyncIterator[ShellBench]:
        settings = settings_for(sudo_sshd, f"receipts/{tmp_path.name}", sudo=True)
        async with shell_for(settings) as shell:
            yield bench_for(shell, tmp_path)


@pytest.mark.slow
class TestSshShellWithBusyboxOnly(ShellContract):
    @pytest.fixture
    async def bench(self, sshd: Sshd, tmp_path: Path) -> AsyncIterator[ShellBench]:
        require("busybox")
        settings = settings_for(sshd, str(tmp_path / "receipts"), path=busybox_only(tmp_path))
        async with shell_for(settings) as shell:
            yield bench_for(shell, tmp_path)
