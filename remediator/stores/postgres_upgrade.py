"""Upgrades of a PostgreSQL database while replicas, also older ones, go on with their work.

Indexes are made concurrently, outside a transaction; the rest in one, with a lock time-out so short that nobody who
waits behind us notices. Replicas that start at once ask for the lock again and again, and do not wait for it in the
database: whoever waits there has an old snapshot, and for that an index being made waits in turn.
"""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from remediator.stores.migrations import REVISIONS
from remediator.stores.postgres_server import Connect, engine_for
from remediator.stores.upgrade import bring_up_to_date, is_current, revision_of

# Two numbers of our own for advisory locks; they mean nothing to anybody else (the other one: `postgres.py`).
# It is the connection's, and goes with it: a transaction that holds it would have an old snapshot, too.
_LOCK = text("SELECT pg_try_advisory_lock(7265, 2)")
_MIGRATING = (text("SET LOCAL statement_timeout = 0"), text("SET LOCAL lock_timeout = '2s'"))
_MAKING_INDEXES = (text("SET statement_timeout = 0"), text("SET lock_timeout = '15min'"))
_INDEXES = text(
    "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " WHERE c.relnamespace = current_schema()::regnamespace"
)
_LOCK_TIMED_OUT = "55P03"
TRIES = 60
WITHOUT_INDEXES = REVISIONS[: REVISIONS.index("0003")]
_PAUSE_SECONDS = 1.0


async def upgrade_postgres(connect: Connect) -> None:
    """Run all missing migrations; raise what the database says where somebody locks a table for minutes."""
    engine, locked_out = engine_for(connect, 2), 0
    try:
        while True:
            try:
                if await _upgrade(engine):
                    return
            except DBAPIError as error:
                locked_out += 1
                if locked_out == TRIES or getattr(error.orig, "sqlstate", "") != _LOCK_TIMED_OUT:
                    raise
            await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        await engine.dispose()


async def _upgrade(engine: AsyncEngine) -> bool:
    """Upgrade; False where another replica is at it."""
    async with engine.connect() as holder:
        await holder.execution_options(isolation_level="AUTOCOMMIT")
        if not (await holder.execute(_LOCK)).scalar():
            return False
        if await holder.run_sync(_lacks_indexes):
            await _make_indexes(holder)
        async with engine.begin() as connection:
            for setting in _MIGRATING:
                await connection.execute(setting)
            await connection.run_sync(bring_up_to_date)
    return True


def _lacks_indexes(connection: Connection) -> bool:
    return not is_current(connection) and revision_of(connection) in WITHOUT_INDEXES


async def _make_indexes(connection: AsyncConnection) -> None:
    """Make what is missing, and anew what an interrupted upgrade left half made."""
    from remediator.stores.migrations.versions import v0003_an_index_for_every_question as indexes

    for setting in _MAKING_INDEXES:
        await connection.execute(setting)
    valid = {row.relname: row.indisvalid for row in await connection.execute(_INDEXES)}
    dropped = [name for name in indexes.INDEXES if valid.get(name) is False]
    for name in (*dropped, *indexes.SUPERSEDED):
        await connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
    for name, on in indexes.INDEXES.items():
        await connection.execute(text(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {on}"))
