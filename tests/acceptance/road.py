"""A road between two servers that a test can block, or that leads to several: a load balancer, a firewall."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from urllib.parse import urlsplit

from remediator.integrations.slack.fake.own_loop import OwnLoop

CHUNK = 65536


class Road:
    """Passes connections on to `ends` in turn, leaving out those that do not answer. Use as a context manager.

    While `is_blocked`, whatever is sent is swallowed, as by a firewall that drops packets. `seen` has the moments
    (monotonic) at which something with `watched` in it was sent along.
    """

    def __init__(self, *ends: str, watched: bytes = b"") -> None:
        self.ends = ends
        self.is_blocked = False
        self.seen: list[float] = []
        self._watched = watched
        self._turn = 0
        self._loop = OwnLoop("road")
        self._server = self._loop.run(self._listen())
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def __enter__(self) -> Road:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self._loop.stop()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._pass_on, "127.0.0.1", 0, backlog=2000)

    async def _pass_on(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            there, forth = await self._reach()
            await asyncio.gather(self._carry(here, forth, watch=True), self._carry(there, back))
        back.close()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in self.ends:
            self._turn += 1
            end = urlsplit(self.ends[self._turn % len(self.ends)])
            with suppress(OSError):
                return await asyncio.open_connection(end.hostname, end.port)
        raise ConnectionRefusedError

    async def _carry(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, watch: bool = False
    ) -> None:
        try:
            while chunk := await source.read(CHUNK):
                if self.is_blocked:
                    continue
                if watch and self._watched and self._watched in chunk:
                    self.seen.append(time.monotonic())
                to.write(chunk)
                await to.drain()
        finally:
            to.close()
