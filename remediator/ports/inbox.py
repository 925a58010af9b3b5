"""The inbox as the store keeps it: notifications, and what is asked of them. A part of `ports.store`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from remediator.ports.store import Listing, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One accepted webhook body, as it came. `state` is new, done or bad (with the error)."""

    id: str
    source: str
    kind: str
    body: bytes
    received_at: datetime
    state: str = "new"
    error: str = ""


class InboxReader(Protocol):
    """Questions about notifications."""

    def notification(self, notification_id: str) -> Notification | None: ...  # noqa: D102
    def notifications(self, listing: Listing) -> Page[Notification]: ...  # noqa: D102
    def waiting_notifications(self, limit: int, most_bytes: int) -> tuple[Notification, ...]:
        """Return the newest new notifications, no more than fit into so many bytes, but one at least."""
        ...


class InboxWriter(Protocol):
    """Changes to notifications."""

    def accept(self, *notifications: Notification) -> None:
        """Store raw bodies (state new, or bad)."""
        ...

    def take_notifications(self, limit: int) -> tuple[Notification, ...]:
        """Return the newest new notifications, locked against other replicas until the commit."""
        ...

    def lock_notification(self, notification_id: str) -> bool:
        """Say whether a notification is still new, and keep it from other replicas until the commit."""
        ...

    def lock_notifications(self, notification_ids: Sequence[str]) -> frozenset[str]:
        """Return which of these are still new, and keep them from other replicas until the commit."""
        ...

    def finish_notification(self, notification_id: str, error: str = "") -> None:
        """Mark as done, or as bad with the error."""
        ...
