"""The nightly drill: begun once a night by whichever replica is first, told to people where something got worse.

Its own loop, because a drill takes minutes and everything else goes on beside it. A daemon that stops breaks its drill
off; that night gets no other, and the next one is compared with the last that ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from remediator.core.drill import DrillLimits, DrillReport, DrillWanted, due_night, told
from remediator.core.errors import RemediatorError, StoreError
from remediator.engine.drill import Drill
from remediator.engine.listener import Listener
from remediator.engine.recorder import Recorder
from remediator.ports.ambient import Ambient
from remediator.ports.store import Store, Transaction

EVERY = timedelta(seconds=10)


class DrillNights:
    """Looks every few seconds whether a drill is due."""

    def __init__(
        self,
        *,
        store: Store,
        ambient: Ambient,
        drill: Drill,
        recorder: Recorder,
        limits: Callable[[], DrillLimits],
        listener: Listener,
    ) -> None:
        self._store = store
        self._ambient = ambient
        self._drill = drill
        self._recorder = recorder
        self._limits = limits
        self._listener = listener
        self._stopping = asyncio.Event()
        self._under_way: asyncio.Task[None] | None = None
        self._asked = ""
        self._is_shown = False
        self.heartbeat = ambient.monotonic()

    async def run(self) -> None:
        """Look until `stop`; a drill goes on meanwhile, and ends with the loop."""
        try:
            while not self._stopping.is_set():
                self.heartbeat = self._ambient.monotonic()
                await self._look()
                try:
                    async with asyncio.timeout(EVERY.total_seconds()):
                        await self._stopping.wait()
                except TimeoutError:
                    continue
        finally:
            await self._break_off()

    def stop(self) -> None:
        """End after the current round."""
        self._stopping.set()

    async def _look(self) -> None:
        try:
            if not self._is_shown:
                await self._show_last()
            night = await self.taken()
        except StoreError as error:
            self._listener.store_failed(str(error))
            return
        except ValueError as error:  # a report that another version wrote
            self._listener.problem("drill", str(error))
            return
        if night:
            self._under_way = asyncio.create_task(self.drill(night))

    async def taken(self) -> str:
        """Take the night's drill where it is due and nobody has it; return the night, or ""."""
        night = due_night(self._limits(), self._ambient.now())
        if not night or night == self._asked:
            return ""
        now = self._ambient.now()
        is_ours = await self._store.submit(lambda tx: tx.begin_drill(night, now))
        self._asked = night
        return night if is_ours else ""

    async def drill(self, night: str) -> None:
        """Drill, keep the report, and tell it."""
        try:
            report = await self._drill.run(DrillWanted(), self._limits(), night)
            await self._store.submit(lambda tx: self._keep(tx, report))
        except (RemediatorError, ValueError) as error:
            self._listener.problem("drill", str(error))
            return
        self._listener.drilled(report)

    async def _show_last(self) -> None:
        """Show what the last drill found, so that a start does not hide it."""
        self._is_shown = True
        report = await self._store.read(lambda reader: reader.last_drill())
        if report:
            self._listener.drilled(report)

    def _keep(self, tx: Transaction, report: DrillReport) -> None:
        tx.end_drill(report)
        if message := told(report):
            self._recorder.announce(tx, message, report.ended_at)

    async def _break_off(self) -> None:
        if self._under_way:
            self._under_way.cancel()
            await asyncio.gather(self._under_way, return_exceptions=True)
