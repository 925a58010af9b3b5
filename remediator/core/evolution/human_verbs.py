"""What follows from what people say, or do not say in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from remediator.core import events as ev
from remediator.core.errors import IllegalEvent
from remediator.core.events import Settlement
from remediator.core.person import Person
from remediator.core.run import (
    Approval,
    Phase,
    Run,
    StepState,
)


def _approval_requested(run: Run, event: ev.ApprovalRequested, now: datetime) -> Run:
    if run.plan is None or run.plan.digest != event.digest:
        raise IllegalEvent(f"run {run.id}: approval asked for a digest that is not the plan's")
    approval = Approval(
        id=event.approval,
        digest=event.digest,
        reasons=event.reasons,
        history=event.history,
        requested_at=now,
        expires_at=now + run.order.approval.expires,
    )
    return replace(
        run, phase=Phase.AWAITING_APPROVAL, approval=approval, confirmed_at=None, not_before=None
    )


def _voted(run: Run, event: ev.Voted, now: datetime) -> Run:
    approval = run.approval
    if approval is None or approval.rejected_by or approval.expired:
        raise IllegalEvent(f"run {run.id}: this was already decided")
    if now >= approval.expires_at:
        raise IllegalEvent(
            f"run {run.id}: the time to decide ran out at {approval.expires_at:%H:%M} UTC"
        )
    if event.digest != approval.digest:
        raise IllegalEvent(f"run {run.id}: the plan has changed since it was shown")
    if event.approve:
        _check_second(run, approval, event.person)
    votes = replace(approval, votes=(*approval.votes, event))
    return _approve(run, votes, now) if event.approve else _reject(run, votes, event, now)


def _check_second(run: Run, approval: Approval, person: Person) -> None:
    """One person has one yes, by whatever door and in whatever spelling."""
    for vote in approval.votes:
        if vote.approve and vote.person.is_same(person):
            raise IllegalEvent(f"run {run.id}: {person.name} has approved already")
        if vote.approve and vote.person.may_be(person):
            raise IllegalEvent(
                f"run {run.id}: {person.name} may be {vote.person.name}, who has approved already (by "
                f"{vote.person.door}): if they are two people, name both under `users.people` in the settings"
            )


def _approve(run: Run, approval: Approval, now: datetime) -> Run:
    if len(approval.approvers) < run.order.approval.count:
        return replace(run, approval=approval)
    granted = replace(approval, granted=True, decided_at=now)
    return replace(run.considering_again(), approval=granted, phase=Phase.ACTING)


def _reject(run: Run, approval: Approval, event: ev.Voted, now: datetime) -> Run:
    rejected = replace(run, approval=replace(approval, rejected_by=event.person, decided_at=now))
    return (
        rejected.leaving_out_rest(f"rejected by {event.person.name}") if run.has_acted else rejected
    )


def _answer_refused(run: Run, event: ev.AnswerRefused, now: datetime) -> Run:
    return run


def _approval_reminded(run: Run, event: ev.ApprovalReminded, now: datetime) -> Run:
    return _with_approval(run, lambda a: replace(a, reminded=a.reminded + 1))


def _approval_escalated(run: Run, event: ev.ApprovalEscalated, now: datetime) -> Run:
    return _with_approval(run, lambda a: replace(a, escalated=True))


def _approval_expired(run: Run, event: ev.ApprovalExpired, now: datetime) -> Run:
    expired = _with_approval(run, lambda a: replace(a, expired=True))
    return expired.leaving_out_rest("nobody approved it in time") if run.has_acted else expired


def _with_approval(run: Run, change: Callable[[Approval], Approval]) -> Run:
    if run.approval is None:
        raise IllegalEvent(f"run {run.id} has asked nobody")
    return replace(run, approval=change(run.approval))


def _cancel_requested(run: Run, event: ev.CancelRequested, now: datetime) -> Run:
    return replace(run, cancelled_by=event.person, taken_over=event.take_over)


def _settled(run: Run, event: ev.Settled, now: datetime) -> Run:
    attempt = run.open_attempt
    if attempt is None or attempt.state is not StepState.UNKNOWN:
        raise IllegalEvent(f"run {run.id} has no change whose outcome is unknown")
    if event.settlement is Settlement.APPLIED:
        return run.with_step(replace(attempt, state=StepState.APPLIED))
    reason = f"{event.person.name} says that it was not applied"
    if event.settlement is Settlement.ABANDON:
        reason = f"abandoned by {event.person.name}"
    return run.with_step(
        replace(
            attempt,
            state=StepState.FAILED,
            reason=reason,
            diverged=event.settlement is Settlement.ABANDON,
        )
    )


FOLLOWS: dict[type, Callable[[Run, Any, datetime], Run]] = {
    ev.ApprovalRequested: _approval_requested,
    ev.Voted: _voted,
    ev.AnswerRefused: _answer_refused,
    ev.ApprovalReminded: _approval_reminded,
    ev.ApprovalEscalated: _approval_escalated,
    ev.ApprovalExpired: _approval_expired,
    ev.CancelRequested: _cancel_requested,
    ev.Settled: _settled,
}
