"""What a runner finds when it looks: nothing here can hurt."""

from __future__ import annotations

from remediator.core import effects as do
from remediator.core import events as ev
from remediator.core.change import Nothing, still_holds
from remediator.core.facts import Answer, Known
from remediator.core.run import Run, StepState
from tests.simulation.scene import Site, judge

KNOWN = (Known.HOLDS, Known.FAILS, Known.UNKNOWN)


def found(site: Site, run: Run, effect: do.Effect) -> tuple[ev.Event, ...]:
    """Ask the world, the guards or the checks, as the effect says."""
    match effect:
        case do.Diagnose():
            return (ev.Diagnosed(evidence=()),)
        case do.Judge(stage):
            return (ev.Judged(stage=stage, judgement=judge(site, run, stage, None)),)
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
        fresh = site.world.propose(run.order, run.order.step(step.step))
        if reason := still_holds(step.change, fresh):
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
