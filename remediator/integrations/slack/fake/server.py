"""The fake's listening port: opens, goes away and comes back, as Slack does on bad days."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


class Server:
    """Serves routes on the loopback. While `away_status` is set, every answer is that HTTP status."""

    def __init__(self, port: int, routes: Iterable[web.RouteDef]) -> None:
        self.url = ""
        self.away_status = 0
        self._port = port
        self._routes = list(routes)
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    async def start(self) -> None:
        """Listen."""
        app = web.Application(middlewares=[self._gatekeeper()], client_max_size=2**26)
        app.add_routes(self._routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        await self.listen()

    async def listen(self) -> None:
        """Take connections, at the same port as before."""
        if self._runner is None:
            raise RuntimeError("start the server first")
        if self._site is not None:
            return
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def deafen(self) -> None:
        """Refuse connections, and drop those there are."""
        if self._site is not None and self._runner is not None:
            await self._site.stop()
            self._site = None
            for connection in self._runner.server.connections if self._runner.server else ():
                if connection.transport is not None:
                    connection.transport.abort()

    async def stop(self) -> None:
        """Stop listening for good."""
        if self._runner is not None:
            await self._runner.cleanup()

    def _gatekeeper(self) -> Middleware:
        @web.middleware
        async def gatekeeper(request: web.Request, handler: Handler) -> web.StreamResponse:
            if self.away_status:
                return web.Response(status=self.away_status, text="told to be away")
            return await handler(request)

        return gatekeeper
