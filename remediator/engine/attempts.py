"""One attempt at one change: the intent that the gate commits, and the right to apply it. Used by the runner."""

from __future__ import annotations

from datetime import datetime, timedelta

from remediator.core import events as ev
from remediator.core.lifecycle import step_order
from remediator.core.run import Run, StepProgress, StepState
from remediator.engine.judging import Surroundings
from remediator.engine.recognition import held_elsewhere, take
from remediator.ports.action import Ticket
from remediator.ports.store import Transaction

AFTER_TIMEOUT = timedelta(seconds=15)
HELD_AGAIN = timedelta(seconds=5)


def intend(
    tx: Transaction, run: Run, step_id: str, token: str, now: datetime, near: Surroundings
) -> ev.Event:
    """Take the step's target and return the intent; or, where another run holds it, that this one looks again later."""
    step = run.at(step_id)
    target = step.change.target if step.change else run.order.target
    target_fence = take(tx, target, run.id, near, now)
    if target_fence is None:
        return held_elsewhere(target, now + HELD_AGAIN)
    return ev.IntentCommitted(
        step=step_id,
        n=step.n + 1,
        token=token,
        fence=run.fence,
        target_fence=target_fence,
        not_after=now + step_order(run, step_id).timeout + AFTER_TIMEOUT,
    )


def ticket(run: Run, attempt: StepProgress) -> Ticket:
    """Return the right to apply an attempt, once and until its latest moment."""
    timeout = step_order(run, attempt.step).timeout
    not_after = attempt.not_after or run.created_at
    return Ticket(
        token=attempt.token, fence=attempt.target_fence, not_after=not_after, timeout=timeout
    )


def granted(run: Run, token: str) -> StepProgress | None:
    """Return the attempt that was let through with this token, if it was."""
    attempt = run.open_attempt
    is_ours = attempt and attempt.token == token and attempt.state is StepState.INTENDED
    return attempt if is_ours else None
