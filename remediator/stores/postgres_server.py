"""How we connect to a PostgreSQL server, and what we insist on; used when the store opens and for every connection."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg  # type: ignore[import-untyped,unused-ignore]
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from remediator.core.errors import InvalidSettings, StoreUnavailable

Connect = Callable[[], Coroutine[object, object, Any]]

# What a lost or missing server looks like: asyncpg's own errors come from connecting, later ones are wrapped; but for
# InternalClientError, by which it says that the connection went away in the middle of something.
UNREACHABLE = (
    OSError,
    TimeoutError,
    PoolTimeout,
    DBAPIError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
CONNECT_SECONDS = 5
ANSWER_SECONDS = 20  # longer than the server's own limits, which end statements in an orderly way
SERVER_SETTINGS = {
    "application_name": "remediator",
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    # A replica that sleeps holds the others up no longer; less than they wait, so that none of them gives up.
    "idle_in_transaction_session_timeout": "3s",
}
_REQUIRED = (
    ("fsync", "on", "a crash of its machine would lose what was acknowledged"),
    ("full_page_writes", "on", "a crash of its machine could tear pages"),
    ("server_encoding", "UTF8", "alerts hold any character"),
)


def connector(
    url: str,
    password: Callable[[], str] | None,
    *,
    answer_seconds: float | None = ANSWER_SECONDS,
) -> Connect:
    """Return what opens a connection. The URL is read by asyncpg as libpq would (`sslmode`, `sslrootcert`, …)."""

    def connect() -> Coroutine[object, object, object]:
        connecting: Coroutine[object, object, object] = asyncpg.connect(
            url,
            password=password,
            timeout=CONNECT_SECONDS,
            command_timeout=answer_seconds,
            server_settings=SERVER_SETTINGS,
        )
        return connecting

    return connect


def engine_for(connect: Connect, connections: int) -> AsyncEngine:
    """Return a pool of at most so many connections; nothing is opened yet."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,
    )


async def require_durable(connect: Connect) -> None:
    """Refuse a server that could forget what it confirmed; raise InvalidSettings or StoreUnavailable."""
    try:
        connection = await connect()
        try:
            await _look(connection)
        finally:
            await connection.close()
    except UNREACHABLE as error:
        raise StoreUnavailable(f"PostgreSQL cannot be reached: {error or type(error)}") from error


async def _look(connection: Any) -> None:
    for name, wanted, why in _REQUIRED:
        value = await connection.fetchval(f"SHOW {name}")
        if value != wanted:
            raise InvalidSettings(f"PostgreSQL has {name} = {value}, not {wanted}: {why}")
    if await connection.fetchval("SHOW synchronous_commit") == "off":
        raise InvalidSettings(
            "PostgreSQL has synchronous_commit = off: it would confirm what it can still lose"
        )
    if await connection.fetchval("SELECT pg_is_in_recovery()"):
        raise StoreUnavailable("this PostgreSQL is a standby, which cannot store: use the primary")
