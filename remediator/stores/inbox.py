"""The inbox: raw notification bodies, stored before anybody answers 2xx."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BindParameter,
    Integer,
    bindparam,
    func,
    insert,
    select,
    update,
)

from remediator.ports.store import Listing, Notification, Page, Work
from remediator.stores.listing import Catalogue, Lists
from remediator.stores.prepared import Row
from remediator.stores.schema import IS_BAD, IS_NEW, inbox

_BY_ID = select(inbox).where(inbox.c.id == bindparam("p_id"))
_ACCEPT = insert(inbox)
_TAKE = (
    select(inbox)
    .where(IS_NEW)
    .order_by(inbox.c.received_at.desc(), inbox.c.id.desc())
    .limit(bindparam("p_limit", type_=Integer()))
    .with_for_update(skip_locked=True)
)
_IDS: BindParameter[list[str]] = bindparam("p_ids", expanding=True)
_LOCK = select(inbox.c.id).where(inbox.c.id.in_(_IDS), IS_NEW).with_for_update(skip_locked=True)
_WAITING = (
    select(inbox.c.id, func.length(inbox.c.body).label("size"))
    .where(IS_NEW)
    .order_by(inbox.c.received_at.desc(), inbox.c.id.desc())
    .limit(bindparam("p_limit", type_=Integer()))
)
_THESE = (
    select(inbox)
    .where(inbox.c.id.in_(_IDS))
    .order_by(inbox.c.received_at.desc(), inbox.c.id.desc())
)
_FINISH = (
    update(inbox)
    .where(inbox.c.id == bindparam("p_id"))
    .values(state=bindparam("p_state"), error=bindparam("p_error"))
)


def _loaded(row: Row) -> Notification:
    return Notification(**row._asdict())


_NOTIFICATIONS = Catalogue(
    table=inbox,
    at=inbox.c.received_at,
    filters=frozenset({"state"}),
    read=_loaded,
    partly={("state", "new"): IS_NEW, ("state", "bad"): IS_BAD},
)


def _row(notification: Notification) -> dict[str, object]:
    return {
        "id": notification.id,
        "source": notification.source,
        "kind": notification.kind,
        "body": notification.body,
        "received_at": notification.received_at,
        "state": notification.state,
        "error": notification.error,
    }


class InboxReading(Lists):
    """Reads notifications."""

    def notification(self, notification_id: str) -> Notification | None:
        """Return a notification with its body."""
        row = self._one(_BY_ID, {"p_id": notification_id})
        return _loaded(row) if row else None

    def waiting_notifications(self, limit: int, most_bytes: int) -> tuple[Notification, ...]:
        """Return the newest new notifications, no more than fit into so many bytes, but one at least."""
        ids: list[str] = []
        room = most_bytes
        for row in self._all(_WAITING, {"p_limit": limit}):
            room -= row.size
            if ids and room < 0:
                break
            ids.append(row.id)
        return tuple(map(_loaded, self._all(_THESE, {"p_ids": ids}))) if ids else ()

    def notifications(self, listing: Listing) -> Page[Notification]:
        """Return a page of notifications."""
        return self._page(_NOTIFICATIONS, listing)


class InboxWriting(InboxReading):
    """Accepts notifications and hands them to intake."""

    def accept(self, *notifications: Notification) -> None:
        """Store raw bodies, many at once for little more than one."""
        self._change(_ACCEPT, [_row(notification) for notification in notifications])
        if any(notification.state == "new" for notification in notifications):
            self.wakes.add(Work.INBOX)

    def take_notifications(self, limit: int) -> tuple[Notification, ...]:
        """Return the newest new notifications; no other replica gets them before this commit."""
        return tuple(map(_loaded, self._all(_TAKE, {"p_limit": limit})))

    def lock_notification(self, notification_id: str) -> bool:
        """Say whether a notification is still new; False also where another replica has it under way."""
        return bool(self.lock_notifications([notification_id]))

    def lock_notifications(self, notification_ids: Sequence[str]) -> frozenset[str]:
        """Return which of these are still new and nobody else's, and keep them from other replicas."""
        return frozenset(row.id for row in self._all(_LOCK, {"p_ids": list(notification_ids)}))

    def finish_notification(self, notification_id: str, error: str = "") -> None:
        """Mark as done, or as bad with the error."""
        state = "bad" if error else "done"
        self._change(_FINISH, {"p_id": notification_id, "p_state": state, "p_error": error})
