"""The simulation's small runner: the protocol of engine/runner.py, cut open wherever a crash or a pause can come.

A turn is a generator. Each `yield` is such a cut: the life may drop the generator there (a crash), or go on with it
only after somebody else has claimed the run (a worker that was paused and wakes up).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from remediator.core import effects as do
from remediator.core import events as ev
from remediator.core.change import Change, Nothing, still_holds
from remediator.core.errors import Permanent, Stale, Transient, Uncertain
from remediator.core.events import Measure, Stage
from remediator.core.facts import Answer, Known
from remediator.core.lifecycle import next_effect, step_order
from remediator.core.playbook import Mode
from remediator.core.run import Run, StepState
from remediator.core.target import Target
from remediator.core.verdict import NO_OBJECTION, Judgement, Ruling, Verdict
from tests.simulation.law import Law
from tests.simulation.ledger import Ledger, Moved, Row
from tests.simulation.world import World

Turn = Generator[None, None, do.Effect]

RULINGS = (Ruling.ALLOW, Ruling.ASK, Ruling.DEFER, Ruling.DENY)
CALM = (97, 1, 1, 1)
# how guards speak to a run before it has begun, and after: the last three turn stubborn then
TEMPERS = (
    (CALM, CALM),
    (CALM, (50, 20, 10, 20)),
    ((30, 60, 8, 2), (60, 30, 8, 2)),
    ((50, 10, 39, 1), (50, 10, 39, 1)),
    (CALM, (20, 80, 0, 0)),
    (CALM, (20, 0, 80, 0)),
    (CALM, (20, 0, 0, 80)),
)
Temper = tuple[tuple[int, ...], tuple[int, ...]]
KNOWN = (Known.HOLDS, Known.FAILS, Known.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Parts of the protocol that a control switches off, to show that the law would notice."""

    looks_first: bool = True
    heeds_guards: bool = True
    compares_digest: bool = True
    takes_holds: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a life takes place."""

    dice: Random
    world: World
    ledger: Ledger
    law: Law
    rules: Rules
    tempers: Mapping[str, Temper]


@dataclass(slots=True)
class Worker:
    """One claim of one run. `gate` is the honest time at which it committed its last intent."""

    row: Row
    fence: int
    gate: int = 0
    turn: Turn | None = None


def begin(site: Site, worker: Worker) -> Turn:
    """Return the turn that does what the core wants next."""
    run = worker.row.run
    effect = next_effect(run, site.world.now)
    site.law.turn(run, effect, site.world.now)
    if isinstance(effect, do.Hold):
        return _hold(site, worker, effect)
    if isinstance(effect, do.Apply):
        return _apply(site, worker, effect)
    if isinstance(effect, do.Observe):
        again = _observe if site.rules.looks_first else _apply
        return again(site, worker, effect)
    return _look(site, worker, effect)


def _look(site: Site, worker: Worker, effect: do.Effect) -> Turn:
    """Do what cannot hurt: ask somebody, then write the answer down if the run is still the same."""
    row, run, version = worker.row, worker.row.run, worker.row.version
    if isinstance(effect, do.Rest):
        return effect
    if isinstance(effect, do.Note):
        site.ledger.save(row, worker.fence, effect.events, site.world.now, version)
        return effect
    yield
    found = _found(site, run, effect)
    yield
    site.ledger.save(row, worker.fence, found, site.world.now, version)
    return effect


def _found(site: Site, run: Run, effect: do.Effect) -> tuple[ev.Event, ...]:
    match effect:
        case do.Diagnose():
            return (ev.Diagnosed(evidence=()),)
        case do.Judge(stage):
            return (ev.Judged(stage=stage, judgement=_judge(site, run, stage, None)),)
        case do.Propose(step):
            return (_proposed(site, run, step),)
        case do.Ask(reasons):
            digest = run.plan.digest if run.plan else ""
            request = f"{run.id}-{site.dice.getrandbits(32)}"
            return (ev.ApprovalRequested(approval=request, digest=digest, reasons=reasons),)
        case do.Confirm():
            return (_confirmed(site, run),)
        case do.Consider(step):
            return (_considered(site, step),)
        case do.Verify():
            return (_looked(site, run),)
        case do.Undo(step):
            change = run.at(step).change
            assert change is not None
            back = site.world.propose_undo(change)
            return (ev.UndoProposed(step=step, change=back, reason="" if back else "no way back"),)
    raise AssertionError(effect)


def _judge(site: Site, run: Run, stage: Stage, target: Target | None) -> Judgement:
    """Let the guards speak at random, as moody as this run's temper; the rule of one run per target is real."""
    ruling = site.dice.choices(RULINGS, site.tempers[run.id][run.has_acted])[0]
    if run.order.mode is Mode.APPROVE and run.plan:
        ruling = max(ruling, Ruling.ASK)
    others = target and site.ledger.holders.get(target, run.id) != run.id
    if others and site.rules.takes_holds:
        ruling = max(ruling, Ruling.DEFER)
    judgement = NO_OBJECTION
    if ruling is not Ruling.ALLOW:
        later = timedelta(seconds=site.dice.choice((0, 5, 600, 7200)))
        until = site.world.now + later if ruling is Ruling.DEFER and later else None
        verdict = Verdict(guard="moody", ruling=ruling, reason="says so", until=until)
        judgement = Judgement(verdicts=(verdict,))
    if stage is Stage.GATE:
        site.law.asked(run.id, judgement)
    return judgement


