"""The inbox: raw notification bodies, stored before anybody answers 2xx."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Dialect, Integer, Row, bindparam, insert, select, update

from remediator.ports.store import Listing, Notification, Page, Work
from remediator.stores.columns import Words, microseconds
from remediator.stores.listing import Catalogue, Lists
from remediator.stores.schema import IS_NEW, inbox

_BY_ID = select(inbox).where(inbox.c.id == bindparam("p_id"))
_ACCEPT = insert(inbox)
_WORDS = Words()
_TAKE = (
    select(inbox)
    .where(IS_NEW)
    .order_by(inbox.c.received_at.desc(), inbox.c.id.desc())
    .limit(bindparam("p_limit", type_=Integer()))
    .with_for_update(skip_locked=True)
)
_LOCK = (
    select(inbox.c.id)
    .where(inbox.c.id == bindparam("p_id"), IS_NEW)
    .with_for_update(skip_locked=True)
)
_FINISH = (
    update(inbox)
    .where(inbox.c.id == bindparam("p_id"))
    .values(state=bindparam("p_state"), error=bindparam("p_error"))
)


def _loaded(row: Row[*tuple[Any, ...]]) -> Notification:
    return Notification(**row._mapping)


_NOTIFICATIONS = Catalogue(
    table=inbox,
    at=inbox.c.received_at,
    filters=frozenset({"source", "kind", "state"}),
    read=_loaded,
)


@cache
def _accept_on(dialect: Dialect) -> str:
    """Return `_ACCEPT` in the database's own words: SQLAlchemy's work on each row costs more than the insert itself."""
    return str(_ACCEPT.compile(dialect=dialect))


def _row(notification: Notification, dialect: Dialect) -> tuple[str | bytes | int | None, ...]:
    """Return what the columns of `inbox` keep, in their order."""
    return (
        notification.id,
        _WORDS.process_bind_param(notification.source, dialect),
        notification.kind,
        notification.body,
        microseconds(notification.received_at),
        notification.state,
        _WORDS.process_bind_param(notification.error, dialect),
    )


class InboxReading(Lists):
    """Reads notifications."""

    def notification(self, notification_id: str) -> Notification | None:
        """Return a notification with its body."""
        row = self._one(_BY_ID, {"p_id": notification_id})
        return _loaded(row) if row else None

    def notifications(self, listing: Listing) -> Page:
        """Return a page of notifications."""
        return self._page(_NOTIFICATIONS, listing)


class InboxWriting(InboxReading):
    """Accepts notifications and hands them to intake."""

    def accept(self, *notifications: Notification) -> None:
        """Store raw bodies, many at once for little more than one."""
        dialect = self._connection.dialect
        rows = [_row(notification, dialect) for notification in notifications]
        self._connection.exec_driver_sql(_accept_on(dialect), rows)
        if any(notification.state == "new" for notification in notifications):
            self.wakes.add(Work.INBOX)

    def take_notifications(self, limit: int) -> tuple[Notification, ...]:
        """Return the newest new notifications; no other replica gets them before this commit."""
        return tuple(map(_loaded, self._all(_TAKE, {"p_limit": limit})))

    def lock_notification(self, notification_id: str) -> bool:
        """Say whether a notification is still new; False also where another replica has it under way."""
        return self._one(_LOCK, {"p_id": notification_id}) is not None

    def finish_notification(self, notification_id: str, error: str = "") -> None:
        """Mark as done, or as bad with the error."""
        state = "bad" if error else "done"
        self._change(_FINISH, {"p_id": notification_id, "p_state": state, "p_error": error})
