"""One WebSocket to Slack, from the URL that Slack gives for it to its end. Used by `socket`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from remediator.core.errors import DeliveryError
from remediator.integrations.slack.door.app import SlackApp

OPEN_SECONDS = 15.0
CLOSE_SECONDS = 2.0


class Connection:
    """Made by `connect`; the SDK keeps it open, and opens it again when Slack asks for that."""

    def __init__(self, app: SlackApp, client: Any) -> None:
        self._line = _line(app)
        self._client = client

    def serves(self, app: SlackApp | None) -> bool:
        """Say whether it is this Slack app's: opened at the same Slack, with the same app token."""
        return app is not None and _line(app) == self._line

    async def is_open(self) -> bool:
        """Say whether Slack hears us: it answers pings."""
        return bool(await self._client.is_connected())

    async def close(self) -> None:
        """Close the socket, and wait for what the SDK has started; a deaf Slack is not waited for."""
        client = self._client
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await client.close()
        client.closed = True
        started = (
            client.message_processor,
            client.current_session_monitor,
            client.message_receiver,
        )
        tasks = [task for task in started if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.aiohttp_client_session.close()


def _line(app: SlackApp) -> tuple[str, str]:
    return app.context.api_url, app.context.app_token


class _AppInForce:
    """Stands in for bolt's app: a socket outlives the Slack app that a reload has replaced."""

    def __init__(self, app: Callable[[], SlackApp | None]) -> None:
        self._app = app

    async def async_dispatch(self, request: Any) -> object:
        """Have a payload attended to by the app in force; without one it is not acknowledged, and Slack says so."""
        from slack_bolt.response import BoltResponse

        app = self._app()
        if app is None:
            return BoltResponse(status=503)
        return await (await app.app()).async_dispatch(request)


async def connect(
    app: SlackApp, ping: timedelta, in_force: Callable[[], SlackApp | None]
) -> Connection:
    """Open a socket with an app token, and have what comes by it taken to the app in force; raise DeliveryError.

    Slack is pinged so often; after four times as long without an answer, the SDK takes the socket for dead.
    """
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

    bolt = await app.app()
    adapter = AsyncSocketModeHandler(
        bolt, app.context.app_token, logger=bolt.logger, ping_interval=ping.total_seconds()
    )
    adapter.app = _AppInForce(in_force)  # type: ignore[assignment]
    connection = Connection(app, adapter.client)
    async with AsyncExitStack() as opening:
        opening.push_async_callback(connection.close)
        await _open(adapter.client)
        opening.pop_all()
    return connection


async def _open(client: Any) -> None:
    """Ask for the URL ourselves: the SDK's `connect` would repeat for ever, and tell nobody why."""
    import aiohttp
    from slack_sdk.errors import SlackClientError

    try:
        async with asyncio.timeout(OPEN_SECONDS):
            answer = await client.web_client.apps_connections_open(app_token=client.app_token)
            client.wss_uri = url = answer["url"]
            if proxy_bypass(urlsplit(url).hostname or ""):
                client.proxy = None  # the SDK does not know NO_PROXY
            await client.connect()
    except SlackClientError as error:
        raise DeliveryError(f"Slack opens no socket: {_code(error)}") from error
    except (TimeoutError, OSError, aiohttp.ClientError, ValueError, KeyError) as error:
        raise DeliveryError(f"Slack opens no socket: {error or type(error).__name__}") from error


def _code(error: Exception) -> str:
    response: Any = getattr(error, "response", None)
    code = response.get("error") if response is not None else None
    return str(code or type(error).__name__)
