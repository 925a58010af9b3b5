"""The simulation's small runner: the protocol of engine/runner.py, cut open wherever a crash or a pause can come.

A turn is a generator. Each `yield` is such a cut: the life may drop the generator there (a crash), or go on with it
only after somebody else has claimed the run (a worker that was paused and wakes up).
"""

from __future__ import annotations

from remediator.core import effects as do
from remediator.core import events as ev
from remediator.core.change import Change
from remediator.core.errors import Permanent, Stale, Transient, Uncertain
from remediator.core.events import Measure, Stage
from remediator.core.lifecycle import next_effect, step_order
from remediator.core.run import Run
from remediator.core.verdict import Ruling
from tests.simulation.looks import found
from tests.simulation.recorder import Moved
from tests.simulation.scene import Site, Turn, Worker, judge


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
        site.recorder.save(row, worker.fence, effect.events, site.world.now, version)
        return effect
    yield
    events = found(site, run, effect)
    yield
    site.recorder.save(row, worker.fence, events, site.world.now, version)
    return effect


def _hold(site: Site, worker: Worker, effect: do.Hold) -> Turn:
    """Pass the gate in one step that nothing interrupts: judge, take the target, commit the intent."""
    yield
    site.recorder.save(worker.row, worker.fence, (), site.world.now)
    run, step = worker.row.run, worker.row.run.at(effect.step)
    if next_effect(run, site.world.now) != effect:
        raise Moved
    assert step.change is not None
    judgement = judge(site, run, Stage.GATE, step.change.target)
    allowed = judgement.ruling is Ruling.ALLOW or (
        judgement.ruling is Ruling.ASK and run.is_approved
    )
    event: ev.Event = ev.Judged(stage=Stage.GATE, judgement=judgement)
    if allowed or not site.rules.heeds_guards:
        event = _intent(site, worker, step.step, step.change)
    site.recorder.save(worker.row, worker.fence, (event,), site.world.now)
    return effect


def _intent(site: Site, worker: Worker, step_id: str, change: Change) -> ev.Event:
    run = worker.row.run
    fence = site.recorder.hold(change.target, run.id) or 0
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
    site.recorder.save(worker.row, worker.fence, (event,), site.world.now)
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
    site.recorder.save(row, worker.fence, (), site.world.now, version)
    assert step.change is not None
    safety = step_order(run, effect.step).safety
    seen = site.world.observe(step.change, safety, step.token, step.target_fence)
    site.law.observed(run.id, effect.step)
    yield
    event = ev.Observed(step=effect.step, observation=seen, detail=seen.value)
    site.recorder.save(row, worker.fence, (event,), site.world.now, version)
    return effect
