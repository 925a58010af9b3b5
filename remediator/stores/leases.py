"""Claims with a lease, for runs and deliveries: the first of the two points where the databases differ.

On PostgreSQL leases are measured by the database's clock and rows that somebody else is claiming are skipped; on SQLite
there is one writer, and the caller's `now` counts (its compiler leaves FOR UPDATE out by itself).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Table,
    Update,
    and_,
    bindparam,
    exists,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)

from remediator.stores.columns import Moment, RowNumber, microseconds
from remediator.stores.schema import IS_OPEN, IS_WAITING, outbox, run

_MICROSECOND = timedelta(microseconds=1)
_NOW = bindparam("p_now", type_=Moment())
_OWNER: BindParameter[str] = bindparam("p_owner")
_LIMIT = bindparam("p_limit", type_=Integer())
CALLERS_CLOCK: BindParameter[int] = bindparam("p_clock", type_=RowNumber)


class Leases:
    """The statements that take and renew leases, for one clock."""

    def __init__(self, clock: ColumnElement[int]) -> None:
        self._clock = clock
        self.claim_runs = self._claim_runs()
        self.claim_deliveries = self._claim_deliveries()
        self.extend_runs = (
            update(run)
            .where(run.c.owner == _OWNER, run.c.id.in_(bindparam("p_runs", expanding=True)))
            .values(lease_until=self._end())
            .returning(run.c.id, run.c.fence)
        )

    def parameters(self, now: datetime, lease: timedelta) -> dict[str, Any]:
        """Return what every statement here needs to know about time."""
        length = {"p_lease": lease // _MICROSECOND}
        return length | ({"p_clock": microseconds(now)} if self._clock is CALLERS_CLOCK else {})

    def _end(self) -> ColumnElement[Any]:
        return self._clock + bindparam("p_lease", type_=RowNumber)

    def _is_free(self, table: Table) -> ColumnElement[bool]:
        until = table.c.lease_until
        return or_(until.is_(None), type_coerce(until, RowNumber) <= self._clock)

    def _claim_runs(self) -> Update:
        due = (
            select(run.c.id)
            .where(IS_OPEN, run.c.due_at.is_not(None), run.c.due_at <= _NOW, self._is_free(run))
            .order_by(run.c.due_at, run.c.id)
            .limit(_LIMIT)
            .with_for_update(skip_locked=True)
        )
        return (
            update(run)
            .where(run.c.id.in_(due))
            .values(owner=_OWNER, lease_until=self._end(), fence=run.c.fence + 1)
            .returning(run.c.id, run.c.due_at, run.c.document, run.c.fence, run.c.version)
        )

    def _claim_deliveries(self) -> Update:
        due = (
            select(outbox.c.id)
            .where(IS_WAITING, outbox.c.due_at <= _NOW, self._is_free(outbox), ~_is_behind())
            .order_by(outbox.c.due_at, outbox.c.id)
            .limit(_LIMIT)
            .with_for_update(skip_locked=True)
        )
        return (
            update(outbox)
            .where(outbox.c.id.in_(due))
            .values(owner=_OWNER, lease_until=self._end())
            .returning(outbox)
        )


def _is_behind() -> ColumnElement[bool]:
    earlier = outbox.alias("earlier")
    return exists().where(
        and_(
            earlier.c.thread == outbox.c.thread,
            earlier.c.channel == outbox.c.channel,
            earlier.c.state == "waiting",
            tuple_(earlier.c.place, earlier.c.id) < tuple_(outbox.c.place, outbox.c.id),
        )
    )
