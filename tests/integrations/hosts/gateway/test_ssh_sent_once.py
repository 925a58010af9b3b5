"""A command that has perhaps reached a host is never sent again by the gateway itself, however the connection ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from remediator.core.errors import ActionError, Transient, Uncertain
from remediator.integrations.hosts.gateway.conversation import Conversation
from tests.integrations.hosts.gateway.test_ssh_doubts import LIMIT, WEB1, shell_on
from tests.parts.loop_clock import outlast

End = Callable[[Any], bool]


def drops(connection: Any) -> bool:
    """Lose the connection before anything is answered."""
    connection.abort()
    return True


def drops_later(connection: Any) -> bool:
    """Say yes, then lose the connection."""
    asyncio.get_running_loop().call_later(0.02, connection.abort)
    return True


def says_no(connection: Any) -> bool:
    """Refuse to run it."""
    del connection
    return False


class Counting(asyncssh.SSHServer):
    """Lets everybody in, and counts the commands that come; `ends` says what becomes of each."""

    def __init__(self, commands: list[str], connections: list[Any], ends: End) -> None:
        self.commands, self.connections, self.ends = commands, connections, ends
        self.connection: Any = None

    def connection_made(self, conn: Any) -> None:
        self.connection = conn
        self.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        return False

    def session_requested(self) -> Any:
        return Session(self)


class Session(asyncssh.SSHServerSession[bytes]):
    def __init__(self, server: Counting) -> None:
        self._server = server
        self._channel: Any = None

    def connection_made(self, chan: Any) -> None:
        self._channel = chan

    def exec_requested(self, command: str) -> bool:
        self._server.commands.append(command)
        asyncio.get_running_loop().call_later(0.05, self._done)
        return self._server.ends(self._server.connection)

    def eof_received(self) -> bool:
        return True

    def _done(self) -> None:
        with suppress(OSError):
            self._channel.exit(0)


def conversation_of(shell: Any) -> Conversation:
    found: Conversation = next(
        value for value in vars(shell).values() if isinstance(value, Conversation)
    )
    return found


@pytest.mark.parametrize("ends", [drops, drops_later, says_no])
async def test_a_command_that_was_perhaps_taken_is_sent_once(tmp_path: Path, ends: End) -> None:
    commands: list[str] = []
    connections: list[Any] = []
    server = {"server_factory": lambda: Counting(commands, connections, ends)}
    async with shell_on(tmp_path, **server) as shell:
        with pytest.raises(ActionError) as error:
            await conversation_of(shell).run(WEB1, lambda root: "touch it", LIMIT)

    assert commands == ["touch it"]
    assert isinstance(error.value, Transient if ends is says_no else Uncertain)


async def test_a_kept_connection_that_died_meanwhile_is_made_anew_once(tmp_path: Path) -> None:
    commands: list[str] = []
    connections: list[Any] = []
    server = {"server_factory": lambda: Counting(commands, connections, lambda c: True)}
    async with shell_on(tmp_path, **server) as shell:
        talk = conversation_of(shell)
        first = await talk.run(WEB1, lambda root: "one", LIMIT)
        connections[0].abort()
        second = await talk.run(WEB1, lambda root: "two", LIMIT)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert commands == ["one", "two"]
    assert len(connections) == 2


async def test_a_command_without_an_answer_in_time_is_in_doubt_and_its_channel_is_closed(
    tmp_path: Path,
) -> None:
    begun, closed = asyncio.Event(), asyncio.Event()

    async def answer(process: Any) -> None:
        begun.set()
        await process.channel.wait_closed()
        closed.set()

    class Anybody(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return False

    server = {"server_factory": Anybody, "process_factory": answer}
    async with shell_on(tmp_path, **server) as shell:
        running = conversation_of(shell).run(WEB1, lambda root: "sleep 30", LIMIT)
        asked = asyncio.create_task(running)
        await begun.wait()
        await outlast(asked, LIMIT)
        with pytest.raises(Uncertain, match="no answer within"):
            await asked
        await closed.wait()


async def test_the_line_knows_whether_the_login_is_roots(tmp_path: Path) -> None:
    commands: list[str] = []
    server = {"server_factory": lambda: Counting(commands, [], lambda c: True)}
    async with shell_on(tmp_path, **server) as shell:
        talk = conversation_of(shell)
        await talk.run(WEB1, lambda root: "plain" if root else "with sudo", LIMIT)

    assert commands == ["with sudo"]
