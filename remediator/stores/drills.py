"""Drills: one row for each night, of the newest nights only, so that nothing here grows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from remediator.core.drill import DrillReport
from remediator.ports.codec import adapter
from remediator.stores.columns import Moment
from remediator.stores.schema import drill
from remediator.stores.session import Session
from remediator.stores.upsert import insert

KEPT = 30
_BEGIN = insert(drill).on_conflict_do_nothing()
_END = (
    update(drill)
    .where(drill.c.night == bindparam("p_night"))
    .values(ended_at=bindparam("p_ended_at", type_=Moment()), document=bindparam("p_document"))
)
_LAST = (
    select(drill.c.document)
    .where(drill.c.ended_at.is_not(None))
    .order_by(drill.c.began_at.desc())
    .limit(1)
)
_NEWEST = select(drill.c.night).order_by(drill.c.began_at.desc()).limit(KEPT)
_FORGET = delete(drill).where(drill.c.night.not_in(_NEWEST.scalar_subquery()))


class DrillReading(Session):
    """Reads reports."""

    def last_drill(self) -> DrillReport | None:
        """Return the report of the newest drill that ended."""
        document = self._value(_LAST, {})
        return adapter(DrillReport).validate_json(document) if document else None


class DrillWriting(DrillReading):
    """Takes nights, and keeps reports."""

    def begin_drill(self, night: str, at: datetime) -> bool:
        """Take a night's drill; False where it was taken."""
        row = {"night": night, "began_at": at, "ended_at": None, "document": ""}
        return self._change(_BEGIN, row) > 0

    def end_drill(self, report: DrillReport) -> None:
        """Keep the report, and forget the oldest nights."""
        document = adapter(DrillReport).dump_json(report).decode()
        given = {"p_night": report.night, "p_ended_at": report.ended_at, "p_document": document}
        self._change(_END, given)
        self._change(_FORGET, {})
