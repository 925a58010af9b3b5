"""The store in memory as the simulation needs it: the law is told of every commit, and a replica's way can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from remediator.core.errors import StoreUnavailable
from remediator.ports.store import Work
from remediator.stores import inline
from remediator.stores.inline import LONGEST_WAIT
from remediator.stores.transaction import SqlTransaction

Journal = list[tuple[str, datetime, tuple[Any, ...]]]


class _Told(SqlTransaction):
    """Remembers what it appended to journals."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.told: Journal = []
        self.read: list[str] = []

    def finish_notification(self, notification_id: str, error: str = "") -> None:
        super().finish_notification(notification_id, error)
        self.read.append(notification_id)

    def append(self, run_id: str, at: datetime, events: Sequence[Any]) -> None:
        super().append(run_id, at, events)
        self.told.append((run_id, at, tuple(events)))


class InlineStore(inline.InlineStore):
    """Has every commit's journal entries told, before anybody else can go on."""

    transaction = _Told

    def __init__(self, now: Callable[[], float], longest: float = LONGEST_WAIT) -> None:
        super().__init__(now, longest)
        self._watcher: Callable[[Any, Journal], None] = lambda tx, journal: None

    def watch(self, watcher: Callable[[Any, Journal], None]) -> None:
        """Tell this one of every commit."""
        self._watcher = watcher

    def committed(self, tx: Any) -> None:
        self._watcher(tx, tx.told)

    def peek(self, closure: Callable[[Any], Any]) -> Any:
        """Answer a question between commits; for the law."""
        return self.look(closure)


class Door:
    """One replica's way to the store: it can be slow to answer, out of order, or shut because the replica is gone."""

    prunes_at_once = 10

    def __init__(self, store: InlineStore, cut: Callable[[], Any]) -> None:
        self._store = store
        self._cut = cut
        self._away_until = 0.0

    def go_away(self, seconds: float) -> None:
        """Be out of reach for a while."""
        self._away_until = asyncio.get_running_loop().time() + seconds

    async def submit(self, closure: Callable[[Any], Any]) -> Any:
        await self._cut()
        self._check()
        result = self._store.do(closure)
        await self._cut()
        return result

    async def read(self, closure: Callable[[Any], Any]) -> Any:
        self._check()
        return self._store.look(closure)

    async def wait_for_work(self, kind: Work, timeout: timedelta) -> None:
        await self._store.wait_for_work(kind, timeout)

    async def close(self) -> None:
        """Nothing is open."""

    def _check(self) -> None:
        if asyncio.get_running_loop().time() < self._away_until:
            raise StoreUnavailable("the store is away")
