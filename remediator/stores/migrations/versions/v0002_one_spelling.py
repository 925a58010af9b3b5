"""Targets in their one spelling: rows of older versions keep what they say, under the name that is asked for now.

No table changes. Where two rows become one, the hold, the higher fence and the later change stay; where two runs hold
the same host at this moment under two spellings, the row under the right name keeps its holder.
"""

from collections.abc import Iterable, Iterator

from alembic import op
from sqlalchemy import Connection, text

from remediator.core.spelling import canonical_name

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Rename what older versions spelled otherwise."""
    connection = op.get_bind()
    for table, column in (("run", "target"), ("budget", "target")):
        found = connection.execute(
            text(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608 - ours
        )
        for old, new in _renamed(row[0] for row in found.all()):
            connection.execute(
                text(f"UPDATE {table} SET {column} = :new WHERE {column} = :old"),  # noqa: S608 - ours
                {"new": new, "old": old},
            )
    names = connection.execute(text("SELECT name FROM target")).all()
    for old, new in _renamed(row[0] for row in names):
        _merge(connection, old, new)


def _renamed(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        kind, _, path = name.partition("/")
        new = f"{kind}/{canonical_name(kind, path)}"
        if new != name:
            yield name, new


def _merge(connection: Connection, old: str, new: str) -> None:
    row = text("SELECT holder, fence, last_changed_at FROM target WHERE name = :name")
    mine = connection.execute(row, {"name": old}).one()
    there = connection.execute(row, {"name": new}).first()
    if there is None:
        rename = text("UPDATE target SET name = :new WHERE name = :old")
        connection.execute(rename, {"new": new, "old": old})
        return
    merged = {
        "name": new,
        "holder": there.holder or mine.holder,
        "fence": max(there.fence, mine.fence),
        "at": max((t for t in (there.last_changed_at, mine.last_changed_at) if t), default=None),
    }
    connection.execute(
        text(
            "UPDATE target SET holder = :holder, fence = :fence, last_changed_at = :at WHERE name = :name"
        ),
        merged,
    )
    connection.execute(text("DELETE FROM target WHERE name = :old"), {"old": old})
