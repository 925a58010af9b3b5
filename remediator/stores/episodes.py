"""Episodes: stretches of an alert firing, each with what the alert last said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from remediator.core.alert import Alert, AlertStatus
from remediator.ports.codec import adapter
from remediator.ports.store import Episode
from remediator.stores.columns import Moment
from remediator.stores.prepared import Row
from remediator.stores.schema import episode
from remediator.stores.session import Session

_IS_UNCLOSED = episode.c.closed_at.is_(None)
_BY_ID = select(episode).where(episode.c.id == bindparam("p_id"))
_OPEN = select(episode).where(
    episode.c.source == bindparam("p_source"),
    episode.c.fingerprint == bindparam("p_fingerprint"),
    _IS_UNCLOSED,
)
_LATEST = (
    select(episode)
    .where(
        episode.c.source == bindparam("p_source"),
        episode.c.fingerprint == bindparam("p_fingerprint"),
    )
    .order_by(episode.c.seen_at.desc(), episode.c.id.desc())
    .limit(1)
)
_STALE = (
    select(episode)
    .where(_IS_UNCLOSED, episode.c.seen_at < bindparam("p_before", type_=Moment()))
    .order_by(episode.c.seen_at, episode.c.id)
    .limit(bindparam("p_limit", type_=Integer()))
)
_INSERT = insert(episode)
_SAVE = _INSERT.on_conflict_do_update(
    index_elements=[episode.c.id],
    set_={
        name: _INSERT.excluded[name]
        for name in ("alert", "status", "opened_at", "seen_at", "closed_at")
    },
)


class EpisodeReading(Session):
    """Reads episodes."""

    def episode(self, episode_id: str) -> Episode | None:
        """Return an episode."""
        row = self._one(_BY_ID, {"p_id": episode_id})
        return _loaded(row) if row else None

    def open_episode(self, source: str, fingerprint: str) -> Episode | None:
        """Return the one episode of an alert that is not closed."""
        row = self._one(_OPEN, {"p_source": source, "p_fingerprint": fingerprint})
        return _loaded(row) if row else None

    def latest_episode(self, source: str, fingerprint: str) -> Episode | None:
        """Return the episode in which an alert was named last, open or closed."""
        row = self._one(_LATEST, {"p_source": source, "p_fingerprint": fingerprint})
        return _loaded(row) if row else None


class EpisodeWriting(EpisodeReading):
    """Opens, updates and closes episodes."""

    def save_episode(self, episode: Episode) -> None:
        """Insert or update by id; a second open one for an alert is refused."""
        self._change(
            _SAVE,
            {
                "id": episode.id,
                "source": episode.source,
                "fingerprint": episode.fingerprint,
                "alert": adapter(Alert).dump_json(episode.alert).decode(),
                "status": episode.status.value,
                "opened_at": episode.opened_at,
                "seen_at": episode.seen_at,
                "closed_at": episode.closed_at,
            },
        )

    def stale_episodes(self, seen_before: datetime, limit: int) -> tuple[Episode, ...]:
        """Return open episodes that nobody has named since, the longest silent first."""
        return tuple(map(_loaded, self._all(_STALE, {"p_before": seen_before, "p_limit": limit})))


def _loaded(row: Row) -> Episode:
    return Episode(
        id=row.id,
        source=row.source,
        fingerprint=row.fingerprint,
        alert=adapter(Alert).validate_json(row.alert),
        status=AlertStatus(row.status),
        opened_at=row.opened_at,
        seen_at=row.seen_at,
        closed_at=row.closed_at,
    )
