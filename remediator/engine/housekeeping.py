"""Keep the house: end episodes nobody speaks of any more, prune what is old, watch the clock, the chains and the
records of playbooks, measure."""

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
from remediator.engine.track_records import TrackRecords, TrackRecordWatch
from remediator.ports.ambient import Ambient
from remediator.ports.store import Store, Transaction

EVERY = timedelta(seconds=5)
TIDY_EVERY = timedelta(minutes=1)
# A little at once and three times as long a rest, so that whoever stores a notification waits a few milliseconds.
FEW = 10
REST = 3
TIDY_AT_ONCE = timedelta(seconds=4)
SOON = timedelta(seconds=1)


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
        records: TrackRecords | None = None,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._ambient = ambient
        self._retention = retention
        self._listener = listener
        self._stopping = asyncio.Event()
        self._clock = ClockWatch(ambient, recorder)
        self._chains = ChainWatch(store, ambient, listener)
        self._records = TrackRecordWatch(records, ambient, listener) if records else None
        self._last_tidy: float | None = None
        self._is_tidy = True
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
                async with asyncio.timeout((EVERY if self._is_tidy else SOON).total_seconds()):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    def stop(self) -> None:
        """End after the current round."""
        self._stopping.set()

    async def keep(self) -> None:
        """Do one round; tidy up once a minute by a clock that nobody sets, and in every round until all is tidy."""
        await self._watch_clock()
        now = self._ambient.now()
        self._listener.measured(await self._store.read(lambda reader: reader.statistics(now)), now)
        await self._chains.look()
        if self._records:
            await self._records.look()
        passed = self._ambient.monotonic()
        if self._last_tidy is None or passed - self._last_tidy >= TIDY_EVERY.total_seconds():
            self._last_tidy, self._is_tidy = passed, False
        if not self._is_tidy:
            self._is_tidy = await self._tidy(now)

    async def _tidy(self, now: datetime) -> bool:
        """Tidy up in small steps for a few seconds; say whether nothing is left."""
        monotonic = self._ambient.monotonic
        end = monotonic() + TIDY_AT_ONCE.total_seconds()
        while (began := monotonic()) < end:
            ended, moves = await self._store.submit(lambda tx: self._end_silent(tx, now))
            for moved in moves:
                self._listener.moved(moved)
            pruned = await self._store.submit(lambda tx: self._prune(tx, now))
            if not ended and not pruned:
                return True
            await asyncio.sleep(REST * (monotonic() - began))
        return False

    async def _watch_clock(self) -> None:
        clock = self._ambient.clock
        if clock is not None:
            jump = clock.jump()
            self._listener.clock_jumped(
                jump.by if jump else timedelta(0), jump.text if jump else ""
            )
        self._clock.forget(await self._store.submit(self._clock.look))

    def _end_silent(self, tx: Transaction, now: datetime) -> tuple[int, list[Moved]]:
        """End some episodes; return how many, and what that did to runs."""
        moved: list[Moved] = []
        silent = tx.stale_episodes(now - self._retention.silence, FEW)
        for episode in silent:
            ended = replace(episode, status=AlertStatus.RESOLVED, closed_at=now)
            moved += end_episode(tx, self._recorder, ended, now)
        return len(silent), moved

    def _prune(self, tx: Transaction, now: datetime) -> int:
        return tx.prune(
            runs_before=now - self._retention.runs,
            notifications_before=now - self._retention.notifications,
            limit=self._store.prunes_at_once,
        )
