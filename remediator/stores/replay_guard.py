"""Keys of requests that may come only once, whichever replica gets them; used by doors that outsiders can replay.

When a key is over is measured by the stored clock mark, which only ever lags: a key is kept too long, never too short.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from remediator.stores.schema import clock, seen
from remediator.stores.session import Session
from remediator.stores.upsert import insert

IS_OVER = seen.c.until < select(clock.c.mark).scalar_subquery()
_INSERT = insert(seen)
_REMEMBER = _INSERT.on_conflict_do_update(
    index_elements=[seen.c.key], set_={"until": _INSERT.excluded.until}, where=IS_OVER
)
_PROVE = _INSERT.on_conflict_do_update(
    index_elements=[seen.c.key], set_={"until": _INSERT.excluded.until}
)


class ReplayGuardWriting(Session):
    """Remembers keys."""

    def remember(self, key: str, until: datetime) -> bool:
        """Remember a key until then; False where it is remembered already."""
        return self._change(_REMEMBER, {"key": key, "until": until}) > 0

    def try_to_write(self, now: datetime) -> None:
        """Write something small; what comes of it is whether this transaction can be committed."""
        self._change(_PROVE, {"key": "written", "until": now})
