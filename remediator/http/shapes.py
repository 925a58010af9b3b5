"""How runs look as JSON: the promise that commands, pages and other programs build on. What else there is: `listed`.

Pure functions, value in, JSON-like value out. They may grow keys; a key that stands here keeps its meaning.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from remediator.core import wording
from remediator.core.alert import Alert
from remediator.core.change import Change, Plan
from remediator.core.masking import Mask
from remediator.core.run import Approval, Run, StepProgress, Verification
from remediator.core.verdict import Judgement
from remediator.http import timeline
from remediator.ports.codec import plain
from remediator.ports.store import JournalEntry

_MASK = Mask()
"""Labels and intents are stored as they are: here by the names in them, in `Call.shows` by their texts."""

_WHOLE = frozenset({"order", "change"})
"""What events hold as it is stored."""


def moment(value: datetime | None) -> str | None:
    """Write a time in RFC 3339, UTC, to the millisecond."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def run_shape(run: Run) -> dict[str, Any]:
    """Return a run: what is wrong, what is intended, who may say yes, and how it went."""
    order = run.order
    return {
        "id": run.id,
        "headline": wording.headline(run),
        "playbook": order.playbook,
        "playbook_digest": order.playbook_digest,
        "description": order.description,
        "runbook_url": order.runbook_url,
        "owner": order.owner,
        "mode": order.mode.value,
        "environment": order.environment,
        "severity": order.severity,
        "source": order.source,
        "target": str(order.target),
        "phase": run.phase.value,
        "outcome": run.outcome.value if run.outcome else None,
        "reason": run.reason,
        "episode": run.episode,
        "ordinal": run.ordinal,
        "alert": alert_shape(order.alert),
        "plan": _plan(run.plan),
        "steps": [_step(run, step) for step in run.progress],
        "verdicts": verdict_shapes(run.judgement),
        "approval": _approval(run),
        "verification": _verification(run.verification),
        "rollback": {"reason": run.rollback.reason} if run.rollback else None,
        "evidence": [plain(found) for found in run.evidence],
        "cancelled_by": run.cancelled_by.name if run.cancelled_by else None,
        "taken_over": run.taken_over,
        "freed_bytes": wording.freed(run),
        "alert_resolved_at": moment(run.alert_resolved_at),
        "not_before": moment(run.not_before),
        "deadline": moment(run.deadline),
        "created_at": moment(run.created_at),
        "closed_at": moment(run.closed_at),
    }


def alert_shape(alert: Alert) -> dict[str, Any]:
    """Return an alert as it was last reported."""
    return {
        "fingerprint": alert.fingerprint,
        "name": alert.name,
        "status": alert.status.value,
        "labels": _MASK.inside(alert.labels),
        "annotations": _MASK.inside(alert.annotations),
        "starts_at": moment(alert.starts_at),
        "ends_at": moment(alert.ends_at),
        "generator_url": alert.generator_url,
    }


def _plan(plan: Plan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {
        "digest": plan.digest,
        "irreversible": plan.irreversible,
        "changes": [change_shape(change) for change in plan.changes],
    }


def change_shape(change: Change) -> dict[str, Any]:
    """Return one change, with all that an approval of it signs."""
    return {
        "step": change.step,
        "action": change.action,
        "target": str(change.target),
        "summary": change.summary,
        "intent": _MASK.inside(change.intent),
        "version": change.version,
        "before": dict(change.before),
        "after": dict(change.after),
        "effect": change.effect.value,
        "reversible": change.reversible,
        "undo_hint": change.undo_hint,
        "estimate": change.estimate,
        "bound": change.bound,
        "unit": change.unit,
    }


def _step(run: Run, step: StepProgress) -> dict[str, Any]:
    known = {order.id: order.action for order in run.order.steps}
    return {
        "step": step.step,
        "action": step.change.action if step.change else known.get(step.step, ""),
        "state": step.state.value,
        "is_undo": step.is_undo,
        "attempts": step.n,
        "reason": step.reason,
        "summary": step.measure.summary,
        "freed_bytes": step.measure.freed_bytes,
        "seconds": step.measure.seconds,
    }


def verdict_shapes(judgement: Judgement | None) -> list[dict[str, Any]]:
    """Return what the guards said last; a guard without an objection is listed only where it saw something."""
    return [
        {
            "guard": verdict.guard,
            "ruling": verdict.ruling.name.lower(),
            "reason": verdict.reason,
            "numbers": dict(verdict.numbers),
            "until": moment(verdict.until),
            "clears": verdict.clears,
        }
        for verdict in (judgement.verdicts if judgement else ())
    ]


def _approval(run: Run) -> dict[str, Any] | None:
    approval, policy = run.approval, run.order.approval
    if approval is None:
        return None
    return {
        "id": approval.id,
        "state": _approval_state(run, approval),
        "digest": approval.digest,
        "reasons": list(approval.reasons),
        "requested_at": moment(approval.requested_at),
        "expires_at": moment(approval.expires_at),
        "needed": policy.count,
        "by": {"users": list(policy.users), "groups": list(policy.groups)},
        "who_decides": wording.who_decides(run),
        "approvers": list(approval.approvers),
        "votes": [
            {
                "person": vote.person.name,
                "door": vote.person.door,
                "approve": vote.approve,
                "digest": vote.digest,
                "reason": vote.reason,
            }
            for vote in approval.votes
        ],
    }


def _approval_state(run: Run, approval: Approval) -> str:
    if approval.rejected_by:
        return "rejected"
    if approval.expired:
        return "expired"
    if run.plan is None or run.plan.digest != approval.digest:
        return "void"
    if approval.granted:
        return "granted"
    return "waiting" if run.is_open else "withdrawn"


def _verification(verification: Verification | None) -> dict[str, Any] | None:
    if verification is None:
        return None
    return {
        "known": verification.known.value,
        "started_at": moment(verification.started_at),
        "deadline": moment(verification.deadline),
        "looks": verification.looks,
        "held_since": moment(verification.held_since),
        "answers": [
            {"check": key, "known": a.known.value, "detail": a.detail, "value": a.value}
            for key, a in verification.answers
        ],
    }


def approval_shape(run: Run) -> dict[str, Any]:
    """Return one plan that waits for people."""
    return {
        "run": run.id,
        "headline": wording.headline(run),
        "playbook": run.order.playbook,
        "target": str(run.order.target),
        "severity": run.order.severity,
        "plan": _plan(run.plan),
        **(_approval(run) or {}),
    }


def entry_shape(entry: JournalEntry) -> dict[str, Any]:
    """Return one journal event: `text` for people, the event's own fields, and the hash that chains it."""
    fields = {key: _MASK.inside(v) if key in _WHOLE else v for key, v in plain(entry.event).items()}
    judgement = getattr(entry.event, "judgement", None)
    if judgement is not None:
        del fields["judgement"]
        fields["verdicts"] = verdict_shapes(judgement)
    return {
        "seq": entry.seq,
        "at": moment(entry.at),
        "text": timeline.sentence(entry.event),
        **fields,
        "hash": entry.hash,
    }
