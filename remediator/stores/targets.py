"""Targets: one permanent row each, with who holds it and a fence that only grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Update,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from remediator.core.target import Target
from remediator.ports.store import Hold
from remediator.stores.columns import Moment, Words
from remediator.stores.gathered import Later, later_insert
from remediator.stores.schema import IS_OPEN, run, target
from remediator.stores.session import Session
from remediator.stores.upsert import insert

_HERE = (target,)
_RUN: BindParameter[str] = bindparam("p_run")
_HOLDS = select(target).where(target.c.name.in_(bindparam("p_names", expanding=True)))
# Not a join: SQLite would begin it with all runs of the playbook, where it has to begin with the few targets held.
_IS_ACTING = exists().where(
    run.c.id == target.c.holder, IS_OPEN, run.c.playbook == bindparam("p_playbook")
)
ACTING = select(func.count(target.c.holder.distinct()).label("count")).where(
    target.c.holder.is_not(None), target.c.holder != _RUN, _IS_ACTING
)
_INSERT = insert(target)
_HOLD = _INSERT.on_conflict_do_update(
    index_elements=[target.c.name],
    set_={
        "holder": _INSERT.excluded.holder,
        "fence": target.c.fence + 1,
        "last_changed_at": func.coalesce(
            _INSERT.excluded.last_changed_at, target.c.last_changed_at
        ),
    },
    where=or_(target.c.holder.is_(None), target.c.holder == _INSERT.excluded.holder),
).returning(target.c.fence)
_TOUCH = later_insert(
    "touches",
    _INSERT.on_conflict_do_update(
        index_elements=[target.c.name], set_={"last_changed_at": _INSERT.excluded.last_changed_at}
    ),
    *("name", "holder", "fence", "last_changed_at"),
    first=True,
)
_RESTING: dict[str, TypeEngine[Any]] = {"p_run": Words(), "p_at": Moment(), "p_release": Boolean()}


def _rested(new: Mapping[str, ColumnElement[Any]]) -> Update:
    return (
        update(target)
        .where(target.c.holder == new["p_run"])
        .values(
            last_changed_at=new["p_at"],
            holder=case((new["p_release"], None), else_=target.c.holder),
        )
    )


_TOUCH_HELD = Later(
    "rests",
    _rested({name: bindparam(name, type_=kind) for name, kind in _RESTING.items()}),
    _RESTING,
    lambda rows: _rested(dict(rows.c)),
)
_RELEASE = update(target).where(target.c.holder == _RUN).values(holder=None)


class TargetReading(Session):
    """Reads holds."""

    def holds(self, targets: Sequence[Target]) -> tuple[Hold, ...]:
        """Return one Hold per target, in the order asked."""
        if not targets:
            return ()
        rows = self._all(_HOLDS, {"p_names": [str(name) for name in targets]}, about=_HERE)
        found = {row.name: row for row in rows}
        return tuple(_hold(target, found.get(str(target))) for target in targets)

    def acting(self, *, playbook: str, besides: str) -> int:
        """Return how many other open runs of a playbook hold a target now."""
        self.enter_gate()
        asked = {"p_playbook": playbook, "p_run": besides}
        return int(self._value(ACTING, asked, about=(*_HERE, run)))


class TargetWriting(TargetReading):
    """Takes, touches and gives back targets."""

    def hold(self, target: Target, run_id: str, changing_at: datetime | None = None) -> int | None:
        """Take a target and return its grown fence; None where another run holds it."""
        mine = {"holder": run_id, "fence": 1, "last_changed_at": changing_at}
        fence = self._value(_HOLD, _row(target) | mine, about=_HERE)
        return None if fence is None else int(fence)

    def release_holds(self, run_id: str) -> None:
        """Give back all that a run holds."""
        self._change(_RELEASE, {"p_run": run_id})

    def touch(self, target: Target, at: datetime) -> None:
        """Note that a target was changed."""
        row = _row(target) | {"last_changed_at": at}
        self._later(_TOUCH, [row], [(*_HERE, row["name"])], *_HERE)

    def touch_held(self, run_id: str, at: datetime, *, release: bool = False) -> None:
        """Note that everything a run holds was changed, and give it back where it is to be released."""
        row = {"p_run": run_id, "p_at": at, "p_release": release}
        self._later(_TOUCH_HELD, [row], [(*_HERE, run_id)], *_HERE)


def _row(target: Target) -> dict[str, object]:
    return {"name": str(target), "holder": None, "fence": 0, "last_changed_at": None}


def _hold(target: Target, row: Any) -> Hold:
    if row is None:
        return Hold(target=target, holder=None, fence=0, last_changed_at=None)
    return Hold(
        target=target, holder=row.holder, fence=row.fence, last_changed_at=row.last_changed_at
    )
