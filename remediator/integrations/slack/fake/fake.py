"""FakeSlack: one workspace on a free loopback port, strict as Slack is; what tests and `__main__` start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Self

from remediator.integrations.slack.fake.call import App
from remediator.integrations.slack.fake.http_door import signed_headers
from remediator.integrations.slack.fake.outgoing import PATIENCE, Outgoing
from remediator.integrations.slack.fake.own_loop import OwnLoop
from remediator.integrations.slack.fake.population import Population
from remediator.integrations.slack.fake.response_urls import ResponseUrls
from remediator.integrations.slack.fake.server import Server
from remediator.integrations.slack.fake.sockets import Connection, Sockets
from remediator.integrations.slack.fake.troubles import Troubles
from remediator.integrations.slack.fake.user_actions import UserActions
from remediator.integrations.slack.fake.web_api import Request, WebApi
from remediator.integrations.slack.fake.workspace import World


class FakeSlack(Population, UserActions, Troubles):
    """Use as a context manager (either kind), or call `start` and `stop`; runs in a thread of its own.

    Give `api_url` to the daemon. `now` gives the seconds since 1970; `strict_rate` refuses as Slack's tiers do;
    `patience` is how many seconds an app may take to answer a request.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        strict_rate: bool = False,
        port: int = 0,
        patience: float = PATIENCE,
    ) -> None:
        Troubles.__init__(self)
        Population.__init__(self, World(now), App())
        self._api = WebApi(self.world, self.app, self)
        self._api.is_strict_about_rates = strict_rate
        self._sockets = Sockets(self.world, self.app)
        self._outgoing = Outgoing(self.world, self.app, self._sockets)
        self._outgoing.patience = patience
        urls = ResponseUrls(self.world, self)
        UserActions.__init__(self, self._outgoing, urls)
        parts = (self._api, self._sockets, urls)
        self._server = Server(port, [route for part in parts for route in part.routes()])
        self._loop: OwnLoop | None = None

    @property
    def url(self) -> str:
        """Where everything is."""
        return self._server.url

    @property
    def api_url(self) -> str:
        """The base of the Web API, as `AsyncWebClient(base_url=…)` takes it."""
        return f"{self.url}/api/"

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every call of the Web API so far."""
        return tuple(self._api.requests)

    def requests_of(self, method: str) -> tuple[Request, ...]:
        """Return the calls of one method."""
        return tuple(one for one in self.requests if one.method == method)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; `url` is then known."""
        self._loop = OwnLoop("fake Slack")
        try:
            self._loop.run(self._server.start())
        except OSError:
            self.stop()
            raise
        self._api.url = self.url

    def stop(self) -> None:
        """Stop listening, and let go of whoever hangs."""
        if self._loop is not None:
            self._loop.run(self._stop())
            self._loop.stop()
            self._loop = None

    def send_to(self, events_url: str) -> None:
        """Send requests to the app's own URL from now on; "" for a socket."""
        self._outgoing.events_url = events_url

    def signed(self, body: bytes, at: float | None = None) -> dict[str, str]:
        """Return the headers with which Slack would send this body, now or at another time."""
        return signed_headers(self.app, body, self.world.now() if at is None else at)

    def duplicate(self, doubling: bool = True) -> None:
        """Deliver each envelope and request twice, at the same time."""
        self._outgoing.is_doubling = doubling

    def away(self, status: int = 0) -> None:
        """Lose every connection and refuse new ones; or answer everything with this HTTP status."""
        self._server.away_status = status
        self._run(self._sockets.drop())
        if not status:
            self._run(self._server.deafen())

    def back(self) -> None:
        """Be there again, at the same address."""
        self._server.away_status = 0
        self._run(self._server.listen())

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The WebSockets that are open."""
        return tuple(self._sockets.connections)

    def wait_for_connections(self, count: int = 1, timeout: float = 10) -> None:
        """Wait until so many WebSockets are open, and no more; raise TimeoutError."""
        end = time.monotonic() + timeout
        while len(self.connections) != count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(self.connections)} connections, not {count}")
            time.sleep(0.005)

    async def connected(self, count: int = 1, timeout: float = 10) -> None:
        """Wait like `wait_for_connections`, without stopping the loop."""
        await asyncio.to_thread(self.wait_for_connections, count, timeout)

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell the oldest WebSocket to end: `warning`, `refresh_requested` or `link_disabled`."""
        self._run(self._sockets.disconnect(reason))

    def deafen(self) -> None:
        """Let the WebSockets there are stay open, but say and hear nothing more, not even pings."""
        self._sockets.deafen()

    def submit_to_loop(self, coroutine: Coroutine[object, object, None]) -> Future[None]:
        """Begin something in the fake's own loop."""
        if self._loop is None:
            raise RuntimeError("start the fake first")
        return self._loop.submit(coroutine)

    def _run(self, coroutine: Coroutine[object, object, None]) -> None:
        self.submit_to_loop(coroutine).result(10)

    async def _stop(self) -> None:
        await self._sockets.drop()
        await self._server.stop()
