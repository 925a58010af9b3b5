"""The store of several replicas: PostgreSQL, whose clock measures leases. Made by `store.open_store`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import bindparam, func, literal_column, text

from remediator.core.errors import StoreUnavailable
from remediator.ports.store import Reader, Transaction, Work
from remediator.stores.columns import RowNumber
from remediator.stores.committers import COMMITTERS, Committers
from remediator.stores.error_translation import Fault, fault_of, translated
from remediator.stores.leases import Leases
from remediator.stores.notifier import Notifier
from remediator.stores.postgres_notifications import CHANNEL, listen
from remediator.stores.postgres_server import (
    UNREACHABLE,
    Connect,
    connector,
    engine_for,
    require_durable,
)
from remediator.stores.postgres_upgrade import upgrade_postgres
from remediator.stores.session import Dialect
from remediator.stores.transaction import SqlReader
from remediator.stores.upgrade import has_something_to_upgrade, is_current

T = TypeVar("T")

READERS = 4
DATABASE_CLOCK = literal_column(
    "CAST(extract(epoch from clock_timestamp()) * 1000000 AS bigint)", type_=RowNumber
)
# Two numbers of our own for an advisory lock; they mean nothing to anybody else (the other one: `postgres_upgrade`).
_GATE_LOCK = text("SELECT pg_advisory_xact_lock(7265, 1)")
DIALECT = Dialect(
    leases=Leases(DATABASE_CLOCK),
    one_gate=_GATE_LOCK,
    ring=func.pg_notify(CHANNEL, bindparam("p_kinds")),
    gathers=True,
)


class PostgresStore:
    """Keeps everything in one PostgreSQL database (`ports.store.Store`)."""

    prunes_at_once = 100  # a step is a dozen round trips, and nobody waits for the rows that go

    def __init__(self, connect: Connect) -> None:
        self._notifier = Notifier()
        self._engine = engine_for(connect, COMMITTERS + READERS)
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._committers = Committers(self._engine, DIALECT, self._notifier)
        self._listening = asyncio.create_task(listen(connect, self._notifier))
        self._is_closed = False

    async def submit(self, closure: Callable[[Transaction], T]) -> T:
        """Run a closure in a write transaction; return once it is durable. Raise StoreUnavailable."""
        result: T = await self._committers.submit(closure)
        return result

    async def read(self, closure: Callable[[Reader], T]) -> T:
        """Run a closure on a snapshot; once more where a pooled connection turns out to be lost."""
        if self._is_closed:
            raise StoreUnavailable("the store is closed")
        try:
            return await self._read(closure)
        except UNREACHABLE as error:
            if fault_of(error) is Fault.REFUSED:
                raise translated(error) from error
        try:
            return await self._read(closure)
        except UNREACHABLE as error:
            raise translated(error) from error

    async def wait_for_work(self, kind: Work, timeout: timedelta) -> None:
        """Return when a commit here or on another replica made something due, or after the time-out."""
        await self._notifier.wait(kind, timeout)

    async def close(self) -> None:
        """Refuse new closures, finish accepted ones, close connections; may be repeated."""
        self._is_closed = True
        await self._committers.close()
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening
        await self._engine.dispose()

    async def _read(self, closure: Callable[[Reader], T]) -> T:
        async with self._reading.connect() as connection:
            return await connection.run_sync(lambda sync: closure(SqlReader(sync, DIALECT)))


async def open_postgres(
    url: str, *, password: Callable[[], str] | None, upgrade: bool
) -> PostgresStore:
    """Open a database, filling an empty one; raise StoreUnavailable or InvalidSettings."""
    connect = connector(url, password)
    await require_durable(connect)
    engine = engine_for(connect, 1)
    try:
        async with engine.connect() as connection:
            current = await connection.run_sync(is_current)
            is_older = await connection.run_sync(has_something_to_upgrade)
    except UNREACHABLE as error:
        raise translated(error) from error
    finally:
        await engine.dispose()
    if is_older and not upgrade:
        raise StoreUnavailable(
            "the database has an older schema: run `remediator db upgrade` first"
        )
    if not current:
        await upgrade_database(url, password=password)
    return PostgresStore(connect)


async def upgrade_database(url: str, *, password: Callable[[], str] | None) -> None:
    """Run all missing migrations; replicas that start at once wait for each other."""
    await require_durable(connector(url, password))
    try:
        await upgrade_postgres(connector(url, password, answer_seconds=None))
    except UNREACHABLE as error:
        raise translated(error) from error
