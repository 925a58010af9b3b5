"""Budgets: windows of counted things, behind limits, breakers, blast radius and storm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)

from remediator.core.facts import Scope, Tallied, Tally
from remediator.core.target import Named, Target
from remediator.ports.store import Entry
from remediator.stores.columns import Moment
from remediator.stores.gathered import later_insert
from remediator.stores.prepared import Row
from remediator.stores.schema import budget
from remediator.stores.session import Session

_ENTRY = ("counted", "at", "run_id", "playbook", "target", "source")
_COUNT = later_insert("counts", insert(budget).inline(), *_ENTRY)
_ALL = 2**31 - 1
_at, _target = budget.c.at, budget.c.target

Where = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True)
class AskedTally:
    """One tally's place among several, and what its statement depends on: the same statement serves all such."""

    place: int
    scope: Scope
    distinct: bool
    names: int

    def name(self, word: str) -> str:
        """Return how a parameter of this tally is called."""
        return f"p_{word}_{self.place}"

    def windows(self) -> tuple[Where, ...]:
        """Return the conditions of each window: one for each name of the target, so that each is in order of time."""
        window = (
            budget.c.counted == bindparam(self.name("counted")),
            _at > bindparam(self.name("since"), type_=Moment()),
        )
        if self.scope is Scope.TARGET:
            return tuple(
                (*window, _target == bindparam(f"p_target_{n}")) for n in range(self.names)
            )
        if self.scope is Scope.PLAYBOOK:
            return ((*window, budget.c.playbook == bindparam("p_playbook")),)
        return (window,)

    def most(self) -> BindParameter[int]:
        """Return up to how many are counted."""
        return bindparam(self.name("most"), type_=Integer())


def _entries(asked: AskedTally) -> Select[*tuple[Any, ...]]:
    """Count the newest entries."""
    newest = (
        select(_at).where(*window).order_by(_at.desc()).limit(asked.most()).subquery()
        for window in asked.windows()
    )
    found = union_all(*(select(each.c.at) for each in newest)).subquery()
    at = found.c.at
    return _answer(asked, func.count(), func.min(at), func.max(at)).select_from(found)


def _targets(asked: AskedTally) -> Select[*tuple[Any, ...]]:
    """Count different targets, beginning with any."""
    window = or_(*(and_(*window) for window in asked.windows()))
    others = _target.not_in(bindparam("p_besides", expanding=True))
    found = (
        select(_target)
        .where(window, _target.is_not(None), others)
        .distinct()
        .limit(asked.most())
        .subquery()
    )
    ends = (
        select(_at).where(window).order_by(order).limit(1).scalar_subquery()
        for order in (_at.asc(), _at.desc())
    )
    return _answer(asked, func.count(), *ends).select_from(found)


def _answer(asked: AskedTally, *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    names = ("count", "oldest", "newest")
    labelled = (column.label(name) for column, name in zip(columns, names, strict=True))
    return select(literal(asked.place).label("place"), *labelled)


def counting(asked: AskedTally) -> Select[*tuple[Any, ...]]:
    """Return the statement of one tally: its place, how many, and the times of the oldest and the newest."""
    return _targets(asked) if asked.distinct else _entries(asked)


@cache
def _tallies(asked: tuple[AskedTally, ...]) -> Executable:
    return union_all(*map(counting, asked))


def tallied(
    wanted: Sequence[Tally], names: Sequence[str], now: datetime
) -> tuple[tuple[AskedTally, ...], dict[str, Any]]:
    """Return which statements count these windows, and what they are given."""
    parameters: dict[str, Any] = {f"p_target_{n}": name for n, name in enumerate(names)}
    asked = []
    for place, tally in enumerate(wanted):
        parameters[f"p_counted_{place}"] = tally.counted.value
        parameters[f"p_since_{place}"] = now - tally.per
        parameters[f"p_most_{place}"] = _most(tally)
        asked.append(AskedTally(place, tally.scope, tally.distinct, len(names)))
    return tuple(asked), parameters


class BudgetReading(Session):
    """Answers tallies."""

    def tallies(
        self,
        wanted: Sequence[Tally],
        *,
        playbook: str,
        target: Named,
        now: datetime,
        besides: Sequence[Target] = (),
    ) -> dict[Tally, Tallied]:
        """Count windows that end now; entries from a clock that was ahead count too, as the careful answer."""
        if not wanted:
            return {}
        self.enter_gate()
        asked, parameters = tallied(wanted, _texts(target), now)
        parameters |= {"p_playbook": playbook, "p_besides": [str(each) for each in besides]}
        rows = self._all(_tallies(asked), parameters, about=(budget,))
        return {wanted[row.place]: answer_of(wanted[row.place], row) for row in rows}

    def tally(self, tally: Tally, *, playbook: str, target: Target, now: datetime) -> Tallied:
        """Count one window."""
        return self.tallies((tally,), playbook=playbook, target=target, now=now)[tally]


def _texts(target: Named) -> list[str]:
    names = (target,) if isinstance(target, Target) else target
    return [str(name) for name in names]


def _most(tally: Tally) -> int:
    return _ALL if tally.most is None else max(tally.most, 1)


def answer_of(tally: Tally, row: Row) -> Tallied:
    """Read the answer to a tally from its row."""
    ends = {"oldest": row.oldest, "newest": row.newest}
    if tally.distinct:
        return Tallied(targets=row[1], **ends)
    return Tallied(count=min(row[1], _most(tally)), **ends)


class BudgetWriting(BudgetReading):
    """Counts."""

    def count(self, entry: Entry) -> None:
        """Add one entry."""
        row = {
            "counted": entry.counted.value,
            "at": entry.at,
            "run_id": entry.run_id,
            "playbook": entry.playbook,
            "target": str(entry.target) if entry.target else None,
            "source": entry.source,
        }
        self._later(_COUNT, [row], (), budget)
