"""What people are told when something happens to a run: journal event in, message values out. Pure; the
engine sends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from remediator.core import events as ev
from remediator.core import wording as say
from remediator.core.announce_blocked import blocked, waits_long
from remediator.core.card import card_of, plan_difference
from remediator.core.events import Outcome
from remediator.core.messages import Message, MessageKind
from remediator.core.person import Person
from remediator.core.run import Run, StepState

_FAILED = frozenset({Outcome.UNRESOLVED, Outcome.FAILED, Outcome.OUTCOME_UNKNOWN})


def messages_for(run: Run, event: ev.Event, now: datetime) -> tuple[Message, ...]:
    """Return what should be told after this event; `run` is the run that followed from it."""
    tell = _TELLERS.get(type(event))
    return tuple(_drawn(run, message, now) for message in tell(run, event, now)) if tell else ()


def taken_over(run: Run, person: Person, until: datetime, now: datetime) -> Message:
    """Return what is told when a person takes over after a run has ended."""
    text = f"{person.name} looks after {run.order.target.name}; remediator leaves it alone until {say.clock(until)}."
    message = _message(run, MessageKind.PROGRESS, f"taken:{now:%Y%m%d%H%M%S%f}", text)
    return _drawn(run, message, now)


def settled(run: Run, event: ev.Settled, now: datetime) -> Message:
    """Return what is told when a person says, after a run has ended, what became of its doubtful change."""
    text = f"{event.person.name} says of the doubtful change: {event.settlement.value}. Its targets are free."
    message = _message(run, MessageKind.PROGRESS, f"settled:{now:%Y%m%d%H%M%S%f}", text)
    return replace(message, at=now, card=card_of(run, now, settled=True))


def shown_again(run: Run, now: datetime) -> Message:
    """Return what gives a plan that waits a message of this version, with its buttons; it is told once."""
    text = f"{say.headline(run)}: here is the plan again, for an answer to its older message does not count."
    return _drawn(run, _message(run, MessageKind.PROGRESS, f"again:{_approval_id(run)}", text), now)


def _drawn(run: Run, message: Message, now: datetime) -> Message:
    """Return a message with what channels that can draw need; what is not about one run has no card."""
    if message.thread != run.id:
        return replace(message, at=now)
    return replace(message, at=now, card=card_of(run, now))


def _message(run: Run, kind: MessageKind, key: str, text: str, **more: Any) -> Message:
    about = {"playbook": run.order.playbook, "run": run.id}
    more_facts = more.pop("facts", {})
    facts = more_facts if kind is MessageKind.PROGRESS else {**about, **more_facts}
    return Message(
        kind=kind,
        run_id=run.id,
        thread=run.id,
        deduplication=f"{run.id}:{key}",
        title=more.pop("title", say.headline(run)),
        text=text,
        facts=facts,
        body=_body(run),
        **more,
    )


def _body(run: Run) -> Mapping[str, Any]:
    return {
        "run": run.id,
        "playbook": run.order.playbook,
        "mode": run.order.mode.value,
        "phase": run.phase.value,
        "outcome": run.outcome.value if run.outcome else None,
        "reason": run.reason,
        "target": str(run.order.target),
        "alert": {
            "fingerprint": run.order.alert.fingerprint,
            "labels": dict(run.order.alert.labels),
        },
        "plan_digest": run.plan.digest if run.plan else None,
        "freed_bytes": say.freed(run),
        "severity": run.order.severity,
    }


def _approval_requested(
    run: Run, event: ev.ApprovalRequested, now: datetime
) -> tuple[Message, ...]:
    expires = say.clock(run.approval.expires_at) if run.approval else ""
    count = len(run.plan.changes) if run.plan else 0
    text = f"{say.headline(run)}: a plan of {count} change{'s' if count != 1 else ''} awaits approval until {expires}."
    lines = _seen(run) + say.plan_lines(run)
    if run.former_plan and run.plan:
        lines += tuple(f"changed: {line}" for line in plan_difference(run.former_plan, run.plan))
    facts = {
        "needs": say.who_decides(run),
        "expires": expires,
        "why": "; ".join(event.reasons),
        "plan": event.digest[:8],
    }
    if event.history:
        facts["last run here"] = event.history
    if run.former_plan:
        facts["note"] = "the plan changed since it was first shown"
    title = f"Approve {run.order.playbook} on {run.order.target.name}?"
    return (
        _message(
            run,
            MessageKind.PLAN,
            f"ask:{event.approval}",
            text,
            title=title,
            lines=lines,
            facts=facts,
        ),
    )


def _voted(run: Run, event: ev.Voted, now: datetime) -> tuple[Message, ...]:
    if not event.approve:
        return ()
    approval = run.approval
    count = len(approval.approvers) if approval else 0
    is_enough = approval is None or approval.granted
    so_far = "" if is_enough else f" ({count} of {run.order.approval.count})"
    text = f"Approved by {event.person.name}{so_far}."
    return (_message(run, MessageKind.PROGRESS, f"vote:{_approval_id(run)}:{count}", text),)


def _reminded(run: Run, event: ev.ApprovalReminded, now: datetime) -> tuple[Message, ...]:
    expires = say.clock(run.approval.expires_at) if run.approval else ""
    number = run.approval.reminded if run.approval else 0
    text = f"{say.headline(run)}: the plan still awaits approval, until {expires}."
    return (_message(run, MessageKind.REMINDER, f"remind:{_approval_id(run)}:{number}", text),)


def _second_group(run: Run, event: ev.ApprovalEscalated, now: datetime) -> tuple[Message, ...]:
    text = f"{say.headline(run)}: a plan awaits approval and nobody has decided yet."
    key = f"second:{_approval_id(run)}"
    return (
        _message(run, MessageKind.ESCALATION, key, text, to=event.to, lines=say.plan_lines(run)),
    )


def _approval_id(run: Run) -> str:
    return run.approval.id if run.approval else "none"


def _voided(run: Run, event: ev.PlanVoided, now: datetime) -> tuple[Message, ...]:
    if run.rollback:
        return ()
    text = f"{say.headline(run)}: the plan no longer fits the world and is void ({event.reason}). Planning again."
    return (_message(run, MessageKind.PROGRESS, f"void:{run.replans}", text),)


def _applied(run: Run, event: ev.Applied, now: datetime) -> tuple[Message, ...]:
    step = run.at(event.step)
    text = f"{say.headline(run)}: {say.step_line(step)}"
    return (_message(run, MessageKind.PROGRESS, f"done:{event.step}:{step.n}", text),)


def _verifying(run: Run, event: ev.VerificationStarted, now: datetime) -> tuple[Message, ...]:
    until = say.clock(run.verification.deadline) if run.verification else ""
    text = f"{say.headline(run)}. {say.remedy(run)} Verifying until {until}."
    return (_message(run, MessageKind.PROGRESS, "verifying", text),)


def _observed(run: Run, event: ev.Observed, now: datetime) -> tuple[Message, ...]:
    step = run.at(event.step)
    if step.state is not StepState.UNKNOWN:
        return ()
    text = (
        f"{say.headline(run)}: nobody knows whether {event.step} was applied. The target stays held. "
        "Look, then say: it was applied, it was not, or abandon."
    )
    key = f"unknown:{event.step}:{step.n}"
    told = _message(run, MessageKind.UNKNOWN, key, text, lines=(event.detail,))
    # The target stays held until somebody says: whoever is called at once when a run fails is called now.
    called = (e.to for e in run.order.failure.escalations if not e.after)
    return (told, *(replace(told, to=to, deduplication=f"{run.id}:{key}:{to}") for to in called))


def _closed(run: Run, event: ev.Closed, now: datetime) -> tuple[Message, ...]:
    match event.outcome:
        case Outcome.RESOLVED:
            return (_result(run, now),)
        case Outcome.DRY_RUN:
            return (_rehearsed(run),)
        case Outcome.HANDED_OVER:
            return (_handed_over(run), *_escalations(run, now))
        case Outcome.BLOCKED:
            return blocked(run, _message)
        case Outcome.EXPIRED:
            return _expired(run, now)
        case outcome if outcome in _FAILED:
            return (_failure(run, now), *_escalations(run, now))
    text = f"{say.headline(run)}: {run.reason}. {say.remedy(run)}"
    return (_message(run, MessageKind.WITHDRAWN, "closed", text),)


def _result(run: Run, now: datetime) -> Message:
    text = f"{say.headline(run)}. {say.remedy(run)}"
    lines = (*(say.step_line(s) for s in run.progress), *say.verification_lines(run))
    facts = {"took": say.lasted(run, now), "decided": _decided(run)}
    return _message(run, MessageKind.RESULT, "closed", text, lines=lines, facts=facts)


def _decided(run: Run) -> str:
    approvers = ", ".join(run.approval.approvers) if run.approval else ""
    return f"approved by {approvers}" if approvers else "automatic"


def _rehearsed(run: Run) -> Message:
    ruling = run.judgement.ruling.name.lower() if run.judgement else "allow"
    verdicts = run.judgement.verdicts if run.judgement else ()
    would = {"allow": "automatic", "ask": "after approval", "defer": "later", "deny": "not at all"}[
        ruling
    ]
    lines = (
        *say.plan_lines(run),
        *(f"{v.guard} would {v.ruling.name.lower()}: {v.reason}" for v in verdicts if v.ruling),
    )
    text = f"Dry run: {say.headline(run)}. Nothing was changed. {_would(run)}"
    facts = {"would have run": would}
    if run.plan:
        facts["plan"] = run.plan.digest[:8]
    return _message(run, MessageKind.DRY_RUN, "closed", text, lines=lines, facts=facts)


def _would(run: Run) -> str:
    if not run.plan:
        return run.reason
    count = len(run.plan.changes)
    return f"{count} change{'s' if count != 1 else ''} would have been made."


def _expired(run: Run, now: datetime) -> tuple[Message, ...]:
    text = f"{say.headline(run)}: nobody approved the plan in time. Nothing was changed."
    if not run.order.approval.escalate_on_expiry:
        return (_message(run, MessageKind.WITHDRAWN, "closed", text),)
    return (
        _message(
            run,
            MessageKind.FAILURE,
            "closed",
            text,
            lines=(*say.plan_lines(run), *say.evidence_lines(run)),
        ),
        *_escalations(run, now),
    )


def _failure(run: Run, now: datetime) -> Message:
    text = f"{say.headline(run)} is not fixed: {run.reason}. {say.remedy(run)}"
    lines = (
        *(say.step_line(step) for step in run.progress),
        *say.verification_lines(run),
        *say.evidence_lines(run),
    )
    return _message(
        run, MessageKind.FAILURE, "closed", text, lines=lines, facts={"took": say.lasted(run, now)}
    )


def _handed_over(run: Run) -> Message:
    text = f"{say.headline(run)}: {run.reason}. {say.remedy(run)}"
    called = ", ".join(escalation.to for escalation in run.order.failure.escalations)
    facts = {"called": called or "nobody by name"}
    return _message(run, MessageKind.HANDED_OVER, "closed", text, lines=_seen(run), facts=facts)


def _seen(run: Run) -> tuple[str, ...]:
    summary = run.order.alert.annotations.get("summary", "")
    return ((summary,) if summary else ()) + say.evidence_lines(run)


def _escalations(run: Run, now: datetime) -> tuple[Message, ...]:
    text = f"{say.headline(run)} needs you: {run.reason}. {say.remedy(run)}"
    lines = tuple(say.step_line(step) for step in run.progress) or _seen(run)
    return tuple(
        _message(
            run,
            MessageKind.ESCALATION,
            f"escalate:{n}",
            text,
            lines=lines,
            to=escalation.to,
            due_at=now + escalation.after,
            while_firing=run.episode,
        )
        for n, escalation in enumerate(run.order.failure.escalations)
    )


def _judged(run: Run, event: ev.Judged, now: datetime) -> tuple[Message, ...]:
    return waits_long(run, event, now, _message)


_TELLERS: dict[type, Callable[[Run, Any, datetime], tuple[Message, ...]]] = {
    ev.Judged: _judged,
    ev.ApprovalRequested: _approval_requested,
    ev.Voted: _voted,
    ev.ApprovalReminded: _reminded,
    ev.ApprovalEscalated: _second_group,
    ev.PlanVoided: _voided,
    ev.Applied: _applied,
    ev.Observed: _observed,
    ev.VerificationStarted: _verifying,
    ev.Closed: _closed,
}
