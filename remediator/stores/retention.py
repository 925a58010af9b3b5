"""Retention: what is old and closed goes, with all that belongs to it; used by housekeeping."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Delete,
    Integer,
    Table,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
)

from remediator.core.facts import Counted
from remediator.stores.columns import Moment
from remediator.stores.replay_guard import IS_OVER
from remediator.stores.schema import (
    IS_NEW,
    IS_WAITING,
    approval,
    attempt,
    budget,
    decision,
    episode,
    event,
    inbox,
    outbox,
    run,
    seen,
    target,
    vote,
)
from remediator.stores.session import Session

BESIDE = 5  # times as many rows of what a run leaves beside itself
LOOKED_AT = 25  # times as many episodes: more than the runs that nobody settles for months
_BEFORE = bindparam("p_before", type_=Moment())
_LIMIT = bindparam("p_limit", type_=Integer())
_KINDS: tuple[ColumnElement[str], ...] = tuple(literal_column(f"'{kind}'") for kind in Counted)
_RUNS: BindParameter[str] = bindparam("p_runs", expanding=True)

_OLD_RUNS = (
    select(run.c.id)
    .where(
        run.c.phase == literal_column("'closed'"),
        run.c.closed_at < _BEFORE,
        ~exists().where(target.c.holder == run.c.id),
    )
    .order_by(run.c.closed_at)
    .limit(_LIMIT)
    .with_for_update(skip_locked=True)
)
_OF_RUNS = (
    delete(vote).where(
        vote.c.approval_id.in_(select(approval.c.id).where(approval.c.run_id.in_(_RUNS)))
    ),
    *(delete(t).where(t.c.run_id.in_(_RUNS)) for t in (event, attempt, approval, outbox)),
    delete(run).where(run.c.id.in_(_RUNS)),
)


def _old(table: Table, by: tuple[Column[Any], ...], *conditions: ColumnElement[bool]) -> Delete:
    """Delete at most `p_limit` rows that meet the conditions and that no other replica is deleting.

    They are looked for in the order of an index: PostgreSQL would guess that any third row is old, and read them all.
    """
    key = table.primary_key.columns[0]
    old = select(key).where(*conditions).order_by(*by).limit(_LIMIT)
    return delete(table).where(key.in_(old.with_for_update(of=table, skip_locked=True)))


_OLD_NOTIFICATIONS = _old(inbox, (inbox.c.received_at,), inbox.c.received_at < _BEFORE, ~IS_NEW)
# Runs go in the same order, so the oldest are those whose runs are gone: all others need not be looked at each time.
_OLDEST_EPISODES = (
    select(episode.c.id)
    .where(episode.c.closed_at < _BEFORE)
    .order_by(episode.c.closed_at)
    .limit(bindparam("p_looked_at", type_=Integer()))
    .with_for_update(skip_locked=True)
)
_OLD_BESIDES = (
    delete(episode).where(
        episode.c.id.in_(_OLDEST_EPISODES), ~exists().where(run.c.episode == episode.c.id)
    ),
    _old(decision, (decision.c.at,), decision.c.at < _BEFORE),
    _old(budget, (), budget.c.counted.in_(_KINDS), budget.c.at < _BEFORE),
    _old(
        outbox,
        (outbox.c.place,),
        ~IS_WAITING,
        outbox.c.place < _BEFORE,
        func.coalesce(outbox.c.finished_at, outbox.c.place) < _BEFORE,
    ),
    _old(seen, (seen.c.until,), IS_OVER),
)


class Retention(Session):
    """Deletes what is old enough."""

    def prune(self, *, runs_before: datetime, notifications_before: datetime, limit: int) -> int:
        """Delete at most so many runs, and rows that are as old; return how many rows went, 0 when nothing is left."""
        oldest = self._all(_OLD_RUNS, {"p_before": runs_before, "p_limit": limit})
        ids = [row.id for row in oldest]
        rows = sum(self._change(statement, {"p_runs": ids}) for statement in _OF_RUNS) if ids else 0
        beside = {"p_before": runs_before, "p_limit": limit * BESIDE}
        beside |= {"p_looked_at": limit * LOOKED_AT}
        notifications = beside | {"p_before": notifications_before}
        rows += self._change(_OLD_NOTIFICATIONS, notifications)
        return rows + sum(self._change(statement, beside) for statement in _OLD_BESIDES)
