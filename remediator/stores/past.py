"""Read stored notifications beside a running daemon, without opening the store for work; for `replay`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import StatementError

from remediator.core.errors import StoreUnavailable
from remediator.ports.store import Listing, Notification, Page, Reader
from remediator.stores.error_translation import translated
from remediator.stores.store import open_store, sqlite_file
from remediator.stores.transaction import SqlReader

_SHARE = 500


async def stored_notifications(
    url: str, since: datetime, *, password: Callable[[], str] | None = None
) -> tuple[Notification, ...]:
    """Return what was taken since, oldest first; raise InvalidSettings or StoreUnavailable."""
    if file := sqlite_file(url):
        return tuple(reversed([*_of_file(file, since)]))
    store = await open_store(url, password=password)
    try:
        found: list[Notification] = []
        before: str | None = None
        while True:
            listing = Listing(limit=_SHARE, before=before)
            page = await store.read(_page(listing))
            found += (each for each in page.items if each.received_at >= since)
            before = page.next
            if before is None or page.items[-1].received_at < since:
                return tuple(reversed(found))
    finally:
        await store.close()


def _page(listing: Listing) -> Callable[[Reader], Page[Notification]]:
    return lambda reader: reader.notifications(listing)


def _of_file(file: Path, since: datetime) -> Iterator[Notification]:
    from remediator.stores.sqlite import DIALECT, reading_engine

    if not file.is_file():
        raise StoreUnavailable(f"{file} is not there: nothing was ever stored")
    engine = reading_engine(file)
    try:
        with engine.connect() as connection, connection.begin():
            yield from _newest(SqlReader(connection, DIALECT), since)
    except StatementError as error:
        raise translated(error) from error
    finally:
        engine.dispose()


def _newest(reader: Reader, since: datetime) -> Iterator[Notification]:
    before: str | None = None
    while True:
        page: Page[Notification] = reader.notifications(Listing(limit=_SHARE, before=before))
        for each in page.items:
            if each.received_at < since:
                return
            yield each
        before = page.next
        if before is None:
            return
