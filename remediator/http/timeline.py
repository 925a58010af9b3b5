"""One sentence per journal event, for timelines: the API's `text`, from which commands and pages print them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from remediator.core import events as ev
from remediator.core.verdict import Judgement, Ruling
from remediator.core.vocabulary import ENDINGS, SETTLEMENTS, looked

_RULINGS = {
    Ruling.ALLOW: "Guards allow it",
    Ruling.ASK: "Guards want a person's yes",
    Ruling.DEFER: "Guards say not yet",
    Ruling.DENY: "Guards say no",
}


def sentence(event: ev.Event) -> str:
    """Say what happened, in one line."""
    return _SENTENCES[type(event)](event)


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _admitted(event: ev.Admitted) -> str:
    order = event.order
    return f"Admitted: playbook {order.playbook} for {order.target}, mode {order.mode.value}"


def _diagnosed(event: ev.Diagnosed) -> str:
    titles = "; ".join(evidence.title for evidence in event.evidence)
    return f"Looked around{_because(titles)}"


def _judged(event: ev.Judged) -> str:
    return (
        f"{_RULINGS[event.judgement.ruling]} ({event.stage.value}){_because(_why(event.judgement))}"
    )


def _why(judgement: Judgement) -> str:
    verdicts = (v for v in judgement.verdicts if v.ruling is judgement.ruling)
    return "; ".join(f"{v.guard}: {v.reason}" for v in verdicts)


def _proposal_failed(event: ev.ProposalFailed) -> str:
    again = " (will look again)" if event.transient else ""
    return f"{event.step} could not be planned{again}{_because(event.reason)}"


def _voted(event: ev.Voted) -> str:
    verb = "approved" if event.approve else "rejected"
    return f"{event.person.name} {verb} plan {event.digest[:8]} by {event.person.door}{_because(event.reason)}"


def _answer_refused(event: ev.AnswerRefused) -> str:
    person = event.person
    return f"{person.name} was refused to {event.verb} by {person.door}{_because(event.reason)}"


def _applied(event: ev.Applied) -> str:
    return f"{event.step} is applied{_because(event.measure.summary)}"


def _not_applied(event: ev.NotApplied) -> str:
    again = " (will try again)" if event.retry else ""
    became = "was begun and failed" if event.in_part else "was not applied"
    return f"{event.step} {became}{again}{_because(event.reason)}"


def _settled(event: ev.Settled) -> str:
    words = SETTLEMENTS[event.settlement]
    return f"{event.person.name} settled what nobody could see: {words}{_because(event.reason)}"


def _looked(event: ev.Looked) -> str:
    answers = (looked(key, a.known.value, a.detail) for key, a in event.answers.items())
    return "Verification looked: " + "; ".join(answers)


def _undo_proposed(event: ev.UndoProposed) -> str:
    if event.change is None:
        return f"{event.step} cannot be undone{_because(event.reason)}"
    return f"To undo {event.step}: {event.change.summary}"


def _cancel_requested(event: ev.CancelRequested) -> str:
    verb = "took over" if event.take_over else "cancelled"
    return f"{event.person.name} {verb} by {event.person.door}{_because(event.reason)}"


def _intended(event: ev.IntentCommitted) -> str:
    again = f" (attempt {event.n})" if event.n > 1 else ""
    return f"{event.step} started{again}"


def _approval_requested(event: ev.ApprovalRequested) -> str:
    return f"Asked for approval of plan {event.digest[:8]}{_because('; '.join(event.reasons))}"


_SENTENCES: dict[type, Callable[[Any], str]] = {
    ev.Admitted: _admitted,
    ev.Diagnosed: _diagnosed,
    ev.Judged: _judged,
    ev.Proposed: lambda e: f"{e.step} would: {e.change.summary}",
    ev.ProposalFailed: _proposal_failed,
    ev.StepSkipped: lambda e: f"{e.step} is left out{_because(e.reason)}",
    ev.StepWanted: lambda e: f"{e.step} is needed{_because(e.reason)}",
    ev.Planned: lambda e: f"Planned: {e.digest[:8]}",
    ev.PlanConfirmed: lambda e: f"Plan {e.digest[:8]} still fits the world",
    ev.PlanVoided: lambda e: f"Plan {e.digest[:8]} is void{_because(e.reason)}",
    ev.ApprovalRequested: _approval_requested,
    ev.Voted: _voted,
    ev.AnswerRefused: _answer_refused,
    ev.ApprovalReminded: lambda e: "Reminded people that the plan waits",
    ev.ApprovalEscalated: lambda e: f"Told {e.to} that the plan waits",
    ev.ApprovalExpired: lambda e: "Nobody decided in time",
    ev.IntentCommitted: _intended,
    ev.Applied: _applied,
    ev.NotApplied: _not_applied,
    ev.Doubted: lambda e: f"{e.step} is in doubt, looking before anything else{_because(e.reason)}",
    ev.Observed: lambda e: f"{e.step} looks {e.observation.value}{_because(e.detail)}",
    ev.Settled: _settled,
    ev.VerificationStarted: lambda e: "All steps are done; verifying",
    ev.Looked: _looked,
    ev.RollbackStarted: lambda e: f"Undoing what can be undone{_because(e.reason)}",
    ev.UndoProposed: _undo_proposed,
    ev.AlertResolved: lambda e: "The alert resolved",
    ev.AlertFired: lambda e: "The alert fires again",
    ev.CancelRequested: _cancel_requested,
    ev.Noted: lambda e: e.text,
    ev.Closed: lambda e: f"{ENDINGS[e.outcome].title}{_because(e.reason)}",
}
