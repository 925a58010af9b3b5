"""The real transactions over SQLite in memory, without threads: a closure is done before anybody else goes on.

For tests of playbooks and for the simulation, where time is virtual and nothing is kept.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Engine, NullPool, StaticPool, create_engine

from remediator.ports.store import Reader, Transaction, Work
from remediator.stores.schema import METADATA
from remediator.stores.sqlite import DIALECT
from remediator.stores.transaction import SqlReader, SqlTransaction

T = TypeVar("T")
LONGEST_WAIT = 120.0
MOST_AT_ONCE = 2000
_NEW = "SELECT 1 FROM inbox WHERE state = 'new' LIMIT 1"
_NEXT_RUN = (
    "SELECT min(max(due_at, coalesce(lease_until, due_at))) FROM run WHERE due_at IS NOT NULL"
)
_NEXT_MESSAGE = (
    "SELECT min(max(due_at, coalesce(lease_until, due_at))) FROM outbox WHERE state = 'waiting'"
)
_NEXT = {Work.RUNS: _NEXT_RUN, Work.OUTBOX: _NEXT_MESSAGE}


@cache
def _engine() -> Engine:
    """The one engine of this process: what it has compiled serves every store."""
    return create_engine("sqlite://", creator=_fresh, poolclass=NullPool)


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


class InlineStore:
    """Keeps everything in memory (`ports.store.Store`). `now` says how late it is for whoever waits for work.

    Transactions are begun and ended by hand, as nobody else has this database: SQLAlchemy's cost more than the work.
    """

    transaction: type[SqlTransaction] = SqlTransaction
    prunes_at_once = 10

    def __init__(self, now: Callable[[], float], longest: float = LONGEST_WAIT) -> None:
        self._connection = _engine().connect()
        self._raw: Any = self._connection.connection.dbapi_connection
        self._now, self._longest = now, longest
        self._last, self._at_once = -1.0, 0
        self._rung = {kind: asyncio.Event() for kind in Work}
        self._due: dict[Work, int | None] = {}

    async def submit(self, closure: Callable[[Transaction], T]) -> T:
        """See ports.store.Store."""
        return self.do(closure)

    async def read(self, closure: Callable[[Reader], T]) -> T:
        """See ports.store.Store."""
        return self.look(closure)

    def do(self, closure: Callable[[Any], T]) -> T:
        """Run a closure in a transaction of its own; undo what it did where it raises."""
        self._must_not_spin()
        ending = "ROLLBACK"
        self._raw.execute("BEGIN")
        try:
            tx = self.transaction(self._connection, DIALECT)
            result = closure(tx)
            ending = "COMMIT"
        finally:
            self._raw.execute(ending)
        self.committed(tx)
        for kind in tx.wakes | self._moved():
            self._rung[kind].set()
            self._rung[kind] = asyncio.Event()
        return result

    def _moved(self) -> set[Work]:
        """Return the kinds of work that are due at another moment now: who waits for one waits for the other."""
        due = {kind: self._first(query) for kind, query in _NEXT.items()}
        moved = {kind for kind in due if due[kind] != self._due.get(kind)}
        self._due = due
        return moved

    def committed(self, tx: SqlTransaction) -> None:
        """Hear of a commit before anybody else can go on; for whoever inherits."""

    def _must_not_spin(self) -> None:
        now = asyncio.get_running_loop().time()
        self._at_once = self._at_once + 1 if now == self._last else 0
        self._last = now
        if self._at_once > MOST_AT_ONCE:
            raise AssertionError("somebody works without end at one moment")

    def look(self, closure: Callable[[Any], T]) -> T:
        """Answer a question."""
        return closure(SqlReader(self._connection, DIALECT))

    async def wait_for_work(self, kind: Work, timeout: timedelta) -> None:
        """Wait until there is such work: a commit says so, or a moment has come at which some is due."""
        longest = self._longest
        if kind is Work.INBOX and self._first(_NEW):
            return
        if kind in _NEXT and (due := self._first(_NEXT[kind])) is not None:
            longest = min(max(due / 1e6 - self._now(), timeout.total_seconds()), longest)
        try:
            async with asyncio.timeout(longest):
                await self._rung[kind].wait()
        except TimeoutError:
            return

    def next_due(self, kinds: Collection[Work]) -> float | None:
        """Return when a run or a message is due next, in seconds since 1970; None where nothing is."""
        found = [due for kind in kinds if (due := self._first(_NEXT[kind])) is not None]
        return min(found) / 1e6 if found else None

    def _first(self, query: str) -> Any:
        row = self._raw.execute(query).fetchone()
        return row[0] if row else None

    async def close(self) -> None:
        """Forget everything."""
        self.dispose()

    def dispose(self) -> None:
        """Forget everything, now."""
        self._connection.close()
