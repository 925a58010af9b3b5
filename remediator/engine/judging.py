"""Gather the facts for one decision and ask the guards; used by the runner, before planning and at the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from remediator.core.facts import Answer, Facts
from remediator.core.guards import domain_of, judge, tallies_for, together_of
from remediator.core.guards.guard import Subject
from remediator.core.guards.silenced import is_held
from remediator.core.identity import Identity, OwnMachine, shared_names
from remediator.core.run import Run
from remediator.core.target import Target
from remediator.core.verdict import Judgement
from remediator.ports.store import Reader
from remediator.ports.surroundings import Asked

_NOBODY: Mapping[Target, Identity] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What was found out before a judgement, outside of the store: what is protected, and what things are called."""

    protected: tuple[str | OwnMachine, ...] = ()
    identities: Mapping[Target, Identity] = field(default_factory=dict)


def targets_of(run: Run) -> tuple[Target, ...]:
    """Return every target that the run may touch: its own and those of its changes."""
    changed = (step.change.target for step in run.progress if step.change)
    return tuple(dict.fromkeys((run.order.target, *changed)))


def subject_of(run: Run, identities: Mapping[Target, Identity] = _NOBODY) -> Subject:
    """Return what the guards are told about a run; `identities` are what is known of its targets' names."""
    return Subject(
        run_id=run.id,
        order=run.order,
        plan=run.plan,
        targets=targets_of(run),
        acted=run.has_acted,
        changed=run.may_have_changed,
        held=is_held(run.judgement),
        names=shared_names(identities[t] for t in targets_of(run) if t in identities),
    )


def names_of(target: Target, identities: Mapping[Target, Identity] = _NOBODY) -> tuple[Target, ...]:
    """Return every name that is known of a target, its own first."""
    return (identities.get(target) or Identity(target=target)).all_names


def judge_now(
    reader: Reader,
    run: Run,
    answers: Mapping[str, Answer],
    surroundings: Surroundings,
    now: datetime,
    *,
    counts: bool = True,
) -> Judgement:
    """Judge a run on the store's present history and on answers taken from the world a moment ago.

    History is counted before a run's first change only: what has begun is finished (guards/guard.py), and a target
    that another run holds is found out when it is taken. Only where the run is let act by it does the judgement count:
    then others wait, so that no two are let act by the same counts.
    """
    facts = Facts(
        now=now,
        answers=answers,
        pauses=reader.pauses(now),
        protected=surroundings.protected,
        identities=surroundings.identities,
        alert_firing=run.alert_resolved_at is None,
    )
    subject = subject_of(run, surroundings.identities)
    return judge(
        subject, facts if run.has_acted else _with_history(reader, run, facts, subject, counts)
    )


def _with_history(reader: Reader, run: Run, facts: Facts, subject: Subject, counts: bool) -> Facts:
    together = together_of(run.order, facts.answers)
    history = reader.history(
        Asked(
            run_id=run.id,
            playbook=run.order.playbook,
            tallies=tallies_for(run.order),
            target=names_of(run.order.target, facts.identities),
            called=subject.called,
            now=facts.now,
            counts=counts,
            together=(run.created_at - together.per, together.most) if together else None,
        )
    )
    counted = replace(
        facts,
        tallies=history.tallies,
        holders=history.holders,
        last_changed=history.last_changed,
        acting=history.acting,
    )
    if history.firing_together is not None:
        counted = replace(counted, firing_together=history.firing_together)
    return _with_domain(reader, run, counted)


def _with_domain(reader: Reader, run: Run, facts: Facts) -> Facts:
    """Add what a guard asks of runs elsewhere; after the rest, which keeps others from judging by the same."""
    if domain := domain_of(run.order, targets_of(run)):
        since = facts.now - domain.per
        other = reader.elsewhere(domain=domain.name, besides=run.id, since=since)
        facts = replace(facts, elsewhere=other, elsewhere_known=True)
    return facts
