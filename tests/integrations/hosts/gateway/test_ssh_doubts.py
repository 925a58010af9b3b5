"""Where "surely not started" ends and "perhaps started" begins, on an SSH server in this very process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from remediator.core.errors import ActionError, Permanent, Transient, Uncertain
from remediator.core.target import Target
from remediator.integrations.hosts.gateway.connect import Reach
from remediator.integrations.hosts.gateway.shell import SshShell
from remediator.integrations.hosts.settings.inventory import HostAddress
from remediator.integrations.hosts.settings.section import SshSettings
from remediator.integrations.shell.remote.receipt_report import MARK

WEB1 = Target("host", "web1")
LIMIT = timedelta(seconds=60)
Process = asyncssh.SSHServerProcess


class _Anybody(asyncssh.SSHServer):
    """Lets everybody in; with `sessions` False no session is opened."""

    def __init__(self, *, sessions: bool = True) -> None:
        self._sessions = sessions

    def begin_auth(self, username: str) -> bool:
        return False

    def session_requested(self) -> bool:
        return self._sessions


@asynccontextmanager
async def shell_on(tmp_path: Path, **server: Any) -> AsyncIterator[SshShell]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    acceptor = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], **server)
    port = acceptor.get_port()
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{port} {key.export_public_key().decode()}")
    ssh = SshSettings(known_hosts=known_hosts, user="anna")
    settings = Reach(ssh=ssh, addresses={"web1": HostAddress("127.0.0.1", port)})
    shell = SshShell(settings)
    try:
        yield shell
    finally:
        await shell.close()
        acceptor.close()
        await acceptor.wait_closed()


async def change(shell: SshShell) -> ActionError | None:
    try:
        await shell.change(
            WEB1,
            ["true"],
            token="t1",
            fence=1,
            not_after=datetime.now(UTC) + LIMIT,
            timeout=LIMIT,
        )
    except ActionError as error:
        return error
    return None


def says(*lines: str, code: int | None = 0) -> Callable[[Process[str]], Any]:
    """Answer with lines and an exit code, or drop the connection where there is none."""

    async def answer(process: Process[str]) -> None:
        process.stdout.write("".join(f"{line}\n" for line in lines))
        await process.stdout.drain()
        await asyncio.sleep(0.05)
        if code is None:
            process.get_extra_info("connection").abort()
        else:
            process.exit(code)

    return answer


async def test_a_server_that_opens_no_session_started_nothing(tmp_path: Path) -> None:
    server = {"server_factory": lambda: _Anybody(sessions=False)}
    async with shell_on(tmp_path, **server) as shell:
        assert isinstance(await change(shell), Transient)


@pytest.mark.parametrize(
    ("lines", "code", "error"),
    [
        ((), None, Uncertain),
        ((f"{MARK} t1 launched",), None, Uncertain),
        ((f"{MARK} t1 launched",), 0, Uncertain),
        ((f"{MARK} t1 launched", f"{MARK} t1 started"), 0, Uncertain),
        ((f"{MARK} t1 launched", f"{MARK} t1 done:0"), None, Uncertain),
        ((f"{MARK} t1 launched", f"{MARK} t1 done:0"), 0, type(None)),
        ((f"{MARK} t1 refused",), 0, Uncertain),
        ((f"{MARK} other done:0",), 0, Permanent),
        (("This account is not available",), 1, Permanent),
    ],
)
async def test_an_answer_that_is_not_whole_is_never_taken_for_no(
    tmp_path: Path, lines: tuple[str, ...], code: int | None, error: type
) -> None:
    server = {"server_factory": _Anybody, "process_factory": says(*lines, code=code)}
    async with shell_on(tmp_path, **server) as shell:
        assert isinstance(await change(shell), error)


async def test_a_program_of_ours_that_was_killed_may_have_started_the_command(
    tmp_path: Path,
) -> None:
    async def answer(process: Process[str]) -> None:
        process.exit_with_signal("KILL")

    server = {"server_factory": _Anybody, "process_factory": answer}
    async with shell_on(tmp_path, **server) as shell:
        assert isinstance(await change(shell), Uncertain)
        output = await shell.look(WEB1, ["true"], timeout=LIMIT)

    assert output.exit_code == 137


async def test_a_look_without_an_answer_may_be_repeated(tmp_path: Path) -> None:
    server = {"server_factory": _Anybody, "process_factory": says("half", code=None)}
    async with shell_on(tmp_path, **server) as shell:
        with pytest.raises(Transient):
            await shell.look(WEB1, ["true"], timeout=LIMIT)


async def test_no_more_than_four_sessions_are_open_on_one_connection(tmp_path: Path) -> None:
    now_open, most = 0, 0
    four = asyncio.Barrier(4)

    async def answer(process: Process[str]) -> None:
        nonlocal now_open, most
        now_open += 1
        most = max(most, now_open)
        await four.wait()
        await asyncio.sleep(0.01)  # for a fifth
        now_open -= 1
        process.exit(0)

    server = {"server_factory": _Anybody, "process_factory": answer}
    async with shell_on(tmp_path, **server) as shell:
        looks = [shell.look(WEB1, ["true"], timeout=LIMIT) for _ in range(20)]
        outputs = await asyncio.gather(*looks)

    assert all(output.ok for output in outputs)
    assert most == 4


async def test_the_remote_line_has_the_time_limit_and_an_empty_environment(tmp_path: Path) -> None:
    lines: list[str | None] = []

    async def answer(process: Process[str]) -> None:
        lines.append(process.command)
        process.exit(0)

    server = {"server_factory": _Anybody, "process_factory": answer}
    async with shell_on(tmp_path, **server) as shell:
        await shell.look(WEB1, ["df", "--", "/a b"], timeout=LIMIT)

    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    assert lines == [f"env -i PATH={path} LC_ALL=C timeout -k 5 60 df -- '/a b'"]
