"""What follows from what happened: `evolve` folds one event into a run. One file per stretch of a run's life.

An event that does not fit (`transitions`) changes nothing: IllegalEvent.
"""

from __future__ import annotations

from datetime import datetime

from remediator.core import events as ev
from remediator.core.errors import IllegalEvent
from remediator.core.evolution import acting, ending, human_verbs, planning
from remediator.core.run import Phase, Run, StepProgress
from remediator.core.transitions import TRANSITIONS

_FOLLOWS = planning.FOLLOWS | human_verbs.FOLLOWS | acting.FOLLOWS | ending.FOLLOWS


def admit(run_id: str, event: ev.Admitted, now: datetime) -> Run:
    """Return the run that an admission begins."""
    return Run(
        id=run_id,
        order=event.order,
        episode=event.episode,
        ordinal=event.ordinal,
        phase=Phase.PLANNING,
        created_at=now,
        deadline=event.deadline,
        progress=tuple(StepProgress(step=step.id) for step in event.order.steps),
    )


def evolve(run: Run, event: ev.Event, now: datetime) -> Run:
    """Return the run after an event; raise IllegalEvent, and change nothing, where the event does not fit."""
    if isinstance(event, ev.Admitted) or run.phase not in TRANSITIONS[type(event)]:
        raise IllegalEvent(f"run {run.id} is {run.phase.value}: it takes no {event.kind}")
    return _FOLLOWS[type(event)](run, event, now)


def replay(run_id: str, journal: tuple[tuple[datetime, ev.Event], ...]) -> Run:
    """Return the run that a whole journal tells of; its first event is the admission."""
    (at, first), *rest = journal
    if not isinstance(first, ev.Admitted):
        raise IllegalEvent(f"the journal of {run_id} does not begin with its admission")
    run = admit(run_id, first, at)
    for at, event in rest:
        run = evolve(run, event, at)
    return run
