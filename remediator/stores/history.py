"""What one judgement asks of the past and of other runs, as one statement."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Executable,
    Text,
    bindparam,
    cast,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy import type_coerce as as_type

from remediator.ports.surroundings import Asked, History
from remediator.stores.budgets import AskedTally, BudgetReading, answer_of, counting, tallied
from remediator.stores.columns import Moment
from remediator.stores.schema import budget, episode, run, target
from remediator.stores.surroundings import TOGETHER, SurroundingsReading
from remediator.stores.targets import ACTING, TargetReading

_HOLD, _ACTING, _TOGETHER = -1, -2, -3
_NEVER = as_type(cast(null(), BigInteger), Moment())
_NOBODY = cast(null(), Text)
# The first part says which types the columns of all have.
_HOLDS = select(
    literal(_HOLD).label("place"),
    literal(0, BigInteger).label("count"),
    _NEVER.label("oldest"),
    target.c.last_changed_at.label("newest"),
    target.c.name,
    target.c.holder,
).where(target.c.name.in_(bindparam("p_names", expanding=True)))


def _number(place: int, statement: Any) -> Any:
    count = statement.scalar_subquery()
    return select(literal(place), count, _NEVER, _NEVER, _NOBODY, _NOBODY)


@cache
def _history(asked: tuple[AskedTally, ...], *, together: bool) -> Executable:
    tallies = (counting(each).add_columns(_NOBODY, _NOBODY) for each in asked)
    numbers = [_number(_ACTING, ACTING), *([_number(_TOGETHER, TOGETHER)] if together else [])]
    return union_all(_HOLDS, *numbers, *tallies)


class HistoryReading(BudgetReading, TargetReading, SurroundingsReading):
    """Answers all that one judgement asks."""

    def history(self, asked: Asked) -> History:
        """Answer; where it counts, keep others from judging by the same until this commit."""
        if asked.counts:
            self.enter_gate()
        tallies, parameters = tallied(
            asked.tallies, [str(name) for name in asked.target], asked.now
        )
        called = {str(name): name for name in asked.called}
        parameters |= {"p_playbook": asked.playbook, "p_run": asked.run_id}
        parameters |= {"p_names": list(called), "p_besides": list(called)}
        if asked.together:
            since, most = asked.together
            parameters |= {"p_firing_since": since, "p_limit": most + 1}
        statement = _history(tallies, together=asked.together is not None)
        rows = self._all(statement, parameters, about=(budget, target, run, episode))
        holds = [row for row in rows if row.place == _HOLD]
        numbers = {row.place: int(row.count) for row in rows if row.place < _HOLD}
        return History(
            tallies={
                asked.tallies[row.place]: answer_of(asked.tallies[row.place], row)
                for row in rows
                if row.place >= 0
            },
            holders={called[row.name]: row.holder for row in holds if row.holder},
            last_changed={called[row.name]: row.newest for row in holds if row.newest},
            acting=numbers[_ACTING],
            firing_together=numbers.get(_TOGETHER),
        )
