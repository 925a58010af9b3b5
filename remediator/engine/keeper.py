"""Keep the house: end episodes nobody speaks of any more, prune what is old, watch the clock, measure."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from remediator.core.alert import AlertStatus
from remediator.core.errors import StoreError
from remediator.core.facts import Pause
from remediator.engine.admission import end_episode
from remediator.engine.control import CLOCK, KEEPER
from remediator.engine.ledger import Ledger, Moved
from remediator.engine.witness import Witness
from remediator.ports.ambient import Ambient
from remediator.ports.store import Store, Transaction

EVERY = timedelta(seconds=5)
CLOCK_TOLERANCE = timedelta(minutes=5)
CLOCK_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept."""

    runs: timedelta = timedelta(days=90)
    notifications: timedelta = timedelta(days=30)
    silence: timedelta = timedelta(hours=24)


class Keeper:
    """Looks after the store every few seconds."""

    def __init__(
        self,
        *,
        store: Store,
        ledger: Ledger,
        ambient: Ambient,
        retention: Retention,
        witness: Witness,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._ambient = ambient
        self._retention = retention
        self._witness = witness
        self._stopping = asyncio.Event()
        self._last_tidy: datetime | None = None
        self.heartbeat = ambient.monotonic()

    async def run(self) -> None:
        """Keep until `stop`."""
        while not self._stopping.is_set():
            self.heartbeat = self._ambient.monotonic()
            try:
                await self.keep()
            except StoreError as error:
                self._witness.store_failed(str(error))
            try:
                async with asyncio.timeout(EVERY.total_seconds()):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    def stop(self) -> None:
        """End after the current round."""
        self._stopping.set()

    async def keep(self) -> None:
        """Do one round; the slow parts once a minute."""
        now = self._ambient.now()
        self._witness.measured(await self._store.read(lambda reader: reader.vitals(now)), now)
        if self._last_tidy and now - self._last_tidy < timedelta(minutes=1):
            return
        self._last_tidy = now
        await self._store.submit(lambda tx: _watch_clock(tx, self._ambient))
        for moved in await self._store.submit(lambda tx: self._end_silent(tx, now)):
            self._witness.moved(moved)
        await self._store.submit(lambda tx: self._prune(tx, now))

    def _end_silent(self, tx: Transaction, now: datetime) -> list[Moved]:
        moved: list[Moved] = []
        for episode in tx.stale_episodes(now - self._retention.silence, 100):
            ended = replace(episode, status=AlertStatus.RESOLVED, closed_at=now)
            moved += end_episode(tx, self._ledger, ended, now)
        return moved

    def _prune(self, tx: Transaction, now: datetime) -> int:
        return tx.prune(
            runs_before=now - self._retention.runs,
            notifications_before=now - self._retention.notifications,
            limit=1000,
        )


def _watch_clock(tx: Transaction, ambient: Ambient) -> None:
    """A clock that jumped back makes every limit and cooldown wrong: pause everything until somebody has looked."""
    now, mark = ambient.now(), tx.clock_mark()
    if mark is None or now > mark:
        tx.mark_clock(now)
        return
    paused = any(pause.id.startswith(CLOCK) for pause in tx.pauses(now))
    if mark - now > CLOCK_TOLERANCE and not paused:
        reason = f"the clock jumped back: it was {mark:%Y-%m-%d %H:%M} before"
        pause = Pause(
            id=ambient.new_id(CLOCK),
            scope="all",
            who=KEEPER,
            reason=reason,
            since=now,
            until=now + CLOCK_PAUSE,
        )
        tx.add_pause(pause)
