"""What the law remembers of one run, from its events alone: it never asks the run whether something is allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from remediator.core import events as ev
from remediator.core.events import Observation, Settlement
from remediator.core.verdict import Judgement, Ruling
from tests.simulation.orders import EPOCH

Journal = list[tuple[datetime, ev.Event]]

CERTAIN = (ev.Applied, ev.NotApplied, ev.PlanVoided, ev.Observed, ev.Settled)
LOOKED = (ev.Planned, ev.PlanConfirmed)
ALERT = (ev.AlertResolved, ev.AlertFired)


@dataclass(slots=True)
class Dossier:
    """One run's history, boiled down.

    `said` is what the guards really said at the gate last, `seen` who said yes to which digest since `asked_at`,
    `in_doubt` the steps that were applied without an answer. `fresh` says that the plan was compared with the world
    since people were asked or a guard deferred.
    """

    journal: Journal = field(default_factory=list)
    said: Judgement | None = None
    seen: list[tuple[str, str]] = field(default_factory=list)
    asked_at: datetime = EPOCH
    in_doubt: set[str] = field(default_factory=set)
    fresh: bool = False
    denied: bool = False
    resolved: bool = False
    changed: bool = False
    turns: int = 0

    def learn(self, event: ev.Event, now: datetime) -> None:
        """Keep what this event means for what may follow."""
        self.journal.append((now, event))
        if isinstance(event, ev.ApprovalRequested):
            self.seen.clear()
            self.asked_at, self.fresh = now, False
        elif isinstance(event, LOOKED):
            self.fresh = True
        elif isinstance(event, ev.Judged):
            self.denied = event.judgement.ruling is Ruling.DENY
            self.fresh = self.fresh and event.judgement.ruling < Ruling.DEFER
        elif isinstance(event, ALERT):
            self.resolved = isinstance(event, ev.AlertResolved)
        elif isinstance(event, CERTAIN):
            self.in_doubt.clear()
            self.changed = self.changed or _may_be_done(event)


def _may_be_done(event: ev.Event) -> bool:
    if isinstance(event, ev.Observed):
        return event.observation in (Observation.APPLIED, Observation.DIVERGED)
    if isinstance(event, ev.Settled):
        return event.settlement is not Settlement.NOT_APPLIED
    return isinstance(event, ev.Applied)
