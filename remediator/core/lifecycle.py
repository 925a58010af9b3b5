"""The life of a run: what to do next, and what follows from what happened. Everything else in remediator
serves this file.

`next_effect(run, now)` names the one thing to do now. It is a function of the stored run alone, so that
ordinary progress,
a restart and a takeover by another replica are one code path. `evolve(run, event, now)` (in `evolution`)
says what follows.

The safety of the whole rests on a few lines here:
  - an intent is applied only under the claim that committed it (`attempt.fence == run.fence`): whoever finds one
    that it did not commit looks at the world first (`Observe`), and never applies blindly;
  - a dry run ends where acting would begin;
  - under `ask` nothing is held or applied until the current digest is approved.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from remediator.core import events as ev
from remediator.core.change import Safety, make_plan
from remediator.core.effects import (
    Apply,
    Ask,
    Confirm,
    Consider,
    Diagnose,
    Effect,
    Hold,
    Judge,
    Note,
    Observe,
    Propose,
    Rest,
    Undo,
    Verify,
)
from remediator.core.events import Outcome, Stage
from remediator.core.facts import Known
from remediator.core.playbook import AfterFailure, Mode, StepOrder
from remediator.core.run import UNDO_PREFIX, Approval, Phase, Run, StepProgress, StepState
from remediator.core.verdict import Ruling

SKEW = timedelta(seconds=5)
MOST_REPLANS = 5


def next_effect(run: Run, now: datetime) -> Effect:
    """Return the one thing to do now. A closed run rests for ever."""
    if not run.is_open:
        return Rest(None)
    if attempt := run.open_attempt:
        return _settle(run, attempt, now)
    if ending := _ending(run, now):
        return Note((ending,))
    if run.not_before and now < run.not_before:
        return Rest(min(run.not_before, run.deadline) if now < run.deadline else run.not_before)
    if run.phase is Phase.PLANNING:
        return _plan(run)
    if run.phase is Phase.AWAITING_APPROVAL:
        return _await(run, now)
    if run.phase is Phase.ACTING:
        return Note((ev.ApprovalExpired(),)) if _has_lapsed(run, now) else _act(run)
    return _verify(run, now)


def due_at(run: Run, now: datetime) -> datetime | None:
    """Return when a run has to be looked at next; None where only an event can move it."""
    effect = next_effect(run, now)
    return effect.until if isinstance(effect, Rest) else now


def step_order(run: Run, step_id: str) -> StepOrder:
    """Return the order behind a step, also behind the undoing of one."""
    return run.order.step(step_id.removeprefix(UNDO_PREFIX))


def _close(outcome: Outcome, reason: str) -> ev.Closed:
    return ev.Closed(outcome=outcome, reason=reason)


def _ending(run: Run, now: datetime) -> ev.Closed | None:
    """Return why a run without an open attempt ends here and now, whatever its phase."""
    if run.cancelled_by:
        word = "taken over" if run.taken_over else "cancelled"
        return _close(Outcome.CANCELLED, f"{word} by {run.cancelled_by.name}")
    if run.phase is Phase.VERIFYING:
        return None
    if run.alert_resolved_at and not run.may_have_changed:
        return _close(Outcome.WITHDRAWN, "the alert resolved before anything was changed")
    if now >= run.deadline and not run.has_acted:
        why = run.judgement.strictest if run.judgement else None
        return _close(
            Outcome.BLOCKED, f"no time left; last: {why.reason}" if why else "no time left"
        )
    return None


# ── an intent without an outcome ──────────────────────────────────────────────────────────────────────────


def _settle(run: Run, attempt: StepProgress, now: datetime) -> Effect:
    if attempt.state is StepState.UNKNOWN:
        return _await_settlement(attempt, now)
    if attempt.state is StepState.INTENDED and attempt.fence == run.fence:
        return Apply(attempt.step)
    look_at = attempt.observe_at or _earliest_look(run, attempt)
    return Rest(look_at) if look_at and now < look_at else Observe(attempt.step)


def _earliest_look(run: Run, attempt: StepProgress) -> datetime | None:
    """A receipt can be asked for at once, because asking spends the token; anything else may still be on its way."""
    if step_order(run, attempt.step).safety is Safety.RECEIPT or attempt.not_after is None:
        return None
    return attempt.not_after + SKEW


def _await_settlement(attempt: StepProgress, now: datetime) -> Effect:
    if attempt.observe_until and now < attempt.observe_until:
        return Rest(attempt.observe_until)
    return Note(
        (_close(Outcome.OUTCOME_UNKNOWN, f"nobody knows whether step {attempt.step} was applied"),)
    )


# ── planning ──────────────────────────────────────────────────────────────────────────────────────────────


def _plan(run: Run) -> Effect:
    if run.denied:
        return _stopped(run)
    if not run.diagnosed:
        return Diagnose()
    if not run.cleared:
        return Judge(Stage.BEFORE_PLANNING)
    if run.replans > MOST_REPLANS:
        return _fail(run, f"the world changed under the plan {run.replans} times")
    if failed := _failed_step(run):
        return _cannot_plan(run, failed)
    undecided = next(
        (s for s in run.progress if s.state is StepState.WAITING and not s.change), None
    )
    if undecided:
        return Propose(undecided.step)
    return _planned(run) if run.plan else _make_plan(run)


def _make_plan(run: Run) -> Effect:
    changes = tuple(s.change for s in run.progress if s.change and s.state is StepState.WAITING)
    if not changes:
        return Note((ev.VerificationStarted() if run.has_acted else _nothing_to_do(run),))
    return Note((ev.Planned(digest=make_plan(run.order.playbook_digest, changes).digest),))


def _planned(run: Run) -> Effect:
    if not run.plan_judged:
        return Judge(Stage.PLANNED)
    if run.order.mode is Mode.DRY_RUN:
        return Note((_close(Outcome.DRY_RUN, "dry run: nothing was changed"),))
    return _ask(run)


def _ask(run: Run) -> Ask:
    verdicts = run.judgement.verdicts if run.judgement else ()
    reasons = tuple(v.reason for v in verdicts if v.ruling is Ruling.ASK)
    return Ask(reasons or ("the step asks for approval",))


def _stopped(run: Run) -> Effect:
    blocked = _blocked(run)
    return _fail(run, blocked.reason) if run.has_acted else Note((blocked,))


def _blocked(run: Run) -> ev.Closed:
    why = run.judgement.strictest if run.judgement else None
    return _close(Outcome.BLOCKED, f"{why.guard}: {why.reason}" if why else "a guard said no")


def _cannot_plan(run: Run, failed: StepProgress) -> Effect:
    reason = f"step {failed.step} could not be planned: {failed.reason}"
    if run.order.mode is Mode.DRY_RUN:
        return Note((_close(Outcome.DRY_RUN, f"dry run: {reason}"),))
    return _fail(run, reason, failed)


def _nothing_to_do(run: Run) -> ev.Closed:
    if not run.order.steps:
        return _handed_over(run)
    reasons = "; ".join(f"{s.step}: {s.reason}" for s in run.progress if s.reason) or "no steps"
    has_failed = any(s.state is StepState.FAILED for s in run.progress)
    said = "no step could be planned" if has_failed else "there is nothing to change"
    if run.order.mode is Mode.DRY_RUN:
        return _close(Outcome.DRY_RUN, f"{said} ({reasons})")
    return _close(Outcome.FAILED if has_failed else Outcome.UNRESOLVED, f"{said} ({reasons})")


def _handed_over(run: Run) -> ev.Closed:
    if run.order.mode is Mode.DRY_RUN:
        return _close(Outcome.DRY_RUN, "dry run: it would have been handed over to people")
    return _close(Outcome.HANDED_OVER, "remediator has looked, and the rest is for people")


def _failed_step(run: Run) -> StepProgress | None:
    """Return the first failed step that the steps behind it may not survive."""
    return next((s for s in run.progress if s.state is StepState.FAILED and _stops(run, s)), None)


def _stops(run: Run, step: StepProgress) -> bool:
    if step.is_undo:
        return False
    return step.diverged or step_order(run, step.step).after_failure is not AfterFailure.CONTINUE


# ── waiting for people ────────────────────────────────────────────────────────────────────────────────────


def _await(run: Run, now: datetime) -> Effect:
    approval = run.approval
    if approval is None:
        return Note((_close(Outcome.FAILED, "waiting for an approval that was never asked for"),))
    if approval.rejected_by:
        return Note((_close(Outcome.REJECTED, _rejection(approval)),))
    if approval.expired:
        return Note((_close(Outcome.EXPIRED, "nobody decided in time"),))
    if run.alert_resolved_at:
        return Note(_skip_rest(run, "the alert resolved"))
    policy = run.order.approval
    if now >= approval.expires_at:
        return Note((ev.ApprovalExpired(),))
    reminder = (
        approval.requested_at + policy.remind * (approval.reminded + 1) if policy.remind else None
    )
    second = None
    if policy.escalate_after and policy.escalate_to and not approval.escalated:
        second = approval.requested_at + policy.escalate_after
    if second and policy.escalate_to and now >= second:
        return Note((ev.ApprovalEscalated(to=policy.escalate_to),))
    if reminder and now >= reminder:
        return Note((ev.ApprovalReminded(),))
    return Rest(min(moment for moment in (reminder, second, approval.expires_at) if moment))


def _rejection(approval: Approval) -> str:
    why = next((vote.reason for vote in approval.votes if not vote.approve), "")
    who = approval.rejected_by.name if approval.rejected_by else "somebody"
    return f"rejected by {who}" + (f": {why}" if why else "")


def _skip_rest(run: Run, reason: str) -> tuple[ev.Event, ...]:
    waiting = (s.step for s in run.progress if s.state is StepState.WAITING)
    return tuple(ev.StepSkipped(step=step, reason=reason) for step in waiting)


# ── acting ────────────────────────────────────────────────────────────────────────────────────────────────


def _act(run: Run) -> Effect:
    if run.rollback:
        return _roll_back(run)
    if run.denied:
        return _stopped(run)
    if failed := _failed_step(run):
        return _fail(run, f"step {failed.step} failed: {failed.reason}", failed)
    step = next((s for s in run.progress if s.state is StepState.WAITING), None)
    if step is None:
        return Note((ev.VerificationStarted(),))
    order = step_order(run, step.step)
    needs_approval = order.approval_required or order.safety is Safety.BLIND or _is_asked(run)
    if (order.unless or order.unless_verified) and not step.wanted:
        return Consider(step.step)
    if needs_approval and not run.is_approved:
        return _ask(run)
    if run.confirmed_at is None:
        return Confirm()
    return Hold(step.step)


def _has_lapsed(run: Run, now: datetime) -> bool:
    """A yes that nothing was begun under counts no longer than it could have been given."""
    if run.approval is None or not run.is_approved or run.has_acted:
        return False
    return now >= run.approval.expires_at


def _is_asked(run: Run) -> bool:
    return run.judgement is not None and run.judgement.ruling is Ruling.ASK


def _fail(run: Run, reason: str, failed: StepProgress | None = None) -> Effect:
    wants = failed and step_order(run, failed.step).after_failure is AfterFailure.ROLLBACK
    if (wants or run.order.failure.rollback) and _undoable(run):
        return Note((ev.RollbackStarted(reason=reason, outcome=Outcome.FAILED),))
    return Note((_close(Outcome.FAILED, reason),))


def _undoable(run: Run) -> bool:
    return any(
        s.state is StepState.APPLIED and s.change and s.change.reversible for s in run.progress
    )


def _roll_back(run: Run) -> Effect:
    if run.denied:
        return Note(
            (_rolled_back(run, " (the rollback was stopped: " + _blocked(run).reason + ")"),)
        )
    waiting = next((s for s in run.progress if s.is_undo and s.state is StepState.WAITING), None)
    if waiting:
        return Hold(waiting.step)
    known = {s.step for s in run.progress}
    left = [
        s
        for s in run.progress
        if s.state is StepState.APPLIED and not s.is_undo and f"{UNDO_PREFIX}{s.step}" not in known
    ]
    if left:
        return Undo(left[-1].step)
    return Note((_rolled_back(run, ""),))


def _rolled_back(run: Run, addition: str) -> ev.Closed:
    outcome = run.rollback.outcome if run.rollback else Outcome.FAILED
    reason = run.rollback.reason if run.rollback else ""
    return _close(outcome, reason + addition)


# ── verifying ─────────────────────────────────────────────────────────────────────────────────────────────


def _verify(run: Run, now: datetime) -> Effect:
    proof = run.verification
    if proof is None:
        return Note((_close(Outcome.FAILED, "verifying without having begun to"),))
    if proof.looked_at and proof.held_since:
        if proof.looked_at - proof.held_since >= run.order.verify.holds_for:
            return Note((_close(Outcome.RESOLVED, "verified"),))
    elif proof.looked_at and proof.looked_at >= proof.deadline:
        return _not_verified(run)
    return Rest(proof.next_look) if now < proof.next_look else Verify()


def _not_verified(run: Run) -> Effect:
    """What nobody could look at may be mended: it is told to people, and not taken back."""
    known = run.verification.known if run.verification else Known.UNKNOWN
    if known is not Known.FAILS:
        reason = "inconclusive: the checks could not be answered"
        return Note((_close(Outcome.UNRESOLVED, reason),))
    reason = "not verified in time"
    if run.order.failure.rollback and _undoable(run):
        return Note((ev.RollbackStarted(reason=reason, outcome=Outcome.UNRESOLVED),))
    return Note((_close(Outcome.UNRESOLVED, reason),))
