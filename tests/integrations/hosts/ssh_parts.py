"""SSH shells on a real sshd, and a command that counts its runs; shared by the tests of the SSH gateway."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from remediator.core.target import Target
from remediator.integrations.hosts.gateway.connect import Reach
from remediator.integrations.hosts.gateway.shell import SshShell
from remediator.integrations.hosts.settings.inventory import HostAddress
from remediator.integrations.hosts.settings.section import SshSettings
from remediator.integrations.shell.contract import ShellBench
from tests.parts.sshd import Sshd

WEB1 = Target("host", "web1")
COUNT = 'echo x >>"$1"; echo counted'


def settings_for(sshd: Sshd, receipts: str, path: str = "", **more: Any) -> Reach:
    """What reaches `web1`. `receipts` may be beside the account's home, which the settings do not allow."""
    leads = more.pop("addresses", {"web1": HostAddress(sshd.host, sshd.port)})
    known = {
        "known_hosts": sshd.known_hosts_path,
        "user": sshd.user,
        "private_key_file": sshd.private_key_path,
    }
    ssh = SshSettings.model_validate(known).model_copy(update={"receipts": receipts, **more})
    reach = Reach(ssh=ssh, addresses=leads)
    return replace(reach, path=path) if path else reach


@asynccontextmanager
async def shell_for(settings: Reach) -> AsyncIterator[SshShell]:
    shell = SshShell(settings)
    try:
        yield shell
    finally:
        await shell.close()


@contextmanager
def open_directory() -> Iterator[Path]:
    """A directory that other accounts may enter; pytest closes its own to them whenever it starts."""
    with TemporaryDirectory(prefix="remediator-ssh-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def bench_for(shell: SshShell, directory: Path) -> ShellBench:
    runs = directory / "runs"
    return ShellBench(
        shell=shell,
        target=WEB1,
        counting=["sh", "-c", COUNT, "sh", str(runs)],
        failing=["sh", "-c", "echo no >&2; exit 3"],
        count=lambda: len(runs.read_text().splitlines()) if runs.exists() else 0,
    )


def busybox_only(directory: Path) -> str:
    """A PATH with busybox's tools, and flock, which Debian's busybox leaves out."""
    tools = directory / "tools"
    tools.mkdir()
    for name in subprocess.check_output(["busybox", "--list"], text=True).split():
        (tools / name).symlink_to("/usr/bin/busybox")
    (tools / "flock").unlink(missing_ok=True)
    (tools / "flock").symlink_to("/usr/bin/flock")
    return str(tools)
