"""Keep the house: end episodes nobody speaks of any more, prune what is old, watch the clock and the chains,
measure."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from remediator.core.alert import AlertStatus
from remediator.core.errors import StoreError
from remediator.engine.admission import end_episode
from remediator.engine.chain_watch import ChainWatch
from remediator.engine.clock import ClockWatch
from remediator.engine.listener import Listener
from remediator.engine.recorder import Moved, Recorder
from remediator.ports.ambient import Ambient
from remediator.ports.store import Store, Transaction

EVERY = timedelta(seconds=5)
TIDY_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept."""

    runs: timedelta = timedelta(days=90)
    notifications: timedelta = timedelta(days=30)
    silence: timedelta = timedelta(hours=24)


class Housekeeping:
    """Looks after the store every few seconds."""

    def __init__(
        self,
        *,
        store: Store,
        recorder: Recorder,
        ambient: Ambient,
        retention: Retention,
        listener: Listener,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._ambient = ambient
        self._retention = retention
        self._listener = listener
        self._stopping = asyncio.Event()
        self._clock = ClockWatch(ambient, recorder)
        self._chains = ChainWatch(store, ambient, listener)
        self._last_tidy: float | None = None
        self.heartbeat = ambient.monotonic()

    async def run(self) -> None:
        """Keep until `stop`."""
        while not self._stopping.is_set():
            self.heartbeat = self._ambient.monotonic()
            try:
                await self.keep()
            except StoreError as error:
                self._listener.store_failed(str(error))
            try:
                async with asyncio.timeout(EVERY.total_seconds()):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    def stop(self) -> None:
        """End after the current round."""
        self._stopping.set()

    async def keep(self) -> None:
        """Do one round; the slow parts once a minute, by a clock that nobody sets."""
        await self._watch_clock()
        now = self._ambient.now()
        self._listener.measured(await self._store.read(lambda reader: reader.statistics(now)), now)
        await self._chains.look()
        passed = self._ambient.monotonic()
        if self._last_tidy is not None and passed - self._last_tidy < TIDY_EVERY.total_seconds():
            return
        self._last_tidy = passed
        for moved in await self._store.submit(lambda tx: self._end_silent(tx, now)):
            self._listener.moved(moved)
        await self._store.submit(lambda tx: self._prune(tx, now))

    async def _watch_clock(self) -> None:
        clock = self._ambient.clock
        if clock is not None:
            jump = clock.jump()
            self._listener.clock_jumped(
                jump.by if jump else timedelta(0), jump.text if jump else ""
            )
        self._clock.forget(await self._store.submit(self._clock.look))

    def _end_silent(self, tx: Transaction, now: datetime) -> list[Moved]:
        moved: list[Moved] = []
        for episode in tx.stale_episodes(now - self._retention.silence, 100):
            ended = replace(episode, status=AlertStatus.RESOLVED, closed_at=now)
            moved += end_episode(tx, self._recorder, ended, now)
        return moved

    def _prune(self, tx: Transaction, now: datetime) -> int:
        return tx.prune(
            runs_before=now - self._retention.runs,
            notifications_before=now - self._retention.notifications,
            limit=1000,
        )
