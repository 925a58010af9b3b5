"""What people are told when something happens to a run: journal event in, message values out. Pure; the
engine sends them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from remediator.core import events as ev
from remediator.core import wording as say
from remediator.core.announce_blocked import blocked, waits_long
from remediator.core.card import Card
from remediator.core.events import Outcome
from remediator.core.messages import Message, MessageKind
from remediator.core.person import Person
from remediator.core.run import Run, StepState
from remediator.core.telling import Telling, telling
from remediator.core.verdict import Ruling
from remediator.core.vocabulary import counted

_FAILED = frozenset({Outcome.UNRESOLVED, Outcome.FAILED, Outcome.OUTCOME_UNKNOWN})

_WOULD = {
    Ruling.ALLOW: "automatic",
    Ruling.ASK: "after approval",
    Ruling.DEFER: "later",
    Ruling.DENY: "not at all",
}


def messages_for(run: Run, event: ev.Event, now: datetime) -> tuple[Message, ...]:
    """Return what should be told after this event; `run` is the run that followed from it."""
    tell = _TELLERS.get(type(event))
    told = tell(telling(run, now), event) if tell else ()
    return tuple(replace(message, at=now) for message in told)


def taken_over(run: Run, person: Person, until: datetime, now: datetime) -> Message:
    """Return what is told when a person takes over after a run has ended."""
    text = f"{person.name} looks after {run.order.target.name}; remediator leaves it alone until {say.clock(until)}."
    key = f"taken:{now:%Y%m%d%H%M%S%f}"
    return telling(run, now).message(MessageKind.PROGRESS, key, text)


def settled(run: Run, event: ev.Settled, now: datetime) -> Message:
    """Return what is told when a person says, after a run has ended, what became of its doubtful change."""
    text = f"{event.person.name} says of the doubtful change: {event.settlement.value}. Its targets are free."
    key = f"settled:{now:%Y%m%d%H%M%S%f}"
    return telling(run, now, settled=True).message(MessageKind.PROGRESS, key, text)


def shown_again(run: Run, now: datetime) -> Message:
    """Return what gives a plan that waits a message of this version, with its buttons; it is told once."""
    text = f"{say.headline(run)}: here is the plan again, for an answer to its older message does not count."
    return telling(run, now).message(MessageKind.PROGRESS, f"again:{_approval_id(run)}", text)


def _approval_requested(t: Telling, event: ev.ApprovalRequested) -> tuple[Message, ...]:
    run, card = t.run, t.card
    expires = _expires(card)
    count = counted(len(run.plan.changes) if run.plan else 0, "change")
    text = f"{card.headline}: a plan of {count} awaits approval until {expires}."
    changed = card.request.changed if card.request else ()
    facts = {
        "needs": card.request.needs if card.request else "",
        "expires": expires,
        "why": "; ".join(event.reasons),
        "plan": event.digest[:8],
    }
    if event.history:
        facts["last run here"] = event.history
    if changed:
        facts["note"] = "the plan changed since it was first shown"
    told = t.message(
        MessageKind.PLAN,
        f"ask:{event.approval}",
        text,
        title=f"Approve {card.playbook} on {run.order.target.name}?",
        lines=(
            *_seen(t),
            *say.plan_lines(run),
            *(f"changed: {line}" for line in changed),
        ),
        facts=facts,
    )
    return (told,)


def _expires(card: Card) -> str:
    return say.clock(card.request.expires_at) if card.request else ""


def _voted(t: Telling, event: ev.Voted) -> tuple[Message, ...]:
    if not event.approve:
        return ()
    approval = t.run.approval
    count = len(approval.approvers) if approval else 0
    is_enough = approval is None or approval.granted
    so_far = "" if is_enough else f" ({count} of {t.run.order.approval.count})"
    text = f"Approved by {event.person.name}{so_far}."
    return (t.message(MessageKind.PROGRESS, f"vote:{_approval_id(t.run)}:{count}", text),)


def _reminded(t: Telling, event: ev.ApprovalReminded) -> tuple[Message, ...]:
    number = t.run.approval.reminded if t.run.approval else 0
    text = f"{t.card.headline}: the plan still awaits approval, until {_expires(t.card)}."
    return (t.message(MessageKind.REMINDER, f"remind:{_approval_id(t.run)}:{number}", text),)


def _second_group(t: Telling, event: ev.ApprovalEscalated) -> tuple[Message, ...]:
    text = f"{t.card.headline}: a plan awaits approval and nobody has decided yet."
    key, lines = f"second:{_approval_id(t.run)}", say.plan_lines(t.run)
    return (t.message(MessageKind.ESCALATION, key, text, to=event.to, lines=lines),)


def _approval_id(run: Run) -> str:
    return run.approval.id if run.approval else "none"


def _voided(t: Telling, event: ev.PlanVoided) -> tuple[Message, ...]:
    if t.run.rollback:
        return ()
    text = f"{t.card.headline}: the plan no longer fits the world and is void ({event.reason}). Planning again."
    return (t.message(MessageKind.PROGRESS, f"void:{t.run.replans}", text),)


def _applied(t: Telling, event: ev.Applied) -> tuple[Message, ...]:
    step = t.run.at(event.step)
    text = f"{t.card.headline}: {say.step_line(step)}"
    return (t.message(MessageKind.PROGRESS, f"done:{event.step}:{step.n}", text),)


def _verifying(t: Telling, event: ev.VerificationStarted) -> tuple[Message, ...]:
    until = say.clock(t.run.verification.deadline) if t.run.verification else ""
    text = f"{t.card.headline}. {t.card.remedy} Verifying until {until}."
    return (t.message(MessageKind.PROGRESS, "verifying", text),)


def _observed(t: Telling, event: ev.Observed) -> tuple[Message, ...]:
    run, step = t.run, t.run.at(event.step)
    if step.state is not StepState.UNKNOWN:
        return ()
    text = (
        f"{t.card.headline}: nobody knows whether {event.step} was applied. The target stays held. "
        "Look, then say: it was applied, it was not, or abandon."
    )
    key = f"unknown:{event.step}:{step.n}"
    told = t.message(MessageKind.UNKNOWN, key, text, lines=(event.detail,))
    # The target stays held until somebody says: whoever is called at once when a run fails is called now.
    called = (e.to for e in run.order.failure.escalations if t.due_at(e) <= t.now)
    return (told, *(replace(told, to=to, deduplication=f"{run.id}:{key}:{to}") for to in called))


def _closed(t: Telling, event: ev.Closed) -> tuple[Message, ...]:
    match event.outcome:
        case Outcome.RESOLVED:
            return (_result(t),)
        case Outcome.DRY_RUN:
            return (_rehearsed(t),)
        case Outcome.HANDED_OVER:
            return (_handed_over(t), *_escalations(t))
        case Outcome.BLOCKED:
            return blocked(t)
        case Outcome.EXPIRED:
            return _expired(t)
        case outcome if outcome in _FAILED:
            return (_failure(t), *_escalations(t))
    text = f"{t.card.headline}: {t.card.reason}. {t.card.remedy}"
    return (t.message(MessageKind.WITHDRAWN, "closed", text),)


def _result(t: Telling) -> Message:
    text = f"{t.card.headline}. {t.card.remedy}"
    facts = {"took": t.card.took, "decided": _decided(t.card)}
    lines = (*_tried(t), *t.card.verified)
    return t.message(MessageKind.RESULT, "closed", text, lines=lines, facts=facts)


def _tried(t: Telling) -> tuple[str, ...]:
    return tuple(say.step_line(step) for step in t.run.progress)


def _decided(card: Card) -> str:
    approvers = ", ".join(card.request.approved_by) if card.request else ""
    return f"approved by {approvers}" if approvers else "automatic"


def _rehearsed(t: Telling) -> Message:
    ruling = max((v.ruling for v in t.card.verdicts), default=Ruling.ALLOW)
    lines = (
        *say.plan_lines(t.run),
        *(
            f"{v.guard} would {v.ruling.name.lower()}: {v.reason}"
            for v in t.card.verdicts
            if v.ruling
        ),
    )
    text = f"Dry run: {t.card.headline}. Nothing was changed. {_would(t.run)}"
    facts = {"would have run": _WOULD[ruling]}
    if t.card.digest:
        facts["plan"] = t.card.digest[:8]
    return t.message(MessageKind.DRY_RUN, "closed", text, lines=lines, facts=facts)


def _would(run: Run) -> str:
    if not run.plan:
        return run.reason
    return f"{counted(len(run.plan.changes), 'change')} would have been made."


def _expired(t: Telling) -> tuple[Message, ...]:
    text = f"{t.card.headline}: nobody approved the plan in time. Nothing was changed."
    if not t.run.order.approval.escalate_on_expiry:
        return (t.message(MessageKind.WITHDRAWN, "closed", text),)
    lines = (*say.plan_lines(t.run), *say.evidence_lines(t.run))
    return (t.message(MessageKind.FAILURE, "closed", text, lines=lines), *_escalations(t))


def _failure(t: Telling) -> Message:
    text = f"{t.card.headline} is not fixed: {t.card.reason}. {t.card.remedy}"
    lines = (*_tried(t), *t.card.verified, *say.evidence_lines(t.run))
    return t.message(MessageKind.FAILURE, "closed", text, lines=lines, facts={"took": t.card.took})


def _handed_over(t: Telling) -> Message:
    text = f"{t.card.headline}: {t.card.reason}. {t.card.remedy}"
    called = ", ".join(escalation.to for escalation in t.run.order.failure.escalations)
    facts = {"called": called or "nobody by name"}
    return t.message(MessageKind.HANDED_OVER, "closed", text, lines=_seen(t), facts=facts)


def _seen(t: Telling) -> tuple[str, ...]:
    return ((t.card.summary,) if t.card.summary else ()) + say.evidence_lines(t.run)


def _escalations(t: Telling) -> tuple[Message, ...]:
    text = f"{t.card.headline} needs you: {t.card.reason}. {t.card.remedy}"
    return tuple(
        t.message(
            MessageKind.ESCALATION,
            f"escalate:{n}",
            text,
            lines=_tried(t) or _seen(t),
            to=escalation.to,
            due_at=t.due_at(escalation),
            while_firing=t.run.episode,
        )
        for n, escalation in enumerate(t.run.order.failure.escalations)
    )


_TELLERS: dict[type, Callable[[Telling, Any], tuple[Message, ...]]] = {
    ev.Judged: waits_long,
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
