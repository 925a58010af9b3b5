"""Budgets: windows of counted things, behind limits, breakers, blast radius and storm."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, bindparam, func, insert, select

from remediator.core.facts import Scope, Tallied, Tally
from remediator.core.target import Target
from remediator.ports.store import Entry
from remediator.stores.columns import Moment
from remediator.stores.schema import budget
from remediator.stores.session import Session

_COUNT = insert(budget).inline()


def _tally(*scope: ColumnElement[bool]) -> Select[int, int, datetime, datetime]:
    return select(
        func.count().label("entries"),
        func.count(budget.c.target.distinct()).label("targets"),
        func.min(budget.c.at).label("oldest"),
        func.max(budget.c.at).label("newest"),
    ).where(
        budget.c.counted == bindparam("p_counted"),
        budget.c.at > bindparam("p_since", type_=Moment()),
        *scope,
    )


_TALLIES = {
    Scope.TARGET: _tally(budget.c.target == bindparam("p_scope")),
    Scope.PLAYBOOK: _tally(budget.c.playbook == bindparam("p_scope")),
    Scope.ALL: _tally(),
}


class BudgetReading(Session):
    """Answers tallies."""

    def tally(self, tally: Tally, *, playbook: str, target: Target, now: datetime) -> Tallied:
        """Count a window that ends now; entries from a clock that was ahead count too, as the careful answer."""
        self._enter_gate()
        wanted = {"p_counted": tally.counted.value, "p_since": now - tally.per}
        if tally.scope is not Scope.ALL:
            wanted["p_scope"] = str(target) if tally.scope is Scope.TARGET else playbook
        row = self._one(_TALLIES[tally.scope], wanted)
        if row is None:
            return Tallied()
        return Tallied(count=row.entries, targets=row.targets, oldest=row.oldest, newest=row.newest)


class BudgetWriting(BudgetReading):
    """Counts."""

    def count(self, entry: Entry) -> None:
        """Add one entry."""
        self._change(
            _COUNT,
            {
                "counted": entry.counted.value,
                "at": entry.at,
                "run_id": entry.run_id,
                "playbook": entry.playbook,
                "target": str(entry.target) if entry.target else None,
                "source": entry.source,
            },
        )
