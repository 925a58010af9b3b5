"""Listens and accepts: with a bound on connections, time limits on what comes before a request, errors as JSON, and one
log line a minute where the machine has no room for more. Used by `server`.

Not asyncio's own server: where descriptors run out, that one logs a traceback for every connection in the queue, a
thousand at once (https://github.com/python/cpython/issues/82509), and it knows no bound.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from remediator.http.connections import Connections, most_connections
from remediator.http.refusal import HttpRefusal
from remediator.http.replies import reply_error

HEAD_SECONDS = 15.0
HANDSHAKE_SECONDS = 10.0
BACKLOG = 1024
HANDSHAKE_GRACE_SECONDS = 0.5
_AT_ONCE = 64
_MOMENT_SECONDS = 0.02
_PAUSE_SECONDS = 0.2
_SWEEP_SECONDS = 1.0
_SAY_EVERY_SECONDS = 60.0
_NO_SUCH_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

Log = Callable[..., None]
_Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class _Handler(RequestHandler):
    """One connection; what aiohttp's parser refuses is answered like all other errors, without the sender's words."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer in the one shape of errors, and end the connection."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is on its way already")
        if status == 400:
            refusal = HttpRefusal(400, "invalid", "this is not a request in HTTP/1.1", close=True)
        else:
            words = "a bug in remediator: its log has the details"
            refusal = HttpRefusal(status, "internal", words, close=True)
        return reply_error(refusal)


class Listener(web.BaseSite):
    """One or more listening sockets; `most` is asked from the limit of open files when it starts."""

    def __init__(
        self,
        runner: web.AppRunner,
        sockets: Sequence[socket.socket],
        *,
        tls: ssl.SSLContext | None,
        log: Log,
        settings: dict[str, Any],
    ) -> None:
        super().__init__(runner, ssl_context=tls)
        self._listening = list(sockets)
        self._log = log
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._connections = Connections()
        self._arriving: dict[asyncio.Task[None], float] = {}
        self._most = most_connections()
        self._said: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    @property
    def name(self) -> str:
        """See web.BaseSite."""
        return f"listener on {self._listening[0].getsockname() if self._listening else 'nothing'}"

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """What aiohttp asks of a server: its sockets."""
        return self._listening

    async def start(self) -> None:
        """Accept connections from now on."""
        await super().start()
        self._server = self  # type: ignore[assignment]  # the runner asks it for `sockets` and `close`
        self._note_requests()
        for listening in self._listening:
            self._loop.add_reader(listening, self._accept, listening)
        self._sweep()

    def close(self) -> None:
        """Accept nothing more; connections stay."""
        for listening in self._listening:
            self._loop.remove_reader(listening)
            listening.close()
        self._listening.clear()

    def _sweep(self) -> None:
        if self._listening:
            self._connections.end_silent(self._loop.time() - HEAD_SECONDS)
            self._loop.call_later(_SWEEP_SECONDS, self._sweep)

    def _note_requests(self) -> None:
        """Let the book of connections know what each is doing."""
        server: Any = self._runner.server
        made, lost, answer = server.connection_made, server.connection_lost, server.request_handler

        def connection_made(handler: object, transport: asyncio.Transport) -> None:
            made(handler, transport)
            self._connections.made(handler, transport, self._loop.time())

        def connection_lost(handler: object, error: BaseException | None = None) -> None:
            self._connections.lost(handler)
            lost(handler, error)

        async def request_handler(request: Any) -> web.StreamResponse:
            self._connections.begins(request.protocol, request, self._loop.time())
            try:
                return await answer(request)  # type: ignore[no-any-return]
            finally:
                self._connections.ends(request.protocol)

        server.connection_made = connection_made
        server.connection_lost = connection_lost
        server.request_handler = request_handler

    def _accept(self, listening: socket.socket) -> None:
        if not self._is_full() or self._end_one():
            self._accept_some(listening)
        else:
            self._wait(listening, _MOMENT_SECONDS)  # the queue of the kernel keeps who comes

    def _accept_some(self, listening: socket.socket) -> None:
        for number in range(_AT_ONCE):
            if number and self._is_full():
                return  # who still waits makes us be called again
            try:
                connection, _address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._rest(listening, error)
                return
            self._take(connection)

    def _rest(self, listening: socket.socket, error: OSError) -> None:
        """Accept nothing for a moment: there is no room, and the queue of the kernel keeps who comes."""
        self._say("accept_failed", problem=error.strerror or str(error))
        if error.errno in _NO_ROOM:
            self._end_one()
        self._wait(listening, _PAUSE_SECONDS)

    def _wait(self, listening: socket.socket, seconds: float) -> None:
        self._loop.remove_reader(listening)
        self._loop.call_later(seconds, self._accept_again, listening)

    def _accept_again(self, listening: socket.socket) -> None:
        if listening in self._listening:
            self._loop.add_reader(listening, self._accept, listening)

    def _take(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        task = self._loop.create_task(self._open(connection))
        self._arriving[task] = self._loop.time()
        task.add_done_callback(lambda done: self._arriving.pop(done, None))

    def _is_full(self) -> bool:
        is_full = len(self._connections) + len(self._arriving) >= self._most
        if is_full:
            self._say("connections_full", most=self._most)
        return is_full

    def _end_one(self) -> bool:
        """Make room. Who is long at TLS's handshake is worth least."""
        now = self._loop.time()
        task, since = next(iter(self._arriving.items()), (None, now))
        if task is not None and since <= now - HANDSHAKE_GRACE_SECONDS:
            self._arriving.pop(task)
            return task.cancel()
        return self._connections.end_one(now)

    async def _open(self, connection: socket.socket) -> None:
        tls = self._ssl_context
        try:
            await self._loop.connect_accepted_socket(
                self._handler,
                connection,
                ssl=tls,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if tls else None,
            )
        except (TimeoutError, OSError):
            connection.close()

    def _handler(self) -> RequestHandler:
        server = self._runner.server
        assert server is not None  # noqa: S101 -- the runner is set up
        return _Handler(server, loop=self._loop, **self._settings)

    def _say(self, event: str, **fields: object) -> None:
        """Log, but each kind only once a minute, with how often it was not said."""
        now = self._loop.time()
        if now - self._said.get(event, -_SAY_EVERY_SECONDS) < _SAY_EVERY_SECONDS:
            self._unsaid[event] = self._unsaid.get(event, 0) + 1
            return
        self._said[event] = now
        self._log(event, **fields, times=self._unsaid.pop(event, 0) + 1)


async def bound_sockets(host: str | None, port: int) -> list[socket.socket]:
    """Return listening sockets for a host (None: every address); raise OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    for family, kind, protocol, _, address in dict.fromkeys(found):
        try:
            sockets.append(_bound(family, kind, protocol, address))
        except OSError as error:
            missing = error
            if (
                error.errno not in _NO_SUCH_FAMILY
            ):  # a machine without IPv6 has every address all the same
                break
    if missing is not None and (not sockets or missing.errno not in _NO_SUCH_FAMILY):
        for one in sockets:
            one.close()
        raise missing
    return sockets


def _bound(family: int, kind: int, protocol: int, address: Any) -> socket.socket:
    one = socket.socket(family, kind, protocol)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if one.family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.setblocking(False)
        one.bind(address)
        one.listen(BACKLOG)
    except OSError:
        one.close()
        raise
    return one
