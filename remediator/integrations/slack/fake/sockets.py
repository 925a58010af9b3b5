"""Socket Mode: the WebSockets of an app, each payload to one of them, and whether it was acknowledged in time.

https://docs.slack.dev/apis/events-api/using-socket-mode describes `hello`, envelopes and `disconnect`.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping

from aiohttp import WSMsgType, web

from remediator.integrations.slack.fake.call import App
from remediator.integrations.slack.fake.workspace import World

MOST_CONNECTIONS = 10
TICKET_LIVES = 30.0


class Connection:
    """One WebSocket. A deaf one stays open and says nothing more, not even pong."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self.socket = socket
        self.transport = transport
        self.is_deaf = False
        self.awaited: dict[str, asyncio.Future[object]] = {}

    async def send(self, message: Mapping[str, object]) -> None:
        """Send, if it can be sent."""
        if not self.is_deaf and not self.socket.closed:
            await self.socket.send_str(json.dumps(message))

    async def listen(self) -> None:
        """Take acknowledgements and pings until it closes."""
        async for message in self.socket:
            if message.type is WSMsgType.PING and not self.is_deaf:
                await self.socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._acknowledge(json.loads(message.data))

    def _acknowledge(self, answer: Mapping[str, object]) -> None:
        awaited = self.awaited.pop(str(answer.get("envelope_id")), None)
        if awaited is not None and not awaited.done():
            awaited.set_result(answer.get("payload"))


class Sockets:
    """Every WebSocket that is open."""

    def __init__(self, world: World, app: App) -> None:
        self.connections: list[Connection] = []
        self._world = world
        self._app = app
        self._turn = 0

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [web.get("/link/", self._link)]

    async def deliver(
        self, kind: str, payload: Mapping[str, object], *, wants_answer: bool, patience: float
    ) -> object:
        """Send to one connection; return what the acknowledgement bore. Raise TimeoutError or ConnectionError."""
        if not self.connections:
            raise ConnectionError("the app has no connection")
        self._turn += 1
        connection = self.connections[self._turn % len(self.connections)]
        envelope = str(uuid.uuid4())
        awaited = asyncio.get_running_loop().create_future()
        connection.awaited[envelope] = awaited
        await connection.send(
            {
                "envelope_id": envelope,
                "type": kind,
                "payload": payload,
                "accepts_response_payload": wants_answer,
            }
        )
        async with asyncio.timeout(patience):
            return await awaited

    async def disconnect(self, reason: str) -> None:
        """Tell the oldest connection that it ends; Slack closes it soon after, unless it is only a warning."""
        for connection in self.connections[:1]:
            await connection.send(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}}
            )
            if reason != "warning":
                self.connections.remove(connection)

    async def drop(self) -> None:
        """Lose every connection without a word."""
        for connection in self.connections:
            if connection.transport is not None:
                connection.transport.abort()
        self.connections.clear()

    def deafen(self) -> None:
        """Let every connection there is stay open and silent; new ones are well."""
        for connection in self.connections:
            connection.is_deaf = True

    async def _link(self, request: web.Request) -> web.StreamResponse:
        issued = self._world.tickets.pop(request.query.get("ticket", ""), None)
        if issued is None or self._world.now() - issued > TICKET_LIVES:
            return web.Response(status=403, text="link_expired")
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        connection = Connection(socket, request.transport)
        if len(self.connections) >= MOST_CONNECTIONS:
            await connection.send({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self.connections.append(connection)
        await connection.send(self._hello())
        try:
            await connection.listen()
        finally:
            if connection in self.connections:
                self.connections.remove(connection)
        return socket

    def _hello(self) -> Mapping[str, object]:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {"host": "fake", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app.id},
        }
