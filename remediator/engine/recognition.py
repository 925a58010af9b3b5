"""Who a run's targets are: asked before anybody signs in there, and before they are taken. Used by the runner."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from remediator.core import events as ev
from remediator.core.effects import Confirm, Consider, Diagnose, Hold, Judge, Propose, Undo
from remediator.core.events import Stage
from remediator.core.facts import Facts
from remediator.core.guards import protected
from remediator.core.identity import Identity, OwnMachine
from remediator.core.run import Phase, Run
from remediator.core.target import Target
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.engine.judging import Surroundings, names_of, subject_of, targets_of
from remediator.engine.observer import Observer
from remediator.ports.store import Transaction

SIGNS_IN = (Diagnose, Judge, Propose, Confirm, Consider, Hold, Undo)
"""The effects that may sign in at a target to look, before anything is done there."""


async def recognise(
    observer: Observer, protected_now: Callable[[], tuple[str | OwnMachine, ...]], run: Run
) -> Surroundings:
    """Find out what a run's targets are called, and of what is protected as much as tells them apart."""
    out_of_reach = protected_now()
    known = await _known(observer, targets_of(run))
    subject = subject_of(run, known)
    facts = Facts(now=run.created_at, protected=out_of_reach, identities=known)
    known |= await _known(observer, protected.in_doubt(subject, facts))
    return Surroundings(protected=out_of_reach, identities=known)


def refusal(run: Run, near: Surroundings, now: datetime) -> ev.Judged | None:
    """Return the judgement that stops a run on a protected target; None where there is nothing to stop."""
    facts = Facts(now=now, protected=near.protected, identities=near.identities)
    verdict = protected.judge(
        protected.ProtectedSettings(), subject_of(run, near.identities), facts
    )
    if verdict is None:
        return None
    stage = Stage.BEFORE_PLANNING if run.phase is Phase.PLANNING else Stage.GATE
    return ev.Judged(stage=stage, judgement=Judgement(verdicts=(verdict,)))


def take(
    tx: Transaction, target: Target, run_id: str, near: Surroundings, now: datetime
) -> int | None:
    """Take a target under all of its names and return its fence; None, and nothing is taken, where another run holds
    one of them. In the order of names, so that two runs never wait for each other."""
    names = names_of(target, near.identities)
    if len(names) > 1 and any(hold.holder not in (None, run_id) for hold in tx.holds(names)):
        return None
    fences = {name: tx.hold(name, run_id, changing_at=now) for name in sorted(names)}
    return None if None in fences.values() else fences[target]


def held_elsewhere(target: Target, until: datetime) -> ev.Judged:
    """Return the judgement of a gate whose target another run holds."""
    held = Verdict(
        guard="one_run_per_target",
        ruling=Ruling.DEFER,
        reason=f"{target} is held by another run",
        until=until,
    )
    return ev.Judged(stage=Stage.GATE, judgement=Judgement(verdicts=(held,)))


async def _known(observer: Observer, targets: Sequence[Target]) -> dict[Target, Identity]:
    found = await asyncio.gather(*(observer.identity(target) for target in targets))
    return dict(zip(targets, found, strict=True))
