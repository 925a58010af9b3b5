"""Reloads take turns, and each is told of, in the log and in the site's journal: what took effect, what was refused,
what broke. Used by the daemon.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

from remediator.app.configuration import Configuration
from remediator.app.site_journal import SiteJournal
from remediator.app.systemd import ServiceManager
from remediator.core.errors import InputError
from remediator.telemetry import Telemetry

SIGNAL = "SIGHUP"
"""Who asked, where a signal did: whoever may send one to the process."""


class Reloads:
    """Runs `swap` for whoever asks. It returns the site that is in force now, or raises where the old one still is."""

    def __init__(
        self,
        swap: Callable[[], Awaitable[Configuration]],
        telemetry: Telemetry,
        manager: ServiceManager,
        journal: SiteJournal,
    ) -> None:
        self._swap = swap
        self._telemetry = telemetry
        self._manager = manager
        self._journal = journal
        self._turn = asyncio.Lock()
        self._begun: set[asyncio.Task[tuple[str, ...]]] = set()

    async def run(self, who: str) -> tuple[str, ...]:
        """Reload when those before have ended; return the problems. What is no InputError is noted, and raised."""
        async with self._turn:
            old = self._journal.configuration
            try:
                configuration = await self._noted(who)
            except InputError as error:
                self._telemetry.log("reload_refused", problem=str(error))
                return _problems(error)
            self._telemetry.log("reloaded", playbooks=len(configuration.book))
            await self._journal.reloaded(who, old)
            return ()

    def begin(self) -> None:
        """Reload for one who does not wait for the answer (a signal): the log says what became of it."""
        reloading = asyncio.ensure_future(self.run(SIGNAL))
        self._begun.add(reloading)
        reloading.add_done_callback(self._ended)

    async def _noted(self, who: str) -> Configuration:
        took_effect = False
        try:
            with self._manager.reloading():
                configuration = await self._swap()
            took_effect = True
            return configuration
        finally:
            self._telemetry.reload(ok=took_effect)
            error = sys.exc_info()[1]
            if not took_effect and isinstance(error, Exception):
                await self._journal.refused(who, _problems(error))

    def _ended(self, reloading: asyncio.Task[tuple[str, ...]]) -> None:
        self._begun.discard(reloading)
        if not reloading.cancelled() and (error := reloading.exception()):
            told = f"{_told(error)}; the old settings and playbooks stay in force"
            self._telemetry.log("reload_refused", problem=told, error=error)


def _problems(error: Exception) -> tuple[str, ...]:
    return tuple(str(error).splitlines()) if isinstance(error, InputError) else (_told(error),)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
