"""What a journal event says in a log line: its plain values, and the gist of what is not plain."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from remediator.core import events as ev
from remediator.core.events import Observation, Outcome

_BAD_ENDS = frozenset({Outcome.UNRESOLVED, Outcome.FAILED, Outcome.OUTCOME_UNKNOWN})
_UNSAID = frozenset({"kind", "token", "fence", "target_fence"})
_SAID = {kind: tuple(f.name for f in fields(kind) if f.name not in _UNSAID) for kind in ev.EVENTS}


def is_bad(event: ev.Event) -> bool:
    """Say whether somebody should look at this event."""
    match event:
        case ev.Closed(outcome=outcome):
            return outcome in _BAD_ENDS
        case ev.Observed(observation=observation):
            return observation in (Observation.UNKNOWABLE, Observation.DIVERGED)
    return False


def details(event: object) -> dict[str, object]:
    """Return the event's own plain values, and the gist of what is not plain."""
    values = ((name, getattr(event, name)) for name in _SAID[type(event)])
    said = {n: v for n, v in values if isinstance(v, str | int | float | bool) and v != ""}
    return said | _gist(event)


def _gist(event: object) -> dict[str, Any]:
    match event:
        case ev.Judged(judgement=judgement):
            why = judgement.strictest
            gist = {"ruling": judgement.ruling.name.lower()}
            return gist | ({"guard": why.guard, "reason": why.reason} if why else {})
        case ev.Proposed(change=change):
            return {"action": change.action, "summary": change.summary}
        case ev.Applied(measure=measure) | ev.Observed(measure=measure) if measure.summary:
            return {"summary": measure.summary, "freed_bytes": measure.freed_bytes}
        case (
            ev.Voted(person=person)
            | ev.AnswerRefused(person=person)
            | ev.CancelRequested(person=person)
            | ev.Settled(person=person)
        ):
            return {"person": person.name, "door": person.door}
        case ev.Looked(answers=answers):
            return {"answers": {key: answer.known.value for key, answer in answers.items()}}
        case ev.Admitted(order=order):
            return {"alert": order.alert.fingerprint, "mode": order.mode.value}
    return {}
