"""Runs: their state as JSON beside the columns that are searched and compared; claims, leases and fences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Update,
    and_,
    bindparam,
    case,
    exists,
    select,
    update,
)

from remediator.core.errors import LeaseLost
from remediator.core.run import Phase, Run
from remediator.ports.codec import decode_run, encode_run
from remediator.ports.store import Listing, Page, Work
from remediator.stores.columns import RowNumber
from remediator.stores.gathered import Key, Later
from remediator.stores.hash_chain import GENESIS
from remediator.stores.listing import Catalogue, Lists
from remediator.stores.prepared import Parameters, Row
from remediator.stores.schema import IS_OPEN, event, pause, run
from remediator.stores.upsert import insert

_STATE = (run.c.document, run.c.fence, run.c.version)
_TABLES = (run,)
_IS_IT = run.c.id == bindparam("p_id")
_HAS_FENCE = run.c.fence == bindparam("p_fence", type_=RowNumber)

_BY_ID = select(*_STATE).where(_IS_IT)
_OF_IT = select(event.c.seq).where(event.c.run_id == run.c.id).order_by(event.c.seq.desc()).limit(1)
_TAIL = (
    _OF_IT.scalar_subquery().label("tail_seq"),
    _OF_IT.with_only_columns(event.c.hash).scalar_subquery().label("tail_hash"),
)
_ANY_PAUSE = exists().where(pause.c.ended_at.is_(None)).label("any_pause")
_AS_SEEN = run.alias("as_seen")
_SEEN_VERSION = (
    select(_AS_SEEN.c.version)
    .where(_AS_SEEN.c.id == run.c.id)
    .scalar_subquery()
    .label("seen_version")
)
_LOCKED = select(*_STATE, run.c.owner, *_TAIL, _ANY_PAUSE, _SEEN_VERSION).with_for_update(of=run)
_LOCK = _LOCKED.where(_IS_IT)
_IDS: BindParameter[str] = bindparam("p_ids", expanding=True)
_LOCK_ALL = _LOCKED.add_columns(run.c.id).where(run.c.id.in_(_IDS)).order_by(run.c.id)
_LOCK_FENCE = select(run.c.fence).where(_IS_IT).with_for_update()
_OPEN_OF_EPISODE = (
    select(*_STATE)
    .where(run.c.episode == bindparam("p_episode"), IS_OPEN)
    .order_by(run.c.created_at, run.c.id)
)
_LAST_OF = (
    select(*_STATE)
    .where(
        run.c.source == bindparam("p_source"),
        run.c.fingerprint == bindparam("p_fingerprint"),
        run.c.playbook == bindparam("p_playbook"),
    )
    .order_by(run.c.created_at.desc(), run.c.ordinal.desc(), run.c.id.desc())
    .limit(1)
)
_INSERT = insert(run).on_conflict_do_nothing()
_MOVING = ("document", "phase", "outcome", "plan_digest", "deadline", "closed_at", "due_at")
_COMPARED = ("id", "fence", "version")
_CLAIM = ("owner", "lease_until")
_SAVED = {
    "p_release": Boolean(),
    **{f"p_{name}": run.c[name].type for name in (*_COMPARED, *_MOVING)},
}


def _saved(new: Mapping[str, ColumnElement[Any]]) -> Update:
    """Return the change of a run to its new state, where it is still as it was read."""
    return (
        update(run)
        .where(*(run.c[name] == new[f"p_{name}"] for name in _COMPARED))
        .values(
            {name: new[f"p_{name}"] for name in _MOVING}
            | {name: case((new["p_release"], None), else_=run.c[name]) for name in _CLAIM}
            | {"version": run.c.version + 1}
        )
    )


_SAVE = Later(
    "runs",
    _saved({name: bindparam(name, type_=kind) for name, kind in _SAVED.items()}),
    _SAVED,
    lambda rows: _saved(dict(rows.c)).returning(run.c.id),
    exact=True,
)
_RELEASE = (
    update(run)
    .where(_IS_IT, _HAS_FENCE)
    .values(owner=None, lease_until=None)
    .returning(run.c.due_at)
)


def _loaded(row: Row) -> Run:
    return replace(decode_run(row.document), fence=row.fence, version=row.version)


_RUNS = Catalogue(
    table=run,
    at=run.c.created_at,
    filters=frozenset({"playbook", "target", "phase", "outcome", "fingerprint", "episode"}),
    read=_loaded,
    partly={
        ("phase", phase): and_(run.c.phase == phase, IS_OPEN)
        for phase in Phase
        if phase is not Phase.CLOSED
    },
)


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What this transaction knows of a run that it has locked: the version it found, the one it has made of it, its
    fence, and who has the claim."""

    found: int
    version: int
    fence: int
    owner: str | None

    def is_as_read(self, run: Run) -> bool:
        """Say whether the run was read as it was found here, or as it was made of it."""
        return run.fence == self.fence and run.version in (self.found, self.version)


