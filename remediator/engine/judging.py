"""Gather the facts for one decision and ask the guards; used by the runner, before planning and at the gate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from remediator.core.alert import AlertStatus
from remediator.core.facts import Answer, Facts
from remediator.core.guards import judge, tallies_for
from remediator.core.guards.guard import Subject
from remediator.core.run import Run
from remediator.core.target import Target
from remediator.core.verdict import Judgement
from remediator.ports.store import Reader

PREVIEW = "preview"
"""The episode of runs that exist only in memory; their alert is taken to fire."""


def targets_of(run: Run) -> tuple[Target, ...]:
    """Return every target that the run may touch: its own and those of its changes."""
    changed = (step.change.target for step in run.progress if step.change)
    return tuple(dict.fromkeys((run.order.target, *changed)))


def subject_of(run: Run) -> Subject:
    """Return what the guards are told about a run."""
    return Subject(
        run_id=run.id,
        order=run.order,
        plan=run.plan,
        targets=targets_of(run),
        acted=run.has_acted,
        approved=run.is_approved,
    )


def judge_now(
    reader: Reader,
    run: Run,
    answers: Mapping[str, Answer],
    protected: tuple[str, ...],
    now: datetime,
) -> Judgement:
    """Judge a run on the store's present history and on answers taken from the world a moment ago."""
    targets = targets_of(run)
    holds = reader.holds(targets)
    facts = Facts(
        now=now,
        tallies={
            tally: reader.tally(
                tally, playbook=run.order.playbook, target=run.order.target, now=now
            )
            for tally in tallies_for(run.order)
        },
        answers=answers,
        pauses=reader.pauses(now),
        holders={h.target: h.holder for h in holds if h.holder},
        last_changed={h.target: h.last_changed_at for h in holds if h.last_changed_at},
        acting=reader.acting(playbook=run.order.playbook, besides=run.id),
        protected=protected,
        alert_firing=_fires(reader, run),
    )
    return judge(subject_of(run), facts)


def _fires(reader: Reader, run: Run) -> bool | None:
    if run.episode == PREVIEW:
        return True
    episode = reader.episode(run.episode)
    return None if episode is None else episode.status is AlertStatus.FIRING
