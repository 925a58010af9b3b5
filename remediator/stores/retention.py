"""Retention: what is old and closed goes, with all that belongs to it; used by housekeeping."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Delete,
    Integer,
    Table,
    bindparam,
    delete,
    exists,
    literal_column,
    select,
)

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

MOST = 500  # runs at once, so that one closure stays short
_BEFORE = bindparam("p_before", type_=Moment())
_LIMIT = bindparam("p_limit", type_=Integer())
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


def _old(table: Table, *conditions: ColumnElement[bool]) -> Delete:
    """Delete at most `p_limit` rows that meet the conditions."""
    return delete(table).where(table.c.id.in_(select(table.c.id).where(*conditions).limit(_LIMIT)))


_OLD_NOTIFICATIONS = _old(inbox, inbox.c.received_at < _BEFORE, ~IS_NEW)
_OLD_BESIDES = (
    _old(
        episode,
        episode.c.closed_at < _BEFORE,
        ~exists().where(run.c.episode == episode.c.id),
    ),
    _old(decision, decision.c.at < _BEFORE),
    _old(budget, budget.c.at < _BEFORE),
    _old(outbox, outbox.c.finished_at < _BEFORE, ~IS_WAITING),
    delete(seen).where(seen.c.key.in_(select(seen.c.key).where(IS_OVER).limit(_LIMIT))),
)


class Retention(Session):
    """Deletes what is old enough."""

    def prune(self, *, runs_before: datetime, notifications_before: datetime, limit: int) -> int:
        """Delete at most about `limit` of each kind; return how many rows went, 0 when there is nothing left to do."""
        most = min(limit, MOST)
        runs = {"p_before": runs_before, "p_limit": most}
        ids = [row.id for row in self._all(_OLD_RUNS, runs)]
        rows = sum(self._change(statement, {"p_runs": ids}) for statement in _OF_RUNS) if ids else 0
        rows += self._change(
            _OLD_NOTIFICATIONS, {"p_before": notifications_before, "p_limit": most}
        )
        return rows + sum(self._change(statement, runs) for statement in _OLD_BESIDES)
