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
    FromClause,
    Integer,
    Select,
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
_BESIDES: BindParameter[str] = bindparam("p_besides", expanding=True)
CALLERS_CLOCK: BindParameter[int] = bindparam("p_clock", type_=RowNumber)


class Leases:
    """The statements that take and renew leases, for one clock."""

    def __init__(self, clock: ColumnElement[int]) -> None:
        self._clock = clock
        self.claim_runs = self._claim_runs()
        self.claim_deliveries = self._claim_deliveries()
        self.claim_behind = self._claim_behind()
        self.extend_runs = self._extend_runs()

    def parameters(self, now: datetime, lease: timedelta) -> dict[str, Any]:
        """Return what every statement here needs to know about time."""
        length = {"p_lease": lease // _MICROSECOND}
        return length | ({"p_clock": microseconds(now)} if self._clock is CALLERS_CLOCK else {})

    def _end(self) -> ColumnElement[Any]:
        return self._clock + bindparam("p_lease", type_=RowNumber)

    def _is_free(self, table: Table) -> ColumnElement[bool]:
        until = table.c.lease_until
        return or_(until.is_(None), type_coerce(until, RowNumber) <= self._clock)

    def _extend_runs(self) -> Update:
        """In the order in which everybody locks several runs: who meets another halfway waits a second for nothing."""
        ours = (
            select(run.c.id)
            .where(run.c.owner == _OWNER, run.c.id.in_(bindparam("p_runs", expanding=True)))
            .order_by(run.c.id)
            .with_for_update()
        )
        return (
            update(run)
            .where(run.c.id.in_(ours))
            .values(lease_until=self._end())
            .returning(run.c.id, run.c.fence)
        )

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
            .where(IS_WAITING, outbox.c.due_at <= _NOW, self._is_free(outbox))
            .where(outbox.c.channel.not_in(_BESIDES), ~_waits_before())
            .order_by(outbox.c.due_at, outbox.c.id)
            .limit(_LIMIT)
            .with_for_update(skip_locked=True)
        )
        return self._claim(due)

    def _claim_behind(self) -> Update:
        """Take what is due behind a head, up to the first that is not: a later one never overtakes."""
        head, between = outbox.alias("head"), outbox.alias("between")
        is_due = and_(IS_WAITING, outbox.c.due_at <= _NOW, self._is_free(outbox))
        blocks = and_(_place(between) > _place(head), between.c.due_at > _NOW)
        due = (
            select(outbox.c.id)
            .join_from(outbox, head, and_(*_is_same_thread(head), _place(outbox) > _place(head)))
            .where(head.c.id == bindparam("p_head", type_=RowNumber), is_due)
            .where(~_waits_before(between, blocks))
            .order_by(outbox.c.place, outbox.c.id)
            .limit(_LIMIT)
            .with_for_update(skip_locked=True, of=outbox)
        )
        return self._claim(due)

    def _claim(self, due: Select[int]) -> Update:
        return (
            update(outbox)
            .where(outbox.c.id.in_(due))
            .values(owner=_OWNER, lease_until=self._end())
            .returning(outbox)
        )


_EARLIER = outbox.alias("earlier")


def _waits_before(
    earlier: FromClause = _EARLIER, *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Say whether an earlier delivery of the same thread and channel waits, one that meets the conditions."""
    is_before = _place(earlier) < _place(outbox)
    waits = earlier.c.state == "waiting"
    return exists().where(and_(*_is_same_thread(earlier), waits, is_before, *conditions))


def _is_same_thread(other: FromClause) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return other.c.thread == outbox.c.thread, other.c.channel == outbox.c.channel


def _place(table: FromClause) -> ColumnElement[Any]:
    return tuple_(table.c.place, table.c.id)
