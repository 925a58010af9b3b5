"""A playbook's past: its newest runs with the end of their alerts, and alerts that got no run."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import BindParameter, Integer, bindparam, select

from remediator.core.selection import Decision
from remediator.core.track_record import PastRun, past_run
from remediator.ports.codec import decode_run
from remediator.stores.prepared import Row
from remediator.stores.schema import decision, episode, run
from remediator.stores.session import Session

_PLAYBOOK: BindParameter[str] = bindparam("p_playbook")
_LIMIT = bindparam("p_limit", type_=Integer())
_ITS_EPISODE = select(episode.c.closed_at).where(episode.c.id == run.c.episode)
# Not a join: PostgreSQL may begin one with all episodes, where it has to begin with the few runs.
_NEWEST = (
    select(
        run.c.document,
        _ITS_EPISODE.scalar_subquery().label("ended_at"),
        _ITS_EPISODE.with_only_columns(episode.c.seen_at).scalar_subquery().label("seen_at"),
    )
    .where(run.c.playbook == _PLAYBOOK)
    .order_by(run.c.created_at.desc(), run.c.id.desc())
    .limit(_LIMIT)
)
_DECIDED = (
    select(decision.c.decision, decision.c.source, decision.c.fingerprint, decision.c.run_id)
    .where(decision.c.playbook == _PLAYBOOK)
    .order_by(decision.c.at.desc(), decision.c.id.desc())
    .limit(_LIMIT)
)


class TrackRecordReading(Session):
    """Reads the newest of a playbook."""

    def past_runs(self, playbook: str, limit: int) -> tuple[PastRun, ...]:
        """Return what a record takes from the newest runs of a playbook."""
        rows = self._all(_NEWEST, {"p_playbook": playbook, "p_limit": limit})
        return tuple(past_run(decode_run(row.document), _fixed_at(row)) for row in rows)

    def alerts_without_run(self, playbook: str, limit: int) -> dict[str, int]:
        """Count the different alerts that it matched and took for no run, by the newest decision on each."""
        rows = self._all(_DECIDED, {"p_playbook": playbook, "p_limit": limit})
        found: dict[tuple[str, str], str] = {}
        for row in rows:
            if row.run_id is None and row.decision != Decision.NOT_MATCHED:
                found.setdefault((row.source, row.fingerprint), row.decision)
        return dict(sorted(Counter(found.values()).items()))


def _fixed_at(row: Row) -> datetime | None:
    """Return when the alert was reported gone: an episode of which nobody spoke any more was closed without a word."""
    ended: datetime | None = row.ended_at
    return ended if ended == row.seen_at else None
