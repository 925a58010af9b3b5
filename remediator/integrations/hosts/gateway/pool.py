"""One SSH connection per host, kept while it is used and a while longer; used by the SSH shell.

sshd allows ten sessions per connection (MaxSessions) and drops unauthenticated connections from ten on
(MaxStartups): four and eight are our shares.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncssh

from remediator.integrations.hosts.gateway.connect import Reach, open_connection

SESSIONS_PER_CONNECTION = 4
NEW_CONNECTIONS = 8
IDLE = timedelta(minutes=5)


class _Line:
    """What is kept per host."""

    def __init__(self) -> None:
        self.slots = asyncio.Semaphore(SESSIONS_PER_CONNECTION)
        self.opening = asyncio.Lock()
        self.connection: asyncssh.SSHClientConnection | None = None
        self.users = 0
        self.hang_up: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        return self.connection is not None and not self.connection.is_closed()

    def close(self) -> None:
        if self.hang_up:
            self.hang_up.cancel()
        if self.connection:
            self.connection.close()
        self.connection = None


class Pool:
    """Connections by host name. Belongs to one event loop; `close` it."""

    def __init__(self, reach: Reach, *, idle: timedelta = IDLE) -> None:
        self._reach = reach
        self._idle = idle.total_seconds()
        self._doors = asyncio.Semaphore(NEW_CONNECTIONS)
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def connection(self, name: str) -> AsyncIterator[asyncssh.SSHClientConnection]:
        """Lend a connection for one session; raise Transient or Permanent where there is none to be had."""
        line = self._lines.setdefault(name, _Line())
        async with line.slots:
            line.users += 1
            try:
                yield await self._opened(line, name)
            finally:
                line.users -= 1
                self._rest(line, name)

    def forget(self, name: str, connection: asyncssh.SSHClientConnection) -> None:
        """Drop a connection that no longer answers; the next session opens another."""
        line = self._lines.get(name)
        if line and line.connection is connection:
            line.connection = None
        connection.abort()

    async def close(self) -> None:
        """Close every connection and wait until they are gone."""
        open_ones = [line.connection for line in self._lines.values() if line.connection]
        for line in self._lines.values():
            line.close()
        self._lines.clear()
        for connection in open_ones:
            await connection.wait_closed()

    async def _opened(self, line: _Line, name: str) -> asyncssh.SSHClientConnection:
        async with line.opening:
            if line.hang_up:
                line.hang_up.cancel()
            if line.connection is None or not line.is_open:
                async with self._doors:
                    line.connection = await open_connection(self._reach, name)
            return line.connection

    def _rest(self, line: _Line, name: str) -> None:
        """Let go of an unused line: of a closed one at once, of an open one after a while."""
        if line.users:
            return
        if not line.is_open:
            self._lines.pop(name, None)
            return
        line.hang_up = asyncio.get_running_loop().call_later(self._idle, self._retire, line, name)

    def _retire(self, line: _Line, name: str) -> None:
        if not line.users:
            line.close()
            self._lines.pop(name, None)
