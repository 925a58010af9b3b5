"""What follows from intents, their outcomes and doubts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from remediator.core import events as ev
from remediator.core.backoff import backoff
from remediator.core.errors import IllegalEvent
from remediator.core.events import Observation
from remediator.core.run import (
    UNDO_PREFIX,
    Run,
    StepProgress,
    StepState,
)

MOST_ATTEMPTS = 3
OBSERVE_EVERY = timedelta(seconds=5)
PENDING_GRACE = timedelta(seconds=30)
SETTLE_WITHIN = timedelta(hours=24)


def _step_wanted(run: Run, event: ev.StepWanted, now: datetime) -> Run:
    return run.with_step(replace(run.at(event.step), wanted=True))


def _intent_committed(run: Run, event: ev.IntentCommitted, now: datetime) -> Run:
    step = run.at(event.step)
    if step.state is not StepState.WAITING or run.open_attempt or event.n != step.n + 1:
        raise IllegalEvent(f"run {run.id}: step {event.step} is {step.state.value}")
    intended = replace(
        step,
        state=StepState.INTENDED,
        n=event.n,
        token=event.token,
        fence=event.fence,
        target_fence=event.target_fence,
        not_after=event.not_after,
        observe_at=None,
        observe_until=None,
    )
    return replace(run.with_step(intended), not_before=None)


def _unsettled(run: Run, step_id: str) -> StepProgress:
    step = run.at(step_id)
    if step.state not in (StepState.INTENDED, StepState.DOUBTED):
        raise IllegalEvent(f"run {run.id}: step {step_id} is {step.state.value}")
    return step


def _applied(run: Run, event: ev.Applied, now: datetime) -> Run:
    step = _unsettled(run, event.step)
    applied = replace(
        step, state=StepState.APPLIED, measure=event.measure, reason="", in_part=False
    )
    return run.with_step(applied)


def _not_applied(run: Run, event: ev.NotApplied, now: datetime) -> Run:
    step = _unsettled(run, event.step)
    order = run.order.step(event.step.removeprefix(UNDO_PREFIX))
    told = replace(step, reason=event.reason, in_part=step.in_part or event.in_part)
    if not event.retry or step.n > order.max_retries:
        return run.with_step(replace(told, state=StepState.FAILED))
    again = run.with_step(replace(told, state=StepState.WAITING))
    return replace(again, not_before=now + backoff(order.backoff, step.n))


def _doubted(run: Run, event: ev.Doubted, now: datetime) -> Run:
    step = _unsettled(run, event.step)
    return run.with_step(replace(step, state=StepState.DOUBTED, reason=event.reason))


def _observed(run: Run, event: ev.Observed, now: datetime) -> Run:
    step = replace(_unsettled(run, event.step), reason=event.detail)
    match event.observation:
        case Observation.APPLIED:
            seen = replace(
                step, state=StepState.APPLIED, measure=event.measure, reason="", in_part=False
            )
        case Observation.NOT_APPLIED:
            again = step.n < MOST_ATTEMPTS
            seen = replace(step, state=StepState.WAITING if again else StepState.FAILED)
        case Observation.DIVERGED:
            seen = replace(step, state=StepState.FAILED, diverged=True)
        case Observation.PENDING:
            seen = _still_pending(step, now)
        case Observation.UNKNOWABLE:
            seen = _unknown(step, now)
    return run.with_step(seen)


def _still_pending(step: StepProgress, now: datetime) -> StepProgress:
    if step.not_after and now > step.not_after + PENDING_GRACE:
        return _unknown(step, now)
    return replace(step, state=StepState.DOUBTED, observe_at=now + OBSERVE_EVERY)


def _unknown(step: StepProgress, now: datetime) -> StepProgress:
    return replace(step, state=StepState.UNKNOWN, observe_until=now + SETTLE_WITHIN)


FOLLOWS: dict[type, Callable[[Run, Any, datetime], Run]] = {
    ev.StepWanted: _step_wanted,
    ev.IntentCommitted: _intent_committed,
    ev.Applied: _applied,
    ev.NotApplied: _not_applied,
    ev.Doubted: _doubted,
    ev.Observed: _observed,
}
