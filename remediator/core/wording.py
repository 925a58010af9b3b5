"""How runs read in sentences: the texts that messages, pages and commands share. Plain text; channels escape."""

from __future__ import annotations

import re
from datetime import datetime

from remediator.core import events as ev
from remediator.core.change import Change
from remediator.core.deciders import deciders
from remediator.core.duration import format_duration, format_size
from remediator.core.run import Run, StepProgress, StepState
from remediator.core.vocabulary import STEPS, found, looked

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_-]+")
_IN_DOUBT = (StepState.INTENDED, StepState.DOUBTED, StepState.UNKNOWN)


def headline(run: Run) -> str:
    """Say what is wrong and where: `Disk space low on web1`."""
    words = " ".join(w for w in _WORDS.split(run.order.alert.name) if w) or "alert"
    sentence = (
        words[:1].upper() + " ".join(w if w.isupper() else w.lower() for w in words.split(" "))[1:]
    )
    return f"{sentence} on {run.order.target.name}"


def freed(run: Run) -> int | None:
    """Return the bytes that all steps freed together, or None where that was not the point."""
    amounts = [s.measure.freed_bytes for s in run.progress if s.measure.freed_bytes is not None]
    return sum(amounts) if amounts else None


def remedy(run: Run) -> str:
    """Say what was done and what it came to: `Cleanup ran. Space reclaimed: 5.0 GB.`"""
    amount = freed(run)
    done = [s.step for s in run.progress if s.state is StepState.APPLIED]
    partly = [s.step for s in run.progress if s.in_part]
    doubtful = [s.step for s in run.progress if s.state in _IN_DOUBT or s.diverged]
    said = [f"Done: {', '.join(done)}."] if done else []
    if amount is not None:
        said = [f"Cleanup ran. Space reclaimed: {format_size(max(amount, 0))}."]
    if partly:
        said.append(f"Begun, and not done: {', '.join(partly)}.")
    if doubtful:
        said.append(f"It is not known whether this was done: {', '.join(doubtful)}.")
    return " ".join(said) or "Nothing was changed."


def change_line(number: int, change: Change) -> str:
    """Describe one change for a person who decides."""
    return (
        f"{number}. {change.action} on {change.target}: {change.summary}{bound(change)}"
        f" ({way_back(change)})"
    )


def way_back(change: Change) -> str:
    """Say how a change is undone. What cannot be never says `undo`, whatever its hint knows besides."""
    if change.reversible:
        return f"undo: {change.undo_hint}" if change.undo_hint else "reversible"
    return "cannot be undone" + (f": {change.undo_hint}" if change.undo_hint else "")


def bound(change: Change) -> str:
    """Say the most that a change may come to: `, at most 5.0 GB`; nothing where it is exact."""
    if change.bound is None:
        return ""
    if change.unit == "bytes":
        return f", at most {format_size(change.bound)}"
    return f", at most {change.bound} {change.unit}".rstrip()


def plan_lines(run: Run) -> tuple[str, ...]:
    """Describe every change of the plan, what is left out and why, and what was seen of the object before."""
    changes = run.plan.changes if run.plan else ()
    seen = run.judgement.seen if run.judgement and run.plan else ()
    lines = [change_line(n, change) for n, change in enumerate(changes, start=1)]
    lines += [
        f"- {s.step} is left out: {s.reason}" for s in run.progress if s.state is StepState.SKIPPED
    ]
    return (*lines, *(f"seen before: {words}" for words in seen))


def step_line(step: StepProgress) -> str:
    """Describe what became of one step."""
    detail = step.measure.summary or step.reason
    return f"{step.step}: {STEPS[step.state].message}" + (f", {detail}" if detail else "")


def verification_lines(run: Run) -> tuple[str, ...]:
    """Describe the last look of the verification."""
    answers = run.verification.answers if run.verification else ()
    return tuple(looked(key, a.known.value, a.detail) for key, a in answers)


def evidence_lines(run: Run, most: int = 6) -> tuple[str, ...]:
    """Give the first lines of what the probes found."""
    lines: list[str] = []
    for evidence in run.evidence:
        lines.append(found(evidence.title, evidence.problem))
        lines += [f"  {line}" for line in evidence.lines[:most]]
    return tuple(lines)


def answer_line(event: ev.Event) -> str:
    """Describe what a person answered, or was refused; nothing for all other events."""
    match event:
        case ev.Voted(approve=True):
            return f"{event.person.name} approved plan {event.digest[:8]}"
        case ev.Voted():
            return f"{event.person.name} rejected plan {event.digest[:8]}: {event.reason}"
        case ev.AnswerRefused():
            return f"{event.person.name} was refused ({event.verb}): {event.reason}"
        case ev.Settled():
            return f"{event.person.name} said: {event.settlement.value}"
        case ev.CancelRequested():
            return f"{event.person.name} {'took over' if event.take_over else 'cancelled'}"
    return ""


def who_decides(run: Run) -> str:
    """Say who may approve, and how many it takes."""
    return f"{run.order.approval.count} of {deciders(run) or 'any approver'}"


def clock(moment: datetime) -> str:
    """Write a moment as people say it."""
    return f"{moment:%H:%M} UTC"


def lasted(run: Run, now: datetime) -> str:
    """Say how long a run has taken."""
    return format_duration((run.closed_at or now) - run.created_at)
