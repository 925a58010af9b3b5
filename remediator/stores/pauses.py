"""Pauses that people set, and the highest clock value ever seen; both survive restarts.

That a pause was set or ended stands in the site's journal, by the same transaction.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, insert, or_, select, update

from remediator.core.facts import Pause
from remediator.core.site_events import PauseEnded, PauseSet
from remediator.stores.columns import Moment
from remediator.stores.schema import clock, episode, pause
from remediator.stores.session import Session
from remediator.stores.site_journal import SiteJournalWriting
from remediator.stores.upsert import insert as insert_or

_IN_FORCE = (
    pause.c.ended_at.is_(None),
    or_(pause.c.until.is_(None), pause.c.until > bindparam("p_now", type_=Moment())),
)
_PAUSES = select(pause).where(*_IN_FORCE).order_by(pause.c.since, pause.c.id)
_ADD = insert(pause)
_END = (
    update(pause)
    .where(pause.c.id == bindparam("p_id"), *_IN_FORCE)
    .values(ended_by=bindparam("p_who"), ended_at=bindparam("p_at", type_=Moment()))
    .returning(pause.c.scope)
)
_ENDED = select(pause.c.ended_at).where(pause.c.id == bindparam("p_id"))
_MARK = select(clock.c.mark)
_INSERT = insert_or(clock)
_RAISE = _INSERT.on_conflict_do_update(
    index_elements=[clock.c.id],
    set_={"mark": _INSERT.excluded.mark},
    where=clock.c.mark < _INSERT.excluded.mark,
)
# What was heard by a clock that was ahead would outdo every later word.
_LATER = (
    update(episode)
    .where(episode.c.closed_at.is_(None), episode.c.seen_at > bindparam("p_now", type_=Moment()))
    .values(seen_at=bindparam("p_now", type_=Moment())),
    update(episode)
    .where(
        episode.c.closed_at.is_not(None),
        episode.c.closed_at > bindparam("p_now", type_=Moment()),
    )
    .values(seen_at=bindparam("p_now", type_=Moment())),
)
_SET = _INSERT.on_conflict_do_update(
    index_elements=[clock.c.id], set_={"mark": _INSERT.excluded.mark}
)


class PauseReading(Session):
    """Reads pauses."""

    def pauses(self, now: datetime) -> tuple[Pause, ...]:
        """Return the pauses in force, oldest first."""
        if self._is_unpaused:
            return ()
        return tuple(
            Pause(
                id=row.id,
                scope=row.scope,
                who=row.who,
                reason=row.reason,
                since=row.since,
                until=row.until,
            )
            for row in self._all(_PAUSES, {"p_now": now}, about=(pause,))
        )

    def pause_ended(self, pause_id: str) -> bool | None:
        """Say whether the pause with this id was ended; None where there never was one."""
        row = self._one(_ENDED, {"p_id": pause_id})
        return None if row is None else row.ended_at is not None


class PauseWriting(PauseReading, SiteJournalWriting):
    """Sets and ends pauses, and keeps the clock's mark."""

    def add_pause(self, pause: Pause) -> None:
        """Put a pause in force, and say so in the site's journal."""
        self.enter_gate()  # before any pause is locked: who waits for the gate holds up nobody in it
        self._is_unpaused = False
        self._shared.ahead.clear()
        self._change(
            _ADD,
            {
                "id": pause.id,
                "scope": pause.scope,
                "who": pause.who,
                "reason": pause.reason,
                "since": pause.since,
                "until": pause.until,
            },
        )
        told = PauseSet(
            pause_id=pause.id,
            scope=pause.scope,
            who=pause.who,
            reason=pause.reason,
            until=pause.until,
        )
        self.append_site(pause.since, told)

    def end_pause(self, pause_id: str, who: str, at: datetime) -> bool:
        """End a pause now, and say so in the site's journal; False where there is none in force."""
        self.enter_gate()
        ended = self._one(_END, {"p_id": pause_id, "p_who": who, "p_at": at, "p_now": at})
        if ended is None:
            return False
        self.append_site(at, PauseEnded(pause_id=pause_id, scope=ended.scope, who=who))
        return True

    def clock_mark(self) -> datetime | None:
        """Return the highest clock value ever stored."""
        mark: datetime | None = self._value(_MARK, {})
        return mark

    def mark_clock(self, now: datetime) -> None:
        """Raise the mark; an earlier time leaves it."""
        self._change(_RAISE, {"id": 1, "mark": now})

    def confirm_clock(self, now: datetime) -> None:
        """Set the mark, also back: a person has looked. Alerts heard later than now were heard now."""
        self._change(_SET, {"id": 1, "mark": now})
        for statement in _LATER:
            self._change(statement, {"p_now": now})
