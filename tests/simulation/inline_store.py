"""The real transactions over SQLite in memory, without threads: a closure is done before anybody else goes on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Engine, NullPool, StaticPool, TextClause, create_engine, event, text

from remediator.core.errors import StoreUnavailable
from remediator.ports.store import Work
from remediator.stores.schema import METADATA
from remediator.stores.sqlite import DIALECT
from remediator.stores.transaction import SqlReader, SqlTransaction

LONGEST_WAIT = 120.0
MOST_AT_ONCE = 2000
_NEW = text("SELECT 1 FROM inbox WHERE state = 'new' LIMIT 1")
_NEXT = text(
    "SELECT min(max(due_at, coalesce(lease_until, due_at))) FROM run WHERE due_at IS NOT NULL"
)


@cache
def _engine() -> Engine:
    """The one engine of this process: what it has compiled serves every life."""
    engine = create_engine("sqlite://", creator=_fresh, poolclass=NullPool)
    event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN"))
    return engine


def _fresh() -> sqlite3.Connection:
    """Return a new database with empty tables."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.deserialize(_empty())
    return connection


@cache
def _empty() -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    METADATA.create_all(engine)
    return connection.serialize()


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


class InlineStore:
    """Keeps everything in memory (`ports.store.Store`). `now` says how late it is for whoever waits for work."""

    def __init__(self, now: Callable[[], float], longest: float = LONGEST_WAIT) -> None:
        self._connection = _engine().connect()
        self._now, self._longest = now, longest
        self._last, self._at_once = -1.0, 0
        self._rung = {kind: asyncio.Event() for kind in Work}
        self._watcher: Callable[[Any, Journal], None] = lambda tx, journal: None

    def watch(self, watcher: Callable[[Any, Journal], None]) -> None:
        """Have every commit's journal entries told, before anybody else can go on."""
        self._watcher = watcher

    def do(self, closure: Callable[[Any], Any]) -> Any:
        """Run a closure in a transaction of its own; undo what it did where it raises."""
        self._must_not_spin()
        with self._connection.begin():
            tx = _Told(self._connection, DIALECT)
            result = closure(tx)
        self._watcher(tx, tx.told)
        for kind in tx.wakes:
            self._rung[kind].set()
            self._rung[kind] = asyncio.Event()
        return result

    def _must_not_spin(self) -> None:
        now = asyncio.get_running_loop().time()
        self._at_once = self._at_once + 1 if now == self._last else 0
        self._last = now
        if self._at_once > MOST_AT_ONCE:
            raise AssertionError("somebody works without end at one moment")

    def look(self, closure: Callable[[Any], Any]) -> Any:
        """Answer a question."""
        with self._connection.begin():
            return closure(SqlReader(self._connection, DIALECT))

    def peek(self, closure: Callable[[Any], Any]) -> Any:
        """Answer a question between commits; for the law."""
        return self.look(closure)

    async def wait(self, kind: Work, timeout: timedelta) -> None:
        """Wait until there is such work: a commit says so, or a moment has come at which a run can be claimed."""
        longest = self._longest
        if kind is Work.INBOX and self._first(_NEW):
            return
        if kind is Work.RUNS and (due := self._first(_NEXT)) is not None:
            longest = min(max(due / 1e6 - self._now(), timeout.total_seconds()), longest)
        try:
            async with asyncio.timeout(longest):
                await self._rung[kind].wait()
        except TimeoutError:
            return

    def _first(self, query: TextClause) -> Any:
        with self._connection.begin():
            return self._connection.execute(query).scalar()

    def dispose(self) -> None:
        """Forget everything."""
        self._connection.close()


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
        await self._store.wait(kind, timeout)

    async def close(self) -> None:
        """Nothing is open."""

    def _check(self) -> None:
        if asyncio.get_running_loop().time() < self._away_until:
            raise StoreUnavailable("the store is away")
