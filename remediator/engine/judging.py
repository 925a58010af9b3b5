"""Gather the facts for one decision and ask the guards; used by the runner, before planning and at the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from remediator.core.facts import Answer, Facts
from remediator.core.guards import domain_of, judge, tallies_for, together_of
from remediator.core.guards.guard import Subject
from remediator.core.run import Run
from remediator.core.target import Target
from remediator.core.verdict import Judgement
from remediator.ports.store import Reader


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
        changed=run.may_have_changed,
    )


def judge_now(
    reader: Reader,
    run: Run,
    answers: Mapping[str, Answer],
    protected: tuple[str, ...],
    now: datetime,
) -> Judgement:
    """Judge a run on the store's present history and on answers taken from the world a moment ago.

    History is counted before a run's first change only: what has begun is finished (guards/guard.py), and a target
    that another run holds is found out when it is taken.
    """
    facts = Facts(
        now=now,
        answers=answers,
        pauses=reader.pauses(now),
        protected=protected,
        alert_firing=run.alert_resolved_at is None,
    )
    return judge(subject_of(run), facts if run.has_acted else _with_history(reader, run, facts))


def _with_history(reader: Reader, run: Run, facts: Facts) -> Facts:
    now, targets = facts.now, targets_of(run)
    holds = reader.holds(targets)
    counted = replace(
        facts,
        tallies=reader.tallies(
            tallies_for(run.order),
            playbook=run.order.playbook,
            target=run.order.target,
            now=now,
            besides=targets,
        ),
        holders={h.target: h.holder for h in holds if h.holder},
        last_changed={h.target: h.last_changed_at for h in holds if h.last_changed_at},
        acting=reader.acting(playbook=run.order.playbook, besides=run.id),
    )
    return _with_surroundings(reader, run, counted)


def _with_surroundings(reader: Reader, run: Run, facts: Facts) -> Facts:
    """Add what guards ask of runs elsewhere; after the tallies, which keep others from judging by the same counts."""
    if together := together_of(run.order, facts.answers):
        since = run.created_at - together.per
        count = reader.firing_together(playbook=run.order.playbook, since=since, most=together.most)
        facts = replace(facts, firing_together=count)
    if domain := domain_of(run.order, targets_of(run)):
        since = facts.now - domain.per
        other = reader.elsewhere(domain=domain.name, besides=run.id, since=since)
        facts = replace(facts, elsewhere=other, elsewhere_known=True)
    return facts
