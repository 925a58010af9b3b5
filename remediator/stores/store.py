"""The door of this room: `open_store` picks the database by its URL; used by `app` and by the `db` commands.

Closures are synchronous on purpose: SQLite runs them on one writer thread, PostgreSQL within SQLAlchemy's greenlet.
They run in one transaction together with others (group commit), each in a savepoint, and may be run again: they
touch nothing but their transaction.

    store = await open_store("sqlite:////var/lib/remediator/remediator.sqlite3")
    run = await store.read(lambda reader: reader.run(run_id))
    await store.submit(lambda transaction: transaction.accept(notification))
    await store.close()
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from remediator.core.errors import InvalidSettings
from remediator.ports.store import Store

FILE_NAME = "remediator.sqlite3"
_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql", "postgres")


def sqlite_url(data_dir: Path) -> str:
    """Return the URL of the SQLite store in a data directory."""
    return f"{_SQLITE}{data_dir.absolute() / FILE_NAME}"


async def open_store(
    url: str, *, password: Callable[[], str] | None = None, upgrade: bool = False
) -> Store:
    """Open the store at `sqlite:///FILE` or `postgresql://…`; raise InvalidSettings or StoreUnavailable.

    An SQLite file is upgraded to this program's schema. A PostgreSQL database is, where it is empty or with `upgrade`;
    otherwise an older schema is refused. `password` is asked for every new connection.
    """
    if file := sqlite_file(url):
        from remediator.stores.sqlite import open_sqlite

        return await open_sqlite(file)
    from remediator.stores.postgres import open_postgres

    return await open_postgres(url, password=password, upgrade=upgrade)


async def upgrade(url: str, *, password: Callable[[], str] | None = None) -> None:
    """Bring a database to this program's schema, under a lock; SQLite is backed up first."""
    if file := sqlite_file(url):
        from remediator.stores.sqlite import prepare_file

        lock = await asyncio.to_thread(prepare_file, file)
        lock.close()
        return
    from remediator.stores.postgres import upgrade_database

    await upgrade_database(url, password=password)


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite store, None for one in PostgreSQL; raise InvalidSettings for any other."""
    if not url.startswith(_SQLITE):
        _require_postgres(url)
        return None
    path = unquote(url.removeprefix(_SQLITE))
    if not path or path.endswith("/"):
        raise InvalidSettings("the store's URL names no file: expected sqlite:////DIRECTORY/FILE")
    return Path(path)


def _require_postgres(url: str) -> None:
    scheme = urlsplit(url).scheme
    if scheme not in _POSTGRES:
        raise InvalidSettings(
            f"{scheme or 'this'} is not a store: expected sqlite:////FILE or postgresql://HOST/DATABASE"
        )
