"""Slack's door that needs no public address: a WebSocket that we open (Socket Mode). One of the daemon's loops.

Slack hands each payload to any one of the open sockets, so every replica may hold one. The SDK reconnects by itself;
where it does not (slack-sdk#1922), the watchdog here builds a new connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta

from remediator.core.backoff import backoff, jittered
from remediator.core.errors import DeliveryError
from remediator.integrations.slack.door.app import SlackApp
from remediator.integrations.slack.door.connection import Connection, connect
from remediator.ports.ambient import Ambient

LOOK_EVERY = 1.0
DEAF_FOR = timedelta(seconds=60)
PING = timedelta(seconds=5)
_FIRST_REST, _LONGEST_REST = timedelta(seconds=2), timedelta(seconds=60)


class SocketDoor:
    """Keeps a socket open while there is a Slack app with an app token. `connected` hears whether it is."""

    def __init__(
        self,
        *,
        app: Callable[[], SlackApp | None],
        ambient: Ambient,
        connected: Callable[[bool], None] = lambda is_connected: None,
        deaf_for: timedelta = DEAF_FOR,
        ping: timedelta = PING,
    ) -> None:
        self._ping = ping
        self._app = app
        self._ambient = ambient
        self._connected = connected
        self._deaf_for = deaf_for.total_seconds()
        self._connection: Connection | None = None
        self._heard_at = 0.0
        self._failures = 0
        self._next_try = 0.0
        self._stopping = asyncio.Event()
        self.heartbeat = ambient.monotonic()

    async def run(self) -> None:
        """Hold a socket open until `stop`. An app that was swapped (a reload) keeps it, so that no click is lost."""
        try:
            while not self._stopping.is_set():
                await self._or_stopped(self._look())
                await self._or_stopped(asyncio.sleep(LOOK_EVERY))
        finally:
            await self._close()

    def stop(self) -> None:
        """Close the socket; `run` returns within seconds."""
        self._stopping.set()

    async def _look(self) -> None:
        """Do what the state of things asks for: open, watch, close."""
        now = self.heartbeat = self._ambient.monotonic()
        app = self._app()
        if self._connection and not self._connection.serves(app):
            await self._close()
        if app is None:
            return
        await app.app()  # the HTTP door too is spared the time that this takes at first
        if not app.context.app_token:
            return
        if self._connection is None:
            if now >= self._next_try:
                await self._open(app, now)
            return
        await self._watch(app, self._connection, now)

    async def _open(self, app: SlackApp, now: float) -> None:
        try:
            self._connection = await connect(app, self._ping, self._app)
        except DeliveryError as error:
            self._failures += 1
            rest = backoff(_FIRST_REST, self._failures, longest=_LONGEST_REST)
            self._next_try = now + jittered(rest, self._ambient.dice()).total_seconds()
            app.context.log("slack_not_connected", problem=str(error))
            return
        self._failures = 0
        self._heard_at = self._ambient.monotonic()
        self._connected(True)
        app.context.log("slack_connected")

    async def _watch(self, app: SlackApp, connection: Connection, now: float) -> None:
        is_open = await connection.is_open()
        self._connected(is_open)
        if is_open:
            self._heard_at = now
        elif now - self._heard_at >= self._deaf_for:
            app.context.log("slack_deaf", seconds=round(now - self._heard_at))
            await self._close()

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        self._next_try = 0.0
        self._connected(False)
        if connection:
            await connection.close()

    async def _or_stopped(self, waiting: Coroutine[object, object, None]) -> None:
        """Wait for something, or no longer than until `stop`."""
        task = asyncio.ensure_future(waiting)
        stopped = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pending in (task, stopped):
                pending.cancel()
            await asyncio.gather(task, stopped, return_exceptions=True)
        if not task.cancelled():
            task.result()
