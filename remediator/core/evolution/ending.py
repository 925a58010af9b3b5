"""What follows from verification, undoing, the alert's own moves, and the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from remediator.core import events as ev
from remediator.core.errors import IllegalEvent
from remediator.core.facts import Known
from remediator.core.run import (
    UNDO_PREFIX,
    Phase,
    Rollback,
    Run,
    StepProgress,
    StepState,
    Verification,
)


def _verification_started(run: Run, event: ev.VerificationStarted, now: datetime) -> Run:
    order = run.order.verify
    proof = Verification(
        started_at=now, deadline=now + max(order.within, order.after), next_look=now + order.after
    )
    return replace(run, phase=Phase.VERIFYING, verification=proof, not_before=None)


def _looked(run: Run, event: ev.Looked, now: datetime) -> Run:
    if run.verification is None:
        raise IllegalEvent(f"run {run.id} does not verify")
    known = _all_hold(run, event)
    held_since = (run.verification.held_since or now) if known is Known.HOLDS else None
    proof = replace(
        run.verification,
        looks=run.verification.looks + 1,
        known=known,
        held_since=held_since,
        looked_at=now,
        answers=tuple(event.answers.items()),
        next_look=_next_look(run, held_since, now),
    )
    return replace(run, verification=proof)


def _next_look(run: Run, held_since: datetime | None, now: datetime) -> datetime:
    order, deadline = run.order.verify, run.verification.deadline if run.verification else now
    due = now + order.every
    if held_since is not None:
        return min(due, max(held_since + order.holds_for, now))
    return min(due, deadline) if now < deadline else due


def _all_hold(run: Run, event: ev.Looked) -> Known:
    known = [
        event.answers[c.key].known if c.key in event.answers else Known.UNKNOWN
        for c in run.order.verify.checks
    ]
    if Known.FAILS in known:
        return Known.FAILS
    return Known.HOLDS if known and Known.UNKNOWN not in known else Known.UNKNOWN


def _rollback_started(run: Run, event: ev.RollbackStarted, now: datetime) -> Run:
    left_out = run.leaving_out_rest("left out: the run is rolled back")
    return replace(
        left_out, rollback=Rollback(reason=event.reason, outcome=event.outcome), denied=False
    )


def _undo_proposed(run: Run, event: ev.UndoProposed, now: datetime) -> Run:
    state = StepState.WAITING if event.change else StepState.SKIPPED
    undo = StepProgress(
        step=f"{UNDO_PREFIX}{event.step}", state=state, change=event.change, reason=event.reason
    )
    return replace(run, progress=(*run.progress, undo))


def _alert_resolved(run: Run, event: ev.AlertResolved, now: datetime) -> Run:
    return replace(run, alert_resolved_at=event.at)


def _alert_fired(run: Run, event: ev.AlertFired, now: datetime) -> Run:
    return replace(run, alert_resolved_at=None)


def _noted(run: Run, event: ev.Noted, now: datetime) -> Run:
    return run


def _closed(run: Run, event: ev.Closed, now: datetime) -> Run:
    return replace(
        run,
        phase=Phase.CLOSED,
        outcome=event.outcome,
        reason=event.reason,
        closed_at=now,
        not_before=None,
    )


FOLLOWS: dict[type, Callable[[Run, Any, datetime], Run]] = {
    ev.VerificationStarted: _verification_started,
    ev.Looked: _looked,
    ev.RollbackStarted: _rollback_started,
    ev.UndoProposed: _undo_proposed,
    ev.AlertResolved: _alert_resolved,
    ev.AlertFired: _alert_fired,
    ev.Noted: _noted,
    ev.Closed: _closed,
}
