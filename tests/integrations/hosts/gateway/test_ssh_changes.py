"""Changing hosts over a real sshd: once, also when connections are cut, disks are full and login shells talk."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remediator.core.errors import ActionError, Permanent, Stale, Transient, Uncertain
from remediator.core.target import Target
from remediator.integrations.hosts.gateway.shell import SshShell
from remediator.integrations.hosts.settings.inventory import HostAddress
from remediator.integrations.shell.api import Output, Receipt
from remediator.integrations.shell.remote.receipt_report import key_of
from tests.integrations.hosts.ssh_parts import (
    WEB1,
    busybox_only,
    open_directory,
    settings_for,
    shell_for,
)
from tests.integrations.shell.slow_tools import slow_to_write
from tests.parts.loopfs import LoopFs
from tests.parts.require import require, require_namespaces
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow
LIMIT = timedelta(seconds=20)
SLOW_COUNT = 'echo begun >>"$1"; sleep 1.5; echo ended >>"$1"; echo said'


@pytest.fixture
def own_sshd() -> Iterator[Sshd]:
    require("sshd", "ssh-keygen", root=True)
    with Sshd() as part:
        yield part


@pytest.fixture
async def shell(own_sshd: Sshd, tmp_path: Path) -> AsyncIterator[SshShell]:
    async with shell_for(settings_for(own_sshd, str(tmp_path / "receipts"))) as one:
        yield one


async def changed(
    shell: SshShell,
    token: str,
    argv: list[str],
    *,
    target: Target = WEB1,
    timeout: timedelta = LIMIT,
    fence: int = 1,
) -> Output:
    not_after = datetime.now(UTC) + timedelta(seconds=60)
    return await shell.change(
        target, argv, token=token, fence=fence, not_after=not_after, timeout=timeout
    )


async def settled(shell: SshShell, token: str) -> Receipt:
    for _ in range(600):
        receipt = await shell.receipt(WEB1, token)
        if receipt.state != "running":
            return receipt
        await asyncio.sleep(0.2)
    raise AssertionError("it never ends")


async def until_exists(path: Path) -> None:
    for _ in range(1200):
        if path.exists():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} never appears")


@pytest.mark.parametrize("tools", ["usual", "busybox"])
async def test_a_cut_connection_leaves_the_command_to_its_end_and_its_receipt(
    own_sshd: Sshd, tmp_path: Path, tools: str
) -> None:
    runs = tmp_path / "runs"
    words = ["sh", "-c", SLOW_COUNT, "sh", str(runs)]
    path = busybox_only(tmp_path) if tools == "busybox" else "/usr/sbin:/usr/bin:/sbin:/bin"
    settings = settings_for(own_sshd, str(tmp_path / "receipts"), path=path)
    async with shell_for(settings) as shell:
        change = asyncio.create_task(changed(shell, "cut", words))
        await until_exists(runs)
        assert own_sshd.cut() > 0
        with pytest.raises(Uncertain):
            await change

        assert (await shell.receipt(WEB1, "cut")).state == "running"
        assert isinstance(await error_of(changed(shell, "next", words)), Transient)
        receipt = await settled(shell, "cut")

        assert receipt.state == "done"
        assert receipt.output is not None
        assert (receipt.output.exit_code, receipt.output.stdout) == (0, "said\n")
        assert runs.read_text() == "begun\nended\n"
        assert isinstance(await error_of(changed(shell, "cut", words)), Stale)


async def until_done(receipts: Path, token: str) -> None:
    """Wait until the end of a command is written down, by whatever code."""
    link = receipts / f"t.{token}"
    for _ in range(3000):
        if os.path.lexists(link) and os.readlink(link).startswith("done:"):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{token} never ends")


async def test_what_a_command_said_is_waited_for_when_only_its_end_is_written_down(
    own_sshd: Sshd, tmp_path: Path
) -> None:
    receipts = tmp_path / "receipts"
    slow_to_write(tmp_path / "slow")
    path = f"{tmp_path}/slow:/usr/sbin:/usr/bin:/sbin:/bin"
    async with shell_for(settings_for(own_sshd, str(receipts), path=path)) as shell:
        change = asyncio.create_task(changed(shell, "said", ["echo", "said"]))
        await until_done(receipts, "said")
        receipt = await shell.receipt(WEB1, "said")

        assert receipt.output is not None
        assert receipt.output.stdout == "said\n"
        assert (await change).stdout == "said\n"


async def test_who_keeps_a_stream_open_is_not_waited_for(own_sshd: Sshd, tmp_path: Path) -> None:
    receipts = tmp_path / "receipts"
    async with shell_for(settings_for(own_sshd, str(receipts))) as shell:
        words = ["sh", "-c", "echo said; sleep 60 & exit 3"]
        change = asyncio.create_task(error_of(changed(shell, "left", words)))
        await until_done(receipts, "left")
        receipt = await shell.receipt(WEB1, "left")

        assert receipt.output is not None
        assert receipt.output.exit_code == 3
        assert not change.done()
        change.cancel()


async def error_of(change: object) -> ActionError | None:
    try:
        await change  # type: ignore[misc]
    except ActionError as error:
        return error
    return None


async def test_a_cancelled_change_goes_on_and_is_found(shell: SshShell, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    change = asyncio.create_task(changed(shell, "left", ["sh", "-c", SLOW_COUNT, "sh", str(runs)]))
    await until_exists(runs)
    change.cancel()
    with pytest.raises(asyncio.CancelledError):
        await change

    assert (await settled(shell, "left")).state == "done"
    assert runs.read_text() == "begun\nended\n"


async def test_a_change_is_ended_by_the_host_at_its_time_limit(shell: SshShell) -> None:
    begun = time.monotonic()
    output = await changed(shell, "slow", ["sleep", "90"], timeout=timedelta(seconds=1))

    assert output.exit_code == 124
    assert time.monotonic() - begun < 45


async def test_a_wrapper_that_is_killed_leaves_a_broken_receipt(
    shell: SshShell, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    words = ["sh", "-c", 'echo $PPID >"$1"; sleep 20', "sh", str(runs)]
    change = asyncio.create_task(error_of(changed(shell, "broken", words)))
    await until_exists(runs)
    await asyncio.sleep(0.2)
    subprocess.run(["pkill", "-9", "-f", "t.broken"], check=False)  # only what carries this token

    assert isinstance(await change, Uncertain)
    assert (await shell.receipt(WEB1, "broken")).state == "broken"


async def test_two_tokens_at_once_on_one_target_run_one_command(
    shell: SshShell, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    words = ["sh", "-c", SLOW_COUNT, "sh", str(runs)]
    answers = await asyncio.gather(
        *(changed(shell, f"at_once_{number}", words) for number in range(4)), return_exceptions=True
    )

    assert sum(isinstance(answer, Output) for answer in answers) == 1
    assert sum(isinstance(answer, Transient) for answer in answers) == 3
    assert runs.read_text() == "begun\nended\n"


async def test_one_token_sent_many_times_at_once_runs_once(shell: SshShell, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    words = ["sh", "-c", 'echo x >>"$1"', "sh", str(runs)]
    answers = await asyncio.gather(
        *(changed(shell, "same", words) for _ in range(8)), return_exceptions=True
    )

    assert sum(isinstance(answer, Output) for answer in answers) == 1
    assert all(isinstance(answer, Output | Stale | Transient) for answer in answers)
    assert runs.read_text() == "x\n"


async def test_targets_on_one_host_have_fences_of_their_own(own_sshd: Sshd, tmp_path: Path) -> None:
    address = HostAddress(own_sshd.host, own_sshd.port)
    addresses = {"web1": address, "web2": address}
    settings = settings_for(own_sshd, str(tmp_path / "receipts"), addresses=addresses)
    async with shell_for(settings) as shell:
        await changed(shell, "high", ["true"], fence=9)

        other = Target("host", "web2")
        assert (await changed(shell, "low", ["true"], target=other, fence=1)).ok


async def test_a_full_disk_keeps_no_cleaner_from_running(own_sshd: Sshd) -> None:
    require_namespaces()
    with LoopFs(16) as disk:
        async with shell_for(settings_for(own_sshd, str(disk.path / "receipts"))) as shell:
            await changed(shell, "first", ["true"])
            ballast = disk.path / "ballast"
            with ballast.open("wb") as file, pytest.raises(OSError, match="No space left"):
                while True:
                    os.write(file.fileno(), b"x" * 65536)
            with ballast.open("ab") as file, pytest.raises(OSError, match="No space left"):
                while True:
                    os.write(file.fileno(), b"x")
            assert disk.available() == 0

            words = ["sh", "-c", 'seq 100000; rm "$1"; seq 100000', "sh", str(ballast)]
            output = await changed(shell, "cleans", words)

            assert output.ok
            assert not ballast.exists()
            assert (await shell.receipt(WEB1, "cleans")).state == "done"


async def test_a_talkative_login_shell_changes_nothing(tmp_path: Path) -> None:
    require("sshd", root=True)
    with Sshd(login_shell="/bin/bash") as sshd:
        home = Path(f"~{sshd.user}").expanduser()
        (home / ".bashrc").write_text("echo 'remediator-receipt says hello'; echo noise >&2\n")
        async with shell_for(settings_for(sshd, "receipts")) as shell:
            output = await changed(shell, "noise", ["echo", "hi"])
            receipt = await shell.receipt(WEB1, "noise")

    assert (output.exit_code, output.stdout) == (0, "hi\n")
    assert receipt.output is not None
    assert receipt.output.stdout == "hi\n"


async def test_a_program_without_a_login_is_a_clear_error() -> None:
    require("sshd", root=True)
    with Sshd(login_shell="/usr/sbin/nologin") as sshd:
        async with shell_for(settings_for(sshd, "receipts")) as shell:
            with pytest.raises(Permanent, match="not available"):
                await changed(shell, "nologin", ["true"])


async def test_receipts_are_for_the_account_only(shell: SshShell, tmp_path: Path) -> None:
    await changed(shell, "private", ["echo", "secret"])

    assert (tmp_path / "receipts").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "receipts/t.private.out").stat().st_mode & 0o077 == 0


async def test_a_directory_that_is_not_ours_is_refused() -> None:
    require("sshd", root=True)
    with open_directory() as theirs, Sshd(login_shell="/bin/dash") as sshd:
        async with shell_for(settings_for(sshd, str(theirs))) as shell:
            with pytest.raises(Permanent, match=r"not ours.*install -d"):
                await changed(shell, "theirs", ["true"])
        async with shell_for(settings_for(sshd, "/proc/receipts")) as shell:
            with pytest.raises(Permanent, match="install -d"):
                await shell.receipt(WEB1, "nowhere")


async def test_old_receipts_are_forgotten_but_fences_never(shell: SshShell, tmp_path: Path) -> None:
    receipts = tmp_path / "receipts"
    await changed(shell, "old", ["true"], fence=5)
    long_ago = time.time() - 8 * 86400
    for path in receipts.iterdir():
        os.utime(path, (long_ago, long_ago), follow_symlinks=False)
    await changed(shell, "new", ["true"], fence=5)
    for _ in range(600):
        if not (receipts / "t.old.out").exists():
            break
        await asyncio.sleep(0.1)

    assert {path.name for path in receipts.glob("t.*")} == {"t.new", "t.new.out", "t.new.err"}
    assert os.readlink(receipts / f"k.{key_of(WEB1)}") == "5:new"
    assert isinstance(await error_of(changed(shell, "older", ["true"], fence=4)), Stale)


async def test_a_gigabyte_said_by_a_change_neither_fills_the_disk_nor_breaks_it(
    shell: SshShell, tmp_path: Path
) -> None:
    words = [
        "sh",
        "-c",
        'head -c 1G /dev/zero; echo end; echo done >"$1"',
        "sh",
        str(tmp_path / "x"),
    ]
    output = await changed(shell, "loud", words)

    assert output.ok
    assert output.truncated
    assert output.stdout.endswith("end\n")
    assert (tmp_path / "x").exists()
    assert (tmp_path / "receipts/t.loud.out").stat().st_size <= 256 * 1024


async def test_a_command_that_sudo_refuses_is_an_answer(tmp_path: Path) -> None:
    require("sshd", "sudo", root=True)
    with Sshd(login_shell="/bin/dash") as sshd:
        async with shell_for(settings_for(sshd, "receipts", sudo=True)) as shell:
            output = await changed(shell, "unsudoed", ["id"])

    assert output.exit_code == 1
    assert "sudo" in output.complaint


async def test_a_frozen_host_is_uncertain_only_if_it_may_have_started(own_sshd: Sshd) -> None:
    async with shell_for(settings_for(own_sshd, "/nowhere")) as shell:
        own_sshd.freeze()
        try:
            before = time.monotonic()
            with pytest.raises(Transient):
                await changed(shell, "frozen", ["true"], timeout=timedelta(seconds=1))
            assert time.monotonic() - before < 30
        finally:
            own_sshd.thaw()
