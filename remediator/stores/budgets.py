"""Budgets: windows of counted things, behind limits, breakers, blast radius and storm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    Row,
    Select,
    bindparam,
    case,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
)

from remediator.core.facts import Scope, Tallied, Tally
from remediator.core.target import Named, Target
from remediator.ports.store import Entry
from remediator.stores.columns import Moment
from remediator.stores.schema import budget
from remediator.stores.session import Session

_BESIDES: BindParameter[str] = bindparam("p_besides", expanding=True)
_COUNT = insert(budget).inline()


def _tally(place: int, scope: Scope, *, besides: bool) -> Select[*tuple[object, ...]]:
    others = func.count(case((budget.c.target.not_in(_BESIDES), budget.c.target)).distinct())
    return select(
        literal(place).label("place"),
        func.count().label("entries"),
        func.count(budget.c.target.distinct()).label("targets"),
        (others if besides else null()).label("others"),
        func.min(budget.c.at).label("oldest"),
        func.max(budget.c.at).label("newest"),
    ).where(
        budget.c.counted == bindparam(f"p_counted_{place}"),
        budget.c.at > bindparam(f"p_since_{place}", type_=Moment()),
        *_within(scope),
    )


def _within(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    if scope is Scope.TARGET:
        return (budget.c.target.in_(bindparam("p_targets", expanding=True)),)
    return (budget.c.playbook == bindparam("p_playbook"),) if scope is Scope.PLAYBOOK else ()


@cache
def _tallies(scopes: tuple[Scope, ...], *, besides: bool) -> Executable:
    """Return one statement for several tallies: a round trip each would be most of a judgement's time."""
    return union_all(*(_tally(place, scope, besides=besides) for place, scope in enumerate(scopes)))


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
        self._enter_gate()
        parameters: dict[str, object] = {}
        for place, tally in enumerate(wanted):
            parameters[f"p_counted_{place}"] = tally.counted.value
            parameters[f"p_since_{place}"] = now - tally.per
        scopes = tuple(tally.scope for tally in wanted)
        if Scope.TARGET in scopes:
            parameters["p_targets"] = _texts(target)
        if Scope.PLAYBOOK in scopes:
            parameters["p_playbook"] = playbook
        if besides:
            parameters["p_besides"] = [str(each) for each in besides]
        rows = self._all(_tallies(scopes, besides=bool(besides)), parameters)
        return {wanted[row.place]: _read(row) for row in rows}

    def tally(self, tally: Tally, *, playbook: str, target: Target, now: datetime) -> Tallied:
        """Count one window."""
        return self.tallies((tally,), playbook=playbook, target=target, now=now)[tally]


def _texts(target: Named) -> list[str]:
    names = (target,) if isinstance(target, Target) else target
    return [str(name) for name in names]


def _read(row: Row[*tuple[object, ...]]) -> Tallied:
    return Tallied(
        count=row.entries,
        targets=row.targets,
        others=row.others,
        oldest=row.oldest,
        newest=row.newest,
    )


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
