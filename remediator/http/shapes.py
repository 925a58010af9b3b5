"""What a run looks like to those who ask, put together from what it keeps. What else there is: `listed`."""

from __future__ import annotations

from remediator.core import wording
from remediator.core.masking import Mask
from remediator.core.run import Approval, Run, StepProgress, Verification
from remediator.core.verdict import Judgement
from remediator.http import answers, timeline
from remediator.ports.codec import plain
from remediator.ports.store import JournalEntry

_MASK = Mask()
_WHOLE = frozenset({"order", "change"})
"""What events hold as it is stored."""


def run_shape(run: Run) -> answers.Run:
    """Return a run as it is answered."""
    order = run.order
    return answers.Run(
        id=run.id,
        headline=wording.headline(run),
        playbook=order.playbook,
        playbook_digest=order.playbook_digest,
        description=order.description,
        runbook_url=order.runbook_url,
        owner=order.owner,
        mode=order.mode,
        environment=order.environment,
        severity=order.severity,
        source=order.source,
        target=str(order.target),
        phase=run.phase,
        outcome=run.outcome,
        reason=run.reason,
        episode=run.episode,
        ordinal=run.ordinal,
        alert=answers.Alert.model_validate(order.alert),
        plan=_plan(run),
        steps=[_step(run, step) for step in run.progress],
        verdicts=_verdicts(run.judgement),
        approval=_approval(run, run.approval) if run.approval else None,
        verification=_verification(run.verification) if run.verification else None,
        rollback=answers.Rollback(reason=run.rollback.reason) if run.rollback else None,
        evidence=[answers.Evidence.model_validate(found) for found in run.evidence],
        cancelled_by=run.cancelled_by.name if run.cancelled_by else None,
        taken_over=run.taken_over,
        freed_bytes=wording.freed(run),
        alert_resolved_at=run.alert_resolved_at,
        not_before=run.not_before,
        deadline=run.deadline,
        created_at=run.created_at,
        closed_at=run.closed_at,
    )


def _plan(run: Run) -> answers.Plan | None:
    return answers.Plan.model_validate(run.plan) if run.plan else None


def _step(run: Run, step: StepProgress) -> answers.Step:
    known = {order.id: order.action for order in run.order.steps}
    return answers.Step(
        step=step.step,
        action=step.change.action if step.change else known.get(step.step, ""),
        state=step.state,
        is_undo=step.is_undo,
        attempts=step.n,
        reason=step.reason,
        summary=step.measure.summary,
        freed_bytes=step.measure.freed_bytes,
        seconds=step.measure.seconds,
    )


def _verdicts(judgement: Judgement | None) -> list[answers.Verdict]:
    said = judgement.verdicts if judgement else ()
    return [answers.Verdict.model_validate(verdict) for verdict in said]


def _approval(run: Run, approval: Approval) -> answers.Approval:
    policy = run.order.approval
    return answers.Approval(
        id=approval.id,
        state=_approval_state(run, approval),
        digest=approval.digest,
        reasons=list(approval.reasons),
        requested_at=approval.requested_at,
        expires_at=approval.expires_at,
        needed=policy.count,
        by=answers.Deciders.model_validate(policy),
        who_decides=wording.who_decides(run),
        approvers=list(approval.approvers),
        votes=[
            answers.Vote(
                person=vote.person.name,
                door=vote.person.door,
                approve=vote.approve,
                digest=vote.digest,
                reason=vote.reason,
            )
            for vote in approval.votes
        ],
    )


def _approval_state(run: Run, approval: Approval) -> answers.ApprovalState:
    if approval.rejected_by:
        return "rejected"
    if approval.expired:
        return "expired"
    if run.plan is None or run.plan.digest != approval.digest:
        return "void"
    if approval.granted:
        return "granted"
    return "waiting" if run.is_open else "withdrawn"


def _verification(verification: Verification) -> answers.Verification:
    return answers.Verification(
        known=verification.known,
        started_at=verification.started_at,
        deadline=verification.deadline,
        looks=verification.looks,
        held_since=verification.held_since,
        answers=[
            answers.Looked(check=key, known=a.known, detail=a.detail, value=a.value)
            for key, a in verification.answers
        ],
    )


def approval_shape(run: Run, approval: Approval) -> answers.WaitingApproval:
    """Return one plan that waits for people."""
    return answers.WaitingApproval(
        run=run.id,
        headline=wording.headline(run),
        playbook=run.order.playbook,
        target=str(run.order.target),
        severity=run.order.severity,
        plan=_plan(run),
        **dict(_approval(run, approval)),
    )


def entry_shape(entry: JournalEntry) -> dict[str, object]:
    """Return one journal event as it is answered: between its number and its hash stand its own fields."""
    event = entry.event
    own = answers.Event(
        seq=entry.seq,
        at=entry.at,
        text=timeline.sentence(event),
        kind=event.kind,
        hash=entry.hash,
    ).plain()
    fields = {key: _MASK.inside(v) if key in _WHOLE else v for key, v in plain(event).items()}
    judgement = getattr(event, "judgement", None)
    if judgement is not None:
        del fields["judgement"]
        fields["verdicts"] = [verdict.plain() for verdict in _verdicts(judgement)]
    return {**_without(own, "kind", "hash"), **fields, "hash": own["hash"]}


def _without(fields: dict[str, object], *names: str) -> dict[str, object]:
    return {key: value for key, value in fields.items() if key not in names}