def _proposed(site: Site, run: Run, step: str) -> ev.Event:
    luck = site.dice.random()
    if luck < 0.08:
        return ev.ProposalFailed(step=step, reason="no answer", transient=luck < 0.06)
    if luck < 0.12:
        return ev.StepSkipped(step=step, reason="its condition does not hold")
    change = site.world.propose(run.order, run.order.step(step))
    if isinstance(change, Nothing):
        return ev.StepSkipped(step=step, reason=change.reason)
    return ev.Proposed(step=step, change=change)


def _confirmed(site: Site, run: Run) -> ev.Event:
    digest = run.plan.digest if run.plan else ""
    for step in run.progress:
        if step.state is not StepState.WAITING or step.change is None:
            continue
        if site.dice.random() < 0.04:
            transient = site.dice.random() < 0.7
            return ev.ProposalFailed(step=step.step, reason="no answer", transient=transient)
        found = site.world.propose(run.order, run.order.step(step.step))
        if reason := still_holds(step.change, found):
            return ev.PlanVoided(digest=digest, reason=reason)
    return ev.PlanConfirmed(digest=digest)


def _considered(site: Site, step: str) -> ev.Event:
    if site.dice.random() < 0.6:
        return ev.StepWanted(step=step)
    return ev.StepSkipped(step=step, reason="verified already")


def _looked(site: Site, run: Run) -> ev.Event:
    known = site.dice.choices(KNOWN, (5, 3, 2))[0]
    check = run.order.verify.checks[0]
    return ev.Looked(answers={check.key: Answer(known=known, detail="")})


def _hold(site: Site, worker: Worker, effect: do.Hold) -> Turn:
    """Pass the gate in one step that nothing interrupts: judge, take the target, commit the intent."""
    yield
    site.ledger.save(worker.row, worker.fence, (), site.world.now)
    run, step = worker.row.run, worker.row.run.at(effect.step)
    if next_effect(run, site.world.now) != effect:
        raise Moved
    assert step.change is not None
    judgement = _judge(site, run, Stage.GATE, step.change.target)
    allowed = judgement.ruling is Ruling.ALLOW or (
        judgement.ruling is Ruling.ASK and run.is_approved
    )
    event: ev.Event = ev.Judged(stage=Stage.GATE, judgement=judgement)
    if allowed or not site.rules.heeds_guards:
        event = _intent(site, worker, step.step, step.change)
    site.ledger.save(worker.row, worker.fence, (event,), site.world.now)
    return effect


def _intent(site: Site, worker: Worker, step_id: str, change: Change) -> ev.Event:
    run = worker.row.run
    fence = site.ledger.hold(change.target, run.id) or 0
    worker.gate = site.world.elapsed
    return ev.IntentCommitted(
        step=step_id,
        n=run.at(step_id).n + 1,
        token=f"{run.id}/{step_id}/{run.replans}",
        fence=worker.fence,
        target_fence=fence,
        not_after=site.world.now + step_order(run, step_id).timeout,
    )


def _apply(site: Site, worker: Worker, effect: do.Apply | do.Observe) -> Turn:
    """Apply what this claim has committed, unless too much honest time has passed; then write the outcome down."""
    run = worker.row.run
    yield
    event = _outcome(site, worker, run, effect.step)
    yield
    site.ledger.save(worker.row, worker.fence, (event,), site.world.now)
    return effect


def _outcome(site: Site, worker: Worker, run: Run, step_id: str) -> ev.Event:
    step, order = run.at(step_id), step_order(run, step_id)
    left = worker.gate + int(order.timeout.total_seconds()) - site.world.elapsed
    if left < 0 and site.rules.looks_first:
        return ev.NotApplied(step=step_id, reason="too late to begin", retry=True)
    assert step.change is not None
    site.law.applying(run, step_id, current=worker.row.run.fence == worker.fence)
    try:
        site.world.apply(step.change, order.safety, step.token, step.target_fence, left)
    except Transient as error:
        return ev.NotApplied(step=step_id, reason=error.detail, retry=True)
    except Permanent as error:
        return ev.NotApplied(step=step_id, reason=error.detail, retry=False)
    except Stale as error:
        return ev.PlanVoided(digest=run.plan.digest if run.plan else "", reason=error.detail)
    except Uncertain as error:
        return ev.Doubted(step=step_id, reason=error.detail)
    return ev.Applied(step=step_id, measure=Measure(summary="done"))


def _observe(site: Site, worker: Worker, effect: do.Observe) -> Turn:
    """Look at what became of an intent, and write it down."""
    row, version = worker.row, worker.row.version
    yield
    run, step = row.run, row.run.at(effect.step)
    site.ledger.save(row, worker.fence, (), site.world.now, version)
    assert step.change is not None
    safety = step_order(run, effect.step).safety
    seen = site.world.observe(step.change, safety, step.token, step.target_fence)
    site.law.observed(run.id, effect.step)
    yield
    event = ev.Observed(step=effect.step, observation=seen, detail=seen.value)
    site.ledger.save(row, worker.fence, (event,), site.world.now, version)
    return effect