class RunReading(Lists):
    """Reads runs."""

    def run(self, run_id: str) -> Run | None:
        """Return a run."""
        row = self._one(_BY_ID, {"p_id": run_id})
        return _loaded(row) if row else None

    def runs(self, listing: Listing) -> Page[Run]:
        """Return a page of runs."""
        return self._page(_RUNS, listing)

    def open_runs_of(self, episode: str) -> tuple[Run, ...]:
        """Return the open runs of an episode, oldest first."""
        return tuple(map(_loaded, self._all(_OPEN_OF_EPISODE, {"p_episode": episode})))

    def last_run_of(self, source: str, fingerprint: str, playbook: str) -> Run | None:
        """Return the newest run of a playbook for an alert, of whatever episode."""
        row = self._one(
            _LAST_OF, {"p_source": source, "p_fingerprint": fingerprint, "p_playbook": playbook}
        )
        return _loaded(row) if row else None


class RunWriting(RunReading):
    """Changes and claims runs."""

    _seen: dict[str, _Seen]

    def insert_run(self, run: Run, due_at: datetime) -> bool:
        """Insert a new run; False where one is open there or the ordinal is taken."""
        if not self._change(_INSERT, _fixed(run) | _moving(run) | {"due_at": due_at}):
            return False
        self._seen[run.id] = _Seen(
            found=run.version, version=run.version, fence=run.fence, owner=None
        )
        self._tails[run.id] = (0, GENESIS)
        self.wakes.add(Work.RUNS)
        return True

    def lock_ahead(self, run_ids: Sequence[str]) -> None:
        """Lock runs for closures that are about to; in the order of their ids, so that nobody waits in a ring."""
        rows = self._all(_LOCK_ALL, {"p_ids": list(run_ids)})
        self._shared.ahead |= {row.id: row for row in rows if row.version == row.seen_version}

    def _forget_ahead(self, *run_ids: str) -> None:
        for run_id in run_ids:
            self._shared.ahead.pop(run_id, None)

    def lock_run(self, run_id: str) -> Run | None:
        """Read a run for a change in this transaction."""
        row = self._shared.ahead.pop(run_id, None) or self._lock(run_id)
        if row is None:
            return None
        # PostgreSQL, where it had to wait for the lock, gives the run as it is now, but all else as it was before the
        # wait (https://www.postgresql.org/docs/current/transaction-iso.html, "Read Committed"). The lock is ours now.
        if row.version != row.seen_version:
            row = self._lock(run_id)
            assert row is not None  # noqa: S101 - a locked row stays
        self._seen[run_id] = _Seen(
            found=row.version, version=row.version, fence=row.fence, owner=row.owner
        )
        self._is_unpaused = not row.any_pause
        if row.tail_seq is not None:
            self._tails[run_id] = (row.tail_seq, row.tail_hash)
        return _loaded(row)

    def save_run(self, run: Run, due_at: datetime | None, *, release: bool = False) -> None:
        """Store the new state; raise LeaseLost where version or fence are no longer those the run was read with."""
        seen = self._seen.get(run.id)
        version = run.version if seen is None else seen.version
        ours = {"p_id": run.id, "p_fence": run.fence, "p_version": version}
        moving = {"p_due_at": due_at, "p_release": release}
        row = ours | moving | {f"p_{name}": value for name, value in _moving(run).items()}
        if not (self._save_unlocked(row) if seen is None else self._save_locked(seen, run, row)):
            raise LeaseLost(f"{run.id} was changed by somebody else")
        # A run under a claim becomes due for others when the claim is given back, and then not before its time.
        is_claimed = release or (seen is not None and seen.owner is not None)
        if due_at is not None and run.is_open and not is_claimed:
            self.wakes.add(Work.RUNS)

    def _save_locked(self, seen: _Seen, run: Run, row: Parameters) -> bool:
        """Nobody else can change a locked run: what it is compared with is known here, and compared again there.

        Of an open run nobody asks by a table what is saved here of it: who acts, what its phase is.
        """
        if not seen.is_as_read(run):
            return False
        self._later(_SAVE, [row], [_key(run.id)], *(() if run.is_open else _TABLES))
        owner = None if row["p_release"] else seen.owner
        self._seen[run.id] = replace(seen, version=seen.version + 1, owner=owner)
        return True

    def _save_unlocked(self, row: Parameters) -> bool:
        return self._change(_SAVE.at_once, row) > 0

    def _lock(self, run_id: str) -> Row | None:
        self._write_of(_key(run_id), (event, run_id))
        return self._one(_LOCK, {"p_id": run_id}, about=(pause,))

    def claim_due(
        self, *, owner: str, lease: timedelta, limit: int, now: datetime
    ) -> tuple[Run, ...]:
        """Take due runs whose lease is free or over, the longest due first."""
        leases = self._dialect.leases
        wanted = {"p_owner": owner, "p_now": now, "p_limit": limit}
        rows = self._all(leases.claim_runs, wanted | leases.parameters(now, lease))
        self._forget_ahead(*(row.id for row in rows))
        return tuple(map(_loaded, sorted(rows, key=lambda row: (row.due_at, row.id))))

    def extend_leases(
        self, *, owner: str, fences: Mapping[str, int], lease: timedelta, now: datetime
    ) -> frozenset[str]:
        """Renew the leases of these runs; return the ids that are still ours."""
        leases = self._dialect.leases
        wanted = {"p_owner": owner, "p_runs": list(fences)}
        rows = self._all(leases.extend_runs, wanted | leases.parameters(now, lease))
        return frozenset(row.id for row in rows if row.fence == fences[row.id])

    def release_claim(self, run_id: str, fence: int) -> None:
        """Give a run back where the fence is still ours."""
        self._forget_ahead(run_id)
        row = self._one(_RELEASE, {"p_id": run_id, "p_fence": fence})
        if row is not None and row.due_at is not None:
            self.wakes.add(Work.RUNS)

    def is_ours(self, run_id: str, fence: int) -> bool:
        """Say whether no later claim has taken this run; none can before this commit."""
        return bool(self._value(_LOCK_FENCE, {"p_id": run_id}) == fence)


def _key(run_id: str) -> Key:
    return (run, run_id)


def _fixed(run: Run) -> dict[str, object]:
    order = run.order
    return {
        "id": run.id,
        "episode": run.episode,
        "playbook": order.playbook,
        "ordinal": run.ordinal,
        "mode": order.mode.value,
        "environment": order.environment,
        "target": str(order.target),
        "source": order.source,
        "fingerprint": order.alert.fingerprint,
        "alert_name": order.alert.name,
        "created_at": run.created_at,
        "fence": run.fence,
        "version": run.version,
    }


def _moving(run: Run) -> dict[str, object]:
    return {
        "document": encode_run(run),
        "phase": run.phase.value,
        "outcome": run.outcome.value if run.outcome else None,
        "plan_digest": run.plan.digest if run.plan else None,
        "deadline": run.deadline,
        "closed_at": run.closed_at,
    }
