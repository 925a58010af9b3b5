"""Lists for people: newest first, page by page, with equality filters; used by runs, decisions and notifications."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, ColumnElement, Row, Select, Table, literal, select, tuple_

from remediator.core.errors import InputError
from remediator.ports.store import Listing, Page
from remediator.stores.columns import Moment, Words, microseconds, moment_of
from remediator.stores.session import Session

MOST = 1000
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue(Generic[T]):
    """One kind of list: its table, the time it is ordered by, what it can be filtered by, and how to read a row.

    Every filter has an index that gives its rows in the list's order. Where that index holds only some values, `partly`
    has by (filter, value) the condition by which the database knows that it may use it.
    """

    table: Table
    at: Column[Any]
    filters: frozenset[str]
    read: Callable[[Row[*tuple[Any, ...]]], T]
    partly: Mapping[tuple[str, str], ColumnElement[bool]] = field(default_factory=dict)


class Lists(Session):
    """Answers listings."""

    def _page(self, catalogue: Catalogue[T], listing: Listing) -> Page[T]:
        limit = min(max(listing.limit, 1), MOST)
        rows = self._all(_statement(catalogue, listing).limit(limit + 1), {})
        items = tuple(catalogue.read(row) for row in rows[:limit])
        more = len(rows) > limit
        return Page(items=items, next=_cursor(catalogue, rows[limit - 1]) if more else None)


def _statement(catalogue: Catalogue[T], listing: Listing) -> Select[*tuple[Any, ...]]:
    table, at = catalogue.table, catalogue.at
    statement = select(table).order_by(at.desc(), table.c.id.desc())
    for name, value in listing.filters.items():
        if name not in catalogue.filters:
            raise InputError(f"{table.name} cannot be filtered by {name[:60]!r}")
        is_it = catalogue.partly.get((name, value))
        statement = statement.where(table.c[name] == value if is_it is None else is_it)
    if listing.before is None:
        return statement
    count, row_id = _position(listing.before)
    before = tuple_(literal(moment_of(count), Moment()), literal(row_id, Words()))
    return statement.where(tuple_(at, table.c.id) < before)


def _cursor(catalogue: Catalogue[T], row: Row[*tuple[Any, ...]]) -> str:
    return f"{microseconds(row._mapping[catalogue.at])}.{row._mapping[catalogue.table.c.id]}"


def _position(cursor: str) -> tuple[int, str]:
    count, dot, row_id = cursor.partition(".")
    if not dot or not count.isascii() or not count.isdigit() or len(count) > 17:
        raise InputError(f"{cursor[:60]!r} is not a cursor that a list gave")
    return int(count), row_id
