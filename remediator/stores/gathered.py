"""Writes that nobody waits for: kept by a transaction until something asks for what they change, then sent together.

PostgreSQL is asked once for all of them, and for those of every closure of a group commit: a round trip costs more
than what a statement does there (docs/decisions/0037). Each kind of write is a part of one statement, of as many rows
as there are. The parts see the database as it was before the statement, so two of them never meet in one row: who
would write a row again sends what waits first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Executable,
    FromClause,
    Insert,
    Table,
    Update,
    bindparam,
    column,
    func,
    null,
    select,
)
from sqlalchemy.types import TypeEngine

Values = Mapping[str, Any]
Key = tuple[object, ...]


class Later:
    """One kind of write: as a statement that is sent at once, and as a part of one that writes many rows.

    `of` makes the part from the rows, whose columns are named as what the statement is given. Where it is `exact`, as
    many rows have to be changed as were given; then the part returns them. What is `first` is sent before the others,
    because they may meet it in one row.
    """

    def __init__(
        self,
        name: str,
        at_once: Insert | Update,
        columns: Mapping[str, TypeEngine[Any]],
        of: Callable[[FromClause], Insert | Update],
        *,
        exact: bool = False,
        first: bool = False,
    ) -> None:
        self.name = name
        self.exact = exact
        self.first = first
        self.at_once = at_once
        self._columns = columns
        self._of = of

    def part(self) -> CTE:
        """Return the part of the statement that writes all rows."""
        columns = (column(name, kind) for name, kind in self._columns.items())
        arrays = (
            bindparam(f"{self.name}_{name}", type_=ARRAY(kind))
            for name, kind in self._columns.items()
        )
        rows = func.unnest(*arrays).table_valued(*columns).render_derived(name=f"{self.name}_rows")
        return self._of(rows).cte(self.name)

    def values(self, rows: Sequence[Values]) -> dict[str, list[Any]]:
        """Return what the part is given for these rows."""
        return {f"{self.name}_{name}": [row[name] for row in rows] for name in self._columns}


def later_insert(name: str, statement: Insert, *columns: str, first: bool = False) -> Later:
    """Return rows that are inserted; what the statement says of conflicts holds for each."""
    table = statement.table
    kinds = {each: table.c[each].type for each in columns}
    return Later(
        name,
        statement,
        kinds,
        lambda rows: statement.from_select(columns, select(*rows.c)),
        first=first,
    )


Rows = Mapping[Later, Sequence[Values]]


class Gathered:
    """What one transaction has still to write, which rows those are, and which tables look otherwise by them."""

    def __init__(self) -> None:
        self._rows: dict[Later, list[Values]] = {}
        self._keys: set[Key] = set()
        self._changed: set[Table] = set()

    def add(self, write: Later, rows: Sequence[Values], keys: Collection[Key], *of: Table) -> None:
        """Keep rows for later; `keys` name them, and questions about the tables `of` have to see them."""
        self._rows.setdefault(write, []).extend(rows)
        self._keys.update(keys)
        self._changed.update(of)

    def has(self, *keys: Key) -> bool:
        """Say whether one of these rows waits."""
        return not self._keys.isdisjoint(keys)

    def changes(self, *tables: Table) -> bool:
        """Say whether what waits changes what a question about these tables finds; of none, about any."""
        return not self._changed.isdisjoint(tables) if tables else bool(self._rows)

    def taken(self) -> tuple[Rows, Rows]:
        """Give out the rows of each kind of write, those that are sent first and the others; keep nothing."""
        rows, self._rows, self._keys, self._changed = self._rows, {}, set(), set()
        kinds = sorted(rows, key=lambda write: write.name)
        return (
            {write: rows[write] for write in kinds if write.first},
            {write: rows[write] for write in kinds if not write.first},
        )


def values_of(rows: Rows) -> dict[str, Any]:
    """Return what the statement for these rows is given."""
    return {name: array for write in rows for name, array in write.values(rows[write]).items()}


@lru_cache(256)
def together(writes: tuple[Later, ...], also: ColumnElement[Any] | None) -> Executable:
    """Return one statement for several kinds of writes; it answers how many rows each exact one has changed."""
    parts = [write.part() for write in writes]
    counts = [
        select(func.count()).select_from(part).scalar_subquery() if write.exact else null()
        for part, write in zip(parts, writes, strict=True)
    ]
    named = (count.label(write.name) for count, write in zip(counts, writes, strict=True))
    return select(*named, *(() if also is None else (also,))).add_cte(*parts)
