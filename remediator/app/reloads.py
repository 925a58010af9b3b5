"""Reloads take turns, and each is told of: what took effect, what was refused, what broke. Used by the daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from remediator.app.configuration import Configuration
from remediator.app.systemd import ServiceManager
from remediator.core.errors import InputError
from remediator.telemetry import Telemetry


class Reloads:
    """Runs `swap` for whoever asks. It returns the site that is in force now, or raises where the old one still is."""

    def __init__(
        self,
        swap: Callable[[], Awaitable[Configuration]],
        telemetry: Telemetry,
        manager: ServiceManager,
    ) -> None:
        self._swap = swap
        self._telemetry = telemetry
        self._manager = manager
        self._turn = asyncio.Lock()
        self._begun: set[asyncio.Task[tuple[str, ...]]] = set()

    async def run(self) -> tuple[str, ...]:
        """Reload when those before have ended; return the problems. What is no InputError is noted, and raised."""
        async with self._turn:
            try:
                configuration = await self._noted()
            except InputError as error:
                self._telemetry.log("reload_refused", problem=str(error))
                return tuple(str(error).splitlines())
            self._telemetry.log("reloaded", playbooks=len(configuration.book))
            return ()

    def begin(self) -> None:
        """Reload for one who does not wait for the answer (a signal): the log says what became of it."""
        reloading = asyncio.ensure_future(self.run())
        self._begun.add(reloading)
        reloading.add_done_callback(self._ended)

    async def _noted(self) -> Configuration:
        took_effect = False
        try:
            with self._manager.reloading():
                configuration = await self._swap()
            took_effect = True
            return configuration
        finally:
            self._telemetry.reload(ok=took_effect)

    def _ended(self, reloading: asyncio.Task[tuple[str, ...]]) -> None:
        self._begun.discard(reloading)
        if not reloading.cancelled() and (error := reloading.exception()):
            told = f"{type(error).__name__}: {error}; the old settings and playbooks stay in force"
            self._telemetry.log("reload_refused", problem=told, error=error)
