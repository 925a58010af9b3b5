"""What became of this answer to this target before: one line for people who decide."""

from __future__ import annotations

from datetime import datetime, timedelta

from remediator.core.duration import format_duration
from remediator.core.run import Run
from remediator.core.vocabulary import spelled
from remediator.ports.store import Listing, Reader

_LOOKED_AT = 5
_STEPS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))


def last_time(reader: Reader, run: Run, now: datetime) -> str:
    """Say when this playbook last acted on this target and how that ended: `3d ago: resolved`; nothing if never."""
    same = {"playbook": run.order.playbook, "target": str(run.order.target)}
    for before in reader.runs(Listing(limit=_LOOKED_AT, filters=same)).items:
        if before.id != run.id and before.closed_at and before.outcome and before.has_acted:
            outcome = spelled(before.outcome)
            return f"{format_duration(_roughly(now - before.closed_at))} ago: {outcome}"
    return ""


def _roughly(length: timedelta) -> timedelta:
    """Return a length with no more detail than people read."""
    step = next((step for step in _STEPS if length >= step), timedelta(seconds=1))
    return length // step * step
