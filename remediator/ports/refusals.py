"""How alerts that could not be taken are written down: as decisions, so that `why` finds them by their fingerprint.

Used by the webhook, where nothing of a notification can be taken, and else by intake.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from remediator.core.alert import RefusedAlert
from remediator.ports.store import DecisionRecord, Notification

REFUSED = "refused"
MOST = 100
"""Of one notification. A sender of ten thousand odd alerts gets no more rows; the body has all of them."""


def refusal_records(
    notification: Notification, refused: Sequence[RefusedAlert], now: datetime
) -> tuple[DecisionRecord, ...]:
    """Return what is kept about the refused alerts of one notification."""
    kept = [_record(notification, each, now) for each in refused[:MOST]]
    if len(refused) > MOST:
        more = f"and {len(refused) - MOST} more alerts of this notification, refused likewise"
        kept[-1] = _record(notification, refused[MOST - 1], now, more)
    return tuple(kept)


def _record(
    notification: Notification, refused: RefusedAlert, now: datetime, more: str = ""
) -> DecisionRecord:
    return DecisionRecord(
        id=f"dec_{notification.id}_refused_{refused.number}",
        at=now,
        notification=notification.id,
        fingerprint=refused.fingerprint,
        source=notification.source,
        playbook="",
        decision=REFUSED,
        reason=f"{refused.reason}; {more}" if more else refused.reason,
        by="intake",
        alert_name=refused.name,
    )
