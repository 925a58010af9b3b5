"""Runs: their state as JSON beside the columns that are searched and compared; claims, leases and fences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from remediator.core.errors import LeaseLost
from remediator.core.run import Phase, Run
from remediator.ports.codec import decode_run, encode_run
from remediator.ports.store import Listing, Page, Work
from remediator.stores.columns import Moment, RowNumber
from remediator.stores.hash_chain import GENESIS
from remediator.stores.listing import Catalogue, Lists
from remediator.stores.prepared import Row
from remediator.stores.schema import IS_OPEN, event, pause, run

_STATE = (run.c.document, run.c.fence, run.c.version)
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
    .where(_AS_SEEN.c.id == bindparam("p_id"))
    .scalar_subquery()
    .label("seen_version")
)
_LOCK = (
    select(*_STATE, run.c.owner, *_TAIL, _ANY_PAUSE, _SEEN_VERSION)
    .where(_IS_IT)
    .with_for_update(of=run)
)
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
_SAVE = (
    update(run)
    .where(_IS_IT, _HAS_FENCE, run.c.version == bindparam("p_version", type_=RowNumber))
    .values(
        document=bindparam("p_document"),
        phase=bindparam("p_phase"),
        outcome=bindparam("p_outcome"),
        plan_digest=bindparam("p_plan_digest"),
        deadline=bindparam("p_deadline", type_=Moment()),
        closed_at=bindparam("p_closed_at", type_=Moment()),
        due_at=bindparam("p_due_at", type_=Moment()),
        version=run.c.version + 1,
    )
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
    """What this transaction knows of a run: the version it found, the one it has made of it, and who has the claim."""

    found: int
    version: int
    owner: str | None


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
        self._seen[run.id] = _Seen(found=run.version, version=run.version, owner=None)
        self._tails[run.id] = (0, GENESIS)
        self.wakes.add(Work.RUNS)
        return True

    def lock_run(self, run_id: str) -> Run | None:
        """Read a run for a change in this transaction."""
        row = self._one(_LOCK, {"p_id": run_id})
        if row is None:
            return None
        # PostgreSQL, where it had to wait for the lock, gives the run as it is now, but all else as it was before the
        # wait (https://www.postgresql.org/docs/current/transaction-iso.html, "Read Committed"). The lock is ours now.
        if row.version != row.seen_version:
            row = self._one(_LOCK, {"p_id": run_id})
            assert row is not None  # noqa: S101 - a locked row stays
        self._seen[run_id] = _Seen(found=row.version, version=row.version, owner=row.owner)
        self._is_unpaused = not row.any_pause
        if row.tail_seq is not None:
            self._tails[run_id] = (row.tail_seq, row.tail_hash)
        return _loaded(row)

    def save_run(self, run: Run, due_at: datetime | None) -> None:
        """Store the new state; raise LeaseLost where version or fence are no longer those the run was read with."""
        seen = self._seen.get(run.id) or _Seen(found=run.version, version=run.version, owner=None)
        ours = {"p_id": run.id, "p_fence": run.fence, "p_version": seen.version}
        values = {f"p_{name}": value for name, value in _moving(run).items()}
        is_fresh = run.version in (seen.found, seen.version)
        if not is_fresh or not self._change(_SAVE, ours | values | {"p_due_at": due_at}):
            raise LeaseLost(f"{run.id} was changed by somebody else")
        self._seen[run.id] = replace(seen, version=seen.version + 1)
        # A run under a claim becomes due for others when the claim is given back.
        if due_at is not None and run.is_open and seen.owner is None:
            self.wakes.add(Work.RUNS)

    def claim_due(
        self, *, owner: str, lease: timedelta, limit: int, now: datetime
    ) -> tuple[Run, ...]:
        """Take due runs whose lease is free or over, the longest due first."""
        leases = self._dialect.leases
        wanted = {"p_owner": owner, "p_now": now, "p_limit": limit}
        rows = self._all(leases.claim_runs, wanted | leases.parameters(now, lease))
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
        row = self._one(_RELEASE, {"p_id": run_id, "p_fence": fence})
        if row is not None and row.due_at is not None:
            self.wakes.add(Work.RUNS)

    def is_ours(self, run_id: str, fence: int) -> bool:
        """Say whether no later claim has taken this run; none can before this commit."""
        return bool(self._value(_LOCK_FENCE, {"p_id": run_id}) == fence)


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
