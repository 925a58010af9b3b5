"""Numbers for metrics and health, read in one go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, bindparam, func, or_, select

from remediator.core.run import Phase
from remediator.ports.store import Statistics
from remediator.stores.columns import Moment
from remediator.stores.pauses import PauseReading
from remediator.stores.schema import IS_NEW, IS_OPEN, IS_WAITING, inbox, outbox, run

_NOW = bindparam("p_now", type_=Moment())
_PHASES = select(run.c.phase, func.count().label("runs")).where(IS_OPEN).group_by(run.c.phase)
_OLDEST_DUE = select(func.min(run.c.due_at)).where(
    IS_OPEN,
    run.c.due_at.is_not(None),
    or_(run.c.lease_until.is_(None), run.c.lease_until <= _NOW),
)
_OUTBOX = select(func.count().label("waiting")).select_from(outbox).where(IS_WAITING)
_OLDEST_MESSAGE = select(func.min(outbox.c.place)).where(IS_WAITING, outbox.c.place <= _NOW)
_INBOX = select(func.count().label("waiting"), func.min(inbox.c.received_at).label("oldest")).where(
    IS_NEW
)


_OUTCOMES = (
    select(run.c.outcome, func.count().label("runs"))
    .where(run.c.created_at > bindparam("p_since", type_=Moment()), run.c.outcome.is_not(None))
    .group_by(run.c.outcome)
)


_AWAITING = select(func.count()).select_from(
    select(run.c.id)
    .where(run.c.phase == Phase.AWAITING_APPROVAL.value, IS_OPEN)
    .limit(bindparam("p_limit", type_=Integer()))
    .subquery()
)


class StatisticsReading(PauseReading):
    """Reads the numbers."""

    def awaiting_approval(self, most: int) -> int:
        """Count the plans that await approval, up to one more than `most`."""
        return int(self._value(_AWAITING, {"p_limit": most + 1}))

    def outcomes(self, since: datetime) -> dict[str, int]:
        """Count the runs created since by how they ended."""
        rows = self._all(_OUTCOMES, {"p_since": since})
        return {row.outcome: row.runs for row in sorted(rows, key=lambda row: row.outcome)}

    def statistics(self, now: datetime) -> Statistics:
        """Return what is open, due, waiting and paused at this moment."""
        phases = {row.phase: row.runs for row in self._all(_PHASES, {})}
        inbox_row = self._one(_INBOX, {})
        return Statistics(
            runs_active=phases,
            approvals_pending=phases.get(Phase.AWAITING_APPROVAL.value, 0),
            oldest_due_at=self._value(_OLDEST_DUE, {"p_now": now}),
            outbox_pending=self._value(_OUTBOX, {}),
            outbox_oldest_at=self._value(_OLDEST_MESSAGE, {"p_now": now}),
            inbox_new=inbox_row.waiting if inbox_row else 0,
            inbox_oldest_at=inbox_row.oldest if inbox_row else None,
            pauses=self.pauses(now),
        )
