"""The store of one machine: a file, one writer thread, readers of their own. Made by `store.open_store`."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, StaticPool, create_engine, event, update
from sqlalchemy.exc import StatementError

from remediator.core.errors import StoreUnavailable
from remediator.ports.store import Reader, Transaction, Work
from remediator.stores.data_directory import (
    DirectoryLock,
    make_private,
    prepare_directory,
    sync_directory,
)
from remediator.stores.error_translation import translated
from remediator.stores.known_file import is_to_be_made, lost
from remediator.stores.leases import CALLERS_CLOCK, Leases
from remediator.stores.notifier import Notifier
from remediator.stores.schema import IS_OPEN, outbox, run
from remediator.stores.session import Dialect
from remediator.stores.transaction import SqlReader, SqlTransaction
from remediator.stores.upgrade import bring_up_to_date, has_something_to_upgrade, revision_of
from remediator.stores.writer import Writer

T = TypeVar("T")

READERS = 2
BUSY_SECONDS = 5.0
DIALECT = Dialect(leases=Leases(CALLERS_CLOCK))
_FORGET = tuple(
    update(table)
    .where(table.c.owner.is_not(None), *unfinished)
    .values(owner=None, lease_until=None)
    for table, unfinished in ((run, (IS_OPEN,)), (outbox, ()))
)
_WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


class SqliteStore:
    """Keeps everything in one SQLite file (`ports.store.Store`)."""

    prunes_at_once = 10  # a step keeps the one writer busy

    def __init__(self, file: Path, lock: DirectoryLock) -> None:
        self._lock = lock
        self._notifier = Notifier()
        self._engine = _engine(file, "rw", _WRITER_PRAGMAS, begin="BEGIN IMMEDIATE")
        self._reading_engine = reading_engine(file)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="remediator-store-reader")
        self._writer = Writer(self._engine, DIALECT, self._notifier)
        self._is_closed = False

    async def submit(self, closure: Callable[[Transaction], T]) -> T:
        """Run a closure in a write transaction; return once it is durable. Raise StoreUnavailable."""
        result: T = await self._writer.submit(closure)
        return result

    async def read(self, closure: Callable[[Reader], T]) -> T:
        """Run a closure on a snapshot."""
        if self._is_closed:
            raise StoreUnavailable("the store is closed")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, closure)

    async def wait_for_work(self, kind: Work, timeout: timedelta) -> None:
        """Return when a commit made something due, or after the time-out."""
        await self._notifier.wait(kind, timeout)

    async def close(self) -> None:
        """Refuse new closures, finish accepted ones, close connections; may be repeated."""
        self._is_closed = True
        await self._writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        self._reading_engine.dispose()
        self._engine.dispose()
        self._lock.close()

    def _read(self, closure: Callable[[Reader], T]) -> T:
        try:
            with self._reading_engine.connect() as connection, connection.begin():
                return closure(SqlReader(connection, DIALECT))
        except StatementError as error:
            raise translated(error) from error


async def open_sqlite(file: Path) -> SqliteStore:
    """Open a file, making or upgrading it first; raise StoreUnavailable or InvalidSettings."""
    lock = await asyncio.to_thread(prepare_file, file)
    try:
        store = SqliteStore(file, lock)
    except StatementError as error:
        lock.close()
        raise translated(error) from error
    await store.submit(_forget_claims)
    return store


def prepare_file(file: Path) -> DirectoryLock:
    """Lock the directory, and make the file ready for this program; return the lock."""
    try:
        prepare_directory(file.parent)
        lock = DirectoryLock(file.parent)
    except OSError as error:
        raise StoreUnavailable(f"{file.parent} cannot be used: {error.strerror}") from error
    with ExitStack() as failing:
        failing.callback(lock.close)
        try:
            if is_to_be_made(file, lock):
                _make(file)
            else:
                make_private(file)
                _upgrade(file, is_ours=lock.knows(file.name))
            lock.remember(file.name)
        except (OSError, StatementError) as error:
            raise StoreUnavailable(f"{file} cannot be used: {_words(error)}") from error
        failing.pop_all()
    return lock


def _words(error: OSError | StatementError) -> str:
    return str(error.orig) if isinstance(error, StatementError) else str(error.strerror)


def _make(file: Path) -> None:
    """Make a whole database under another name first: there is never an empty or half one under its own."""
    whole = file.with_name(f"{file.name}.new")
    for rest in (whole, Path(f"{whole}-wal"), Path(f"{whole}-shm")):
        rest.unlink(missing_ok=True)
    make_private(whole)
    _upgrade(whole)
    whole.replace(file)
    sync_directory(file.parent)


def _upgrade(file: Path, *, is_ours: bool = False) -> None:
    engine = _engine(file, "rw", _WRITER_PRAGMAS, begin="BEGIN IMMEDIATE")
    try:
        with engine.connect() as connection:
            if is_ours and revision_of(connection) is None:
                raise StoreUnavailable(lost(file, "holds no database of remediator"))
            if has_something_to_upgrade(connection):
                connection.rollback()
                _back_up(connection, file)
            connection.rollback()
            with connection.begin():
                bring_up_to_date(connection)
    finally:
        engine.dispose()


def _back_up(connection: Connection, file: Path) -> None:
    copy = file.with_name(f"{file.name}.before-upgrade")
    copy.unlink(missing_ok=True)
    make_private(copy)
    target = sqlite3.connect(copy)
    try:
        connection.connection.driver_connection.backup(target)  # type: ignore[union-attr]
    finally:
        target.close()


def _forget_claims(transaction: Transaction) -> None:
    # The directory's lock proves that whoever held these is gone: their runs need not wait for the leases' ends.
    assert isinstance(transaction, SqlTransaction)  # noqa: S101
    for statement in _FORGET:
        transaction._change(statement, {})


def reading_engine(file: Path) -> Engine:
    """Return readers of a file that is there; they lock nothing."""
    return _engine(file, "ro", (), begin="BEGIN")


def _engine(file: Path, mode: str, pragmas: tuple[str, ...], *, begin: str) -> Engine:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{quote(str(file.absolute()))}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )

    pool: dict[str, object] = {"poolclass": StaticPool}
    if mode == "ro":
        pool = {"poolclass": QueuePool, "pool_size": READERS, "max_overflow": 0}
    engine = create_engine("sqlite://", creator=connect, hide_parameters=True, **pool)

    @event.listens_for(engine, "connect")
    def _set_up(driver: sqlite3.Connection, record: object) -> None:
        for pragma in pragmas:
            driver.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
