"""Lists for people: newest first, page by page, with equality filters; used by runs, decisions and notifications."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, ColumnElement, Integer, Select, Table, bindparam, select, tuple_

from remediator.core.errors import InputError
from remediator.ports.store import Listing, Page
from remediator.stores.columns import Moment, Words, microseconds, moment_of
from remediator.stores.prepared import Row
from remediator.stores.session import Session

MOST = 1000
_BEFORE = "before"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalogue(Generic[T]):
    """One kind of list: its table, the time it is ordered by, what it can be filtered by, and how to read a row.

    Every filter has an index that gives its rows in the list's order. Where that index holds only some values, `partly`
    has by (filter, value) the condition by which the database knows that it may use it.
    """

    table: Table
    at: Column[Any]
    filters: frozenset[str]
    read: Callable[[Row], T]
    partly: Mapping[tuple[str, str], ColumnElement[bool]] = field(default_factory=dict)


class Lists(Session):
    """Answers listings."""

    def _page(self, catalogue: Catalogue[T], listing: Listing) -> Page[T]:
        limit = min(max(listing.limit, 1), MOST)
        asked = {"p_limit": limit + 1, **_asked(catalogue, listing)}
        rows = self._all(_statement(catalogue, _spelt(catalogue, listing)), asked)
        items = tuple(catalogue.read(row) for row in rows[:limit])
        more = len(rows) > limit
        return Page(items=items, next=_cursor(catalogue, rows[limit - 1]) if more else None)


def _spelt(catalogue: Catalogue[T], listing: Listing) -> tuple[tuple[str, str | None], ...]:
    """Return what the statement depends on: each filter, with its value where that has a condition of its own."""
    for name in listing.filters:
        if name not in catalogue.filters:
            raise InputError(f"{catalogue.table.name} cannot be filtered by {name[:60]!r}")
    partly = catalogue.partly
    spelt = (
        (name, value if (name, value) in partly else None)
        for name, value in listing.filters.items()
    )
    return (*sorted(spelt), *([(_BEFORE, None)] if listing.before is not None else []))


def _asked(catalogue: Catalogue[T], listing: Listing) -> dict[str, object]:
    asked: dict[str, object] = {
        f"p_{name}": value
        for name, value in listing.filters.items()
        if (name, value) not in catalogue.partly
    }
    if listing.before is None:
        return asked
    count, row_id = _position(listing.before)
    return asked | {"p_at": moment_of(count), "p_id": row_id}


@cache
def _statement(
    catalogue: Catalogue[Any], spelt: tuple[tuple[str, str | None], ...]
) -> Select[*tuple[Any, ...]]:
    table, at = catalogue.table, catalogue.at
    statement = (
        select(table)
        .order_by(at.desc(), table.c.id.desc())
        .limit(bindparam("p_limit", type_=Integer()))
    )
    for name, value in spelt:
        if name == _BEFORE:
            before = tuple_(bindparam("p_at", type_=Moment()), bindparam("p_id", type_=Words()))
            statement = statement.where(tuple_(at, table.c.id) < before)
        elif value is None:
            statement = statement.where(table.c[name] == bindparam(f"p_{name}"))
        else:
            statement = statement.where(catalogue.partly[name, value])
    return statement


def _cursor(catalogue: Catalogue[T], row: Row) -> str:
    return f"{microseconds(getattr(row, catalogue.at.key))}.{row.id}"


def _position(cursor: str) -> tuple[int, str]:
    count, dot, row_id = cursor.partition(".")
    if not dot or not count.isascii() or not count.isdigit() or len(count) > 17:
        raise InputError(f"{cursor[:60]!r} is not a cursor that a list gave")
    return int(count), row_id
