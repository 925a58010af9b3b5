"""What an error of an action means for its run, as an event; used by `runner` only."""

from __future__ import annotations

from remediator.core import events as ev
from remediator.core.errors import (
    ActionError,
    Interrupted,
    Missing,
    Partial,
    Permanent,
    Stale,
    Transient,
)
from remediator.core.playbook import StepOrder


def left_out(step: StepOrder, error: Exception) -> ev.StepSkipped | None:
    """Return the event that leaves a step out where it lacks what it works with, unless the playbook requires it."""
    if isinstance(error, Missing) and not step.required:
        return ev.StepSkipped(step=step.id, reason=error.detail)
    return None


def outcome_of(step: str, digest: str, error: ActionError) -> ev.Event:
    """Return what became of an attempt that ended with an error; `digest` is the plan's."""
    if isinstance(error, Transient | Permanent):
        return ev.NotApplied(
            step=step,
            reason=error.detail,
            retry=isinstance(error, Transient),
            in_part=isinstance(error, Interrupted | Partial),
        )
    if isinstance(error, Stale):
        return ev.PlanVoided(digest=digest, reason=error.detail)
    return ev.Doubted(step=step, reason=error.detail)
