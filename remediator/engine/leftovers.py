"""Notifications that were left over when the daemon stopped: one that stops it again and again is set aside. Used by
`intake`.

Whatever reading or admitting a notification does to the process (killed for its memory, stuck, a bug), the next start
finds the same notification first. So before a leftover is touched, its start is counted durably, once in each life of
the process. One that was counted before is worked on alone, so that no other is counted with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from remediator.ports.ambient import Ambient
from remediator.ports.store import Notification, Store, Transaction

MOST_STARTS = 3
KEPT = timedelta(days=90)
SET_ASIDE = (
    f"set aside: remediator stopped {MOST_STARTS} times while it worked on this notification. "
    "Its body is kept; report it, and answer its alerts by hand"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """Who may be worked on: `alone` before the others, one by one; `set_aside` was finished as bad."""

    alone: tuple[Notification, ...] = ()
    together: tuple[Notification, ...] = ()
    set_aside: tuple[Notification, ...] = ()


class Leftovers:
    """Counts starts of what was accepted before this process began."""

    def __init__(self, store: Store, ambient: Ambient) -> None:
        self._store = store
        self._ambient = ambient
        self._began = ambient.now()
        self._counted: set[str] = set()

    async def sort(self, waiting: Sequence[Notification]) -> Sorted:
        """Count the starts of those that are left over; where one was counted before, the later ones are left out."""
        if not any(self._is_uncounted(notification) for notification in waiting):
            return Sorted(together=tuple(waiting))
        now = self._ambient.now()
        done = await self._store.submit(lambda tx: self._sorted(tx, waiting, now))
        self._counted |= {each.id for each in (*done.alone, *done.together)}
        return done

    def forget(self, notification_id: str) -> None:
        """Forget one that is finished."""
        self._counted.discard(notification_id)

    def _is_uncounted(self, notification: Notification) -> bool:
        return notification.received_at < self._began and notification.id not in self._counted

    def _sorted(self, tx: Transaction, waiting: Sequence[Notification], now: datetime) -> Sorted:
        together: list[Notification] = []
        for notification in waiting:
            start = _count_start(tx, notification, now) if self._is_uncounted(notification) else 0
            if start <= 1:
                together.append(notification)
            elif start <= MOST_STARTS:
                return Sorted(alone=(notification,), together=tuple(together))
            else:
                tx.finish_notification(notification.id, SET_ASIDE)
                return Sorted(together=tuple(together), set_aside=(notification,))
        return Sorted(together=tuple(together))


def _count_start(tx: Transaction, notification: Notification, now: datetime) -> int:
    """Count one more start and return how many there are; one above MOST_STARTS is not kept any more."""
    for start in range(1, MOST_STARTS + 1):
        if tx.remember(f"start/{start}/{notification.id}", now + KEPT):
            return start
    return MOST_STARTS + 1
