"""`INSERT … ON CONFLICT` for both databases, which write it alike.

SQLAlchemy has it in each dialect. PostgreSQL's would do for both, and brings all of PostgreSQL's types along, 2 MB
that a daemon on SQLite never uses; so this is SQLite's, with the one thing that PostgreSQL's compiler asks of it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from sqlalchemy import Table
from sqlalchemy.dialects.sqlite import dml


class _Nothing(dml.OnConflictDoNothing):
    inherit_cache = True
    constraint_target: ClassVar[None] = None
    """No constraint is named: the columns tell which it is."""


class _Update(dml.OnConflictDoUpdate):
    inherit_cache = True
    constraint_target: ClassVar[None] = None


class Insert(dml.Insert):
    """An insert that says what becomes of a row that is there already."""

    inherit_cache = True

    def on_conflict_do_nothing(self, *args: Any, **kwargs: Any) -> Self:
        """Leave the row that is there."""
        return self.ext(_Nothing(*args, **kwargs))

    def on_conflict_do_update(self, *args: Any, **kwargs: Any) -> Self:
        """Change the row that is there."""
        return self.ext(_Update(*args, **kwargs))


def insert(table: Table) -> Insert:
    """Return an insert into a table."""
    return Insert(table)
