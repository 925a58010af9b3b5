"""One connection to a PostgreSQL for one question, and its errors in our words."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg

from remediator.core.errors import ActionError, Permanent, Transient
from remediator.core.plaintext import one_line
from remediator.documents.regular_file import require_regular
from remediator.integrations.postgres.settings import DatabaseSettings, Tls

CONNECT = timedelta(seconds=5)
QUESTION = timedelta(seconds=10)
_RIGHTS = "GRANT pg_signal_backend, pg_read_all_stats TO the role"
_NO_RIGHTS = ("42501",)
_REFUSED = ("28000", "28P01", "3D000")
_FULL = ("53300",)


@asynccontextmanager
async def connected(
    database: DatabaseSettings, *, reads_only: bool
) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Connect; raise Transient (nothing was sent) or Permanent. What fails inside is the caller's to judge."""
    where = f"postgres/{database.name}"
    try:
        async with asyncio.timeout(CONNECT.total_seconds()):
            connection = await asyncpg.connect(
                host=database.host,
                port=database.port,
                user=database.user,
                password=database.password.reveal() if database.password else None,
                database=database.database,
                ssl=_tls(database),
                statement_cache_size=0,
                server_settings=_session(reads_only=reads_only),
            )
    except asyncpg.PostgresError as error:
        raise translated(error, where) from None
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise Transient(f"no connection: {_words(error)}", target=where) from None
    try:
        yield connection
    finally:
        connection.terminate()


def translated(error: asyncpg.PostgresError, where: str) -> ActionError:
    """Return what a server's refusal means for whoever asked; PostgreSQL's own codes decide (its appendix A)."""
    words = one_line(str(error), 200)
    if error.sqlstate in _FULL:
        hint = "from 16 on, pg_use_reserved_connections lets us in"
        return Transient(f"no connection is free ({words}); {hint}", target=where)
    if error.sqlstate in _NO_RIGHTS:
        return Permanent(f"{words}: {_RIGHTS}", target=where)
    if error.sqlstate in _REFUSED or not (error.sqlstate or "").startswith(("08", "57", "53")):
        return Permanent(words, target=where)
    return Transient(words, target=where)


def _session(*, reads_only: bool) -> dict[str, str]:
    settings = {
        "application_name": "remediator",
        "timezone": "UTC",
        "datestyle": "ISO",
        "statement_timeout": str(int(QUESTION.total_seconds() * 1000)),
        "lock_timeout": "2000",
        "search_path": "pg_catalog",
    }
    return settings | ({"default_transaction_read_only": "on"} if reads_only else {})


def _tls(database: DatabaseSettings) -> ssl.SSLContext | bool:
    if database.tls is Tls.OFF:
        return False
    if database.ca_file is None:
        return ssl.create_default_context()
    require_regular(database.ca_file)
    return ssl.create_default_context(cafile=str(database.ca_file))


def _words(error: BaseException) -> str:
    return one_line(str(error), 200) or type(error).__name__
