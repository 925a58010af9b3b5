"""Follow all journals of a store, the site's and those of the runs, without opening it for work: nothing is locked,
upgraded or written. Used by `db check`, also beside a running daemon.

Each share is a short transaction of its own, so that a long look holds nobody up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import StatementError

from remediator.core.errors import StoreUnavailable
from remediator.ports.chains import SITE, ChainHead, ChainLook
from remediator.stores.error_translation import translated
from remediator.stores.session import Dialect
from remediator.stores.store import sqlite_file
from remediator.stores.transaction import SqlReader
from remediator.stores.upgrade import is_current

SHARE = 1000
_Share = Callable[[ChainHead], Awaitable[ChainLook]]


async def follow_all(
    url: str, *, password: Callable[[], str] | None = None
) -> AsyncIterator[ChainLook]:
    """Yield share by share, first the site's journal; raise InvalidSettings or StoreUnavailable."""
    file = sqlite_file(url)
    shares = _of_file(file) if file else _of_postgres(url, password)
    async for look in shares:
        yield look


async def _of_file(file: Path) -> AsyncIterator[ChainLook]:
    from remediator.stores.sqlite import DIALECT

    engine = _readers_of(file)

    def share(after: ChainHead) -> ChainLook:
        with engine.connect() as connection, connection.begin():
            return _look(connection, DIALECT, after)

    try:
        async for look in _shares(lambda after: asyncio.to_thread(share, after)):
            yield look
    except StatementError as error:
        raise translated(error) from error
    finally:
        engine.dispose()


def _readers_of(file: Path) -> Engine:
    from remediator.stores.sqlite import reading_engine

    if not file.is_file():
        raise StoreUnavailable(f"{file} is not there: nothing was ever stored")
    return reading_engine(file)


async def _of_postgres(url: str, password: Callable[[], str] | None) -> AsyncIterator[ChainLook]:
    from remediator.stores.postgres import DIALECT
    from remediator.stores.postgres_server import UNREACHABLE, connector, engine_for

    engine = engine_for(connector(url, password), 1)
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def share(after: ChainHead) -> ChainLook:
        async with reading.connect() as connection:
            return await connection.run_sync(_look, DIALECT, after)

    try:
        async for look in _shares(share):
            yield look
    except UNREACHABLE as error:
        raise translated(error) from error
    finally:
        await engine.dispose()


async def _shares(share: _Share) -> AsyncIterator[ChainLook]:
    for beginning in (ChainHead(run_id=SITE), ChainHead()):
        look = ChainLook(head=beginning)
        while not look.is_last:
            look = await share(look.head)
            yield look


def _look(connection: Connection, dialect: Dialect, after: ChainHead) -> ChainLook:
    if not after.seq and not is_current(connection):
        raise StoreUnavailable("the database has another schema: run `remediator db upgrade` first")
    reader = SqlReader(connection, dialect)
    if after.run_id == SITE:
        return reader.follow_site(after, SHARE)
    return reader.follow_chains(after, SHARE)
