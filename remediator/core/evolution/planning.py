"""What follows from looking, judging and planning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from remediator.core import events as ev
from remediator.core.backoff import backoff
from remediator.core.change import make_plan
from remediator.core.errors import IllegalEvent
from remediator.core.events import Stage
from remediator.core.playbook import Mode
from remediator.core.run import (
    Phase,
    Run,
    StepProgress,
    StepState,
)
from remediator.core.verdict import Ruling

MOST_PROPOSALS = 3
ASK_AGAIN = timedelta(seconds=30)


def _diagnosed(run: Run, event: ev.Diagnosed, now: datetime) -> Run:
    return replace(run, diagnosed=True, evidence=event.evidence)


def _stops_rehearsals(event: ev.Judged) -> bool:
    """A storm stops rehearsals too: thousands of looks and messages help nobody while everything is on fire. And on a
    protected target nobody signs in, be it only to look."""
    denials = {v.guard for v in event.judgement.verdicts if v.ruling is Ruling.DENY}
    is_early = event.stage is Stage.BEFORE_PLANNING
    return "storm" in denials or ("protected" in denials and is_early)


def _judged(run: Run, event: ev.Judged, now: datetime) -> Run:
    ruling, judged = event.judgement.ruling, replace(run, judgement=event.judgement)
    rehearsal = run.order.mode is Mode.DRY_RUN
    if _means_no(run, event, now) and (not rehearsal or _stops_rehearsals(event)):
        return replace(judged, denied=True)
    if ruling is Ruling.DEFER and not rehearsal:
        until = event.judgement.until or now + ASK_AGAIN
        later = max(until, now + timedelta(seconds=1))
        return replace(judged.considering_again(), not_before=later, confirmed_at=None)
    if event.stage is Stage.BEFORE_PLANNING:
        return replace(judged, cleared=True, not_before=None)
    if event.stage is Stage.GATE:
        return replace(judged, not_before=None)
    acts = ruling is Ruling.ALLOW and not rehearsal
    return replace(
        judged, plan_judged=True, not_before=None, phase=Phase.ACTING if acts else Phase.PLANNING
    )


def _means_no(run: Run, event: ev.Judged, now: datetime) -> bool:
    """A deferral past the deadline never ends, and nobody has been shown the undoing that a yes would be asked for."""
    ruling = event.judgement.ruling
    too_late = ruling is Ruling.DEFER and run.has_acted and now >= run.deadline
    unasked = ruling is Ruling.ASK and event.stage is Stage.GATE and run.rollback is not None
    return ruling is Ruling.DENY or too_late or unasked


def _proposed(run: Run, event: ev.Proposed, now: datetime) -> Run:
    step = replace(run.at(event.step), change=event.change, reason="")
    return replace(run.with_step(step), proposal_tries=0, not_before=None)


def _proposal_failed(run: Run, event: ev.ProposalFailed, now: datetime) -> Run:
    tries = run.proposal_tries + 1
    if event.transient and tries < MOST_PROPOSALS:
        wait = backoff(run.order.step(event.step).backoff, tries)
        return replace(run, proposal_tries=tries, not_before=now + wait)
    step = replace(run.at(event.step), state=StepState.FAILED, reason=event.reason)
    return replace(run.with_step(step), proposal_tries=0, not_before=None)


def _step_skipped(run: Run, event: ev.StepSkipped, now: datetime) -> Run:
    skipped = replace(run.at(event.step), state=StepState.SKIPPED, reason=event.reason)
    after = replace(run.with_step(skipped), proposal_tries=0, not_before=None)
    return _resume_if_nothing_waits(after)


def _resume_if_nothing_waits(run: Run) -> Run:
    waits = any(s.state is StepState.WAITING for s in run.progress)
    return (
        run
        if waits or run.phase is not Phase.AWAITING_APPROVAL
        else replace(run, phase=Phase.ACTING)
    )


def _planned(run: Run, event: ev.Planned, now: datetime) -> Run:
    changes = tuple(s.change for s in run.progress if s.change and s.state is StepState.WAITING)
    plan = make_plan(run.order.playbook_digest, changes)
    if plan.digest != event.digest:
        raise IllegalEvent(f"run {run.id}: the plan's digest is not the one of its changes")
    return replace(run, plan=plan, confirmed_at=now, plan_judged=False)


def _plan_confirmed(run: Run, event: ev.PlanConfirmed, now: datetime) -> Run:
    return replace(run, confirmed_at=now, proposal_tries=0, not_before=None)


def _plan_voided(run: Run, event: ev.PlanVoided, now: datetime) -> Run:
    if run.rollback and run.open_attempt:
        failed = replace(run.open_attempt, state=StepState.FAILED, reason=event.reason)
        return run.with_step(failed)
    progress = tuple(_forgotten(step) for step in run.progress)
    return replace(
        run,
        phase=Phase.PLANNING,
        progress=progress,
        plan=None,
        former_plan=run.plan or run.former_plan,
        approval=None,
        confirmed_at=None,
        plan_judged=False,
        not_before=None,
        replans=run.replans + 1,
    )


def _forgotten(step: StepProgress) -> StepProgress:
    if step.state not in (StepState.WAITING, StepState.INTENDED):
        return step
    return replace(step, state=StepState.WAITING, change=None, wanted=False, observe_at=None)


FOLLOWS: dict[type, Callable[[Run, Any, datetime], Run]] = {
    ev.Diagnosed: _diagnosed,
    ev.Judged: _judged,
    ev.Proposed: _proposed,
    ev.ProposalFailed: _proposal_failed,
    ev.StepSkipped: _step_skipped,
    ev.Planned: _planned,
    ev.PlanConfirmed: _plan_confirmed,
    ev.PlanVoided: _plan_voided,
}
