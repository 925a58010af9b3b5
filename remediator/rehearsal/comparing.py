"""Holds what a test expects against what was seen. Only the keys that are written count; both sides are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from remediator.config.expect_shape import (
    ApprovalShape,
    ChangeShape,
    EvidenceShape,
    ExactlyShape,
    ExpectShape,
    IncludesShape,
    MessageShape,
)
from remediator.core.change import Change
from remediator.core.duration import format_duration
from remediator.core.events import Evidence
from remediator.core.facts import Known
from remediator.core.messages import MessageKind
from remediator.core.run import Approval, Run, StepState
from remediator.core.selection import Decision
from remediator.documents.yaml_source import KeyPath
from remediator.rehearsal.seen import Heard, Seen

_KNOWN = {Known.HOLDS: "holds", Known.FAILS: "fails", Known.UNKNOWN: "unknown"}
_STATES = {
    StepState.INTENDED: "unknown",
    StepState.DOUBTED: "unknown",
}
_NO_RUN = "there is no run"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that is not as expected. `path` leads to it below `expect`; both sides are lines for people."""

    path: KeyPath
    expected: tuple[str, ...]
    actual: tuple[str, ...]


def compare(expect: ExpectShape, seen: Seen) -> tuple[Mismatch, ...]:
    """Return everything that is not as expected; `seen` is about the playbook and alert that are meant."""
    found: list[Mismatch] = []
    for key in sorted(expect.model_fields_set, key=list(ExpectShape.model_fields).index):
        compared = _COMPARED.get(key)
        if compared is not None:
            found += compared(key, getattr(expect, key), seen)
    return tuple(found)


_Compared = Iterator[Mismatch]


def _decision(key: str, wanted: Decision, seen: Seen) -> _Compared:
    actual = decided(seen)
    also = {Decision.RUN} if actual is Decision.WAITING else set()
    if wanted not in {actual, *also}:
        why = _reason(seen)
        yield Mismatch(
            (key,), (wanted.value,), (f"{actual.value}: {why}" if why else actual.value,)
        )


def decided(seen: Seen) -> Decision:
    """Return the last decision there is; a playbook that is not even a candidate does not match."""
    return Decision(seen.decisions[-1].decision) if seen.decisions else Decision.NOT_MATCHED


def _reason(seen: Seen) -> str:
    run = seen.runs[-1] if seen.runs else None
    said = seen.decisions[-1].reason if seen.decisions else ""
    return run.reason or said if run else said


def _by(key: str, wanted: str, seen: Seen) -> _Compared:
    actual = _who(seen)
    if wanted != actual:
        why = _reason(seen)
        yield Mismatch((key,), (wanted,), (f"{actual or 'nobody'}{f': {why}' if why else ''}",))


def _who(seen: Seen) -> str:
    if seen.decisions and seen.decisions[-1].by:
        return seen.decisions[-1].by
    judgement = seen.runs[-1].judgement if seen.runs else None
    strictest = judgement.strictest if judgement else None
    return strictest.guard if strictest and strictest.ruling else ""


def _text_of(read: Callable[[Seen], str | None], *, part: bool) -> Callable[..., _Compared]:
    def compared(key: str, wanted: str, seen: Seen) -> _Compared:
        actual = read(seen)
        is_right = actual is not None and (wanted in actual if part else wanted == actual)
        if not is_right:
            yield Mismatch((key,), (str(wanted),), (_NO_RUN if actual is None else actual,))

    return compared


def _of_run(read: Callable[[Run], object]) -> Callable[[Seen], str | None]:
    return lambda seen: str(read(seen.runs[-1])) if seen.runs else None


def _guards(key: str, wanted: Mapping[str, str], seen: Seen) -> _Compared:
    judgement = seen.runs[-1].judgement if seen.runs else None
    said = {verdict.guard: verdict for verdict in judgement.verdicts} if judgement else {}
    for name, ruling in wanted.items():
        verdict = said.get(name)
        actual = verdict.ruling.name.lower() if verdict else "allow"
        if judgement is None:
            yield Mismatch((key, name), (ruling,), ("no guard was asked",))
        elif actual != ruling:
            why = f"{actual}: {verdict.reason}" if verdict else actual
            yield Mismatch((key, name), (ruling,), (why,))


def _evidence(key: str, wanted: Sequence[str | EvidenceShape], seen: Seen) -> _Compared:
    found = seen.runs[-1].evidence if seen.runs else ()
    if not _in_order(wanted, found, _is_evidence):
        yield Mismatch((key,), tuple(map(_words, wanted)), tuple(map(_evidence_line, found)))


def _is_evidence(wanted: str | EvidenceShape, found: Evidence) -> bool:
    if isinstance(wanted, str):
        return wanted == found.probe
    return (
        wanted.probe == found.probe
        and (wanted.text or "") in "\n".join(found.lines)
        and (wanted.problem or "") in found.problem
    )


def _evidence_line(found: Evidence) -> str:
    said = found.problem or "; ".join(found.lines)
    return f"{found.probe}: {said}" if said else found.probe


def _plan(key: str, wanted: object, seen: Seen) -> _Compared:
    plan = seen.runs[-1].plan if seen.runs else None
    changes = plan.changes if plan else ()
    lines = tuple(f"{c.action} on {c.target}: {c.summary}" for c in changes)
    if isinstance(wanted, IncludesShape):
        if not _in_order(wanted.includes, changes, _is_change):
            yield Mismatch((key, "includes"), tuple(map(_words, wanted.includes)), lines)
        return
    if isinstance(wanted, tuple) and not _one_by_one(wanted, changes, _is_change):
        actual = lines or (_why_no_plan(seen),)
        yield Mismatch((key,), tuple(map(_words, wanted)) or ("no change",), actual)


def _why_no_plan(seen: Seen) -> str:
    why = _reason(seen)
    return f"no change: {why}" if why else "no change"


def _is_change(wanted: str | ChangeShape, found: Change) -> bool:
    if isinstance(wanted, str):
        return wanted == found.action
    exact = {"step": found.step, "action": found.action, "target": str(found.target)}
    exact |= {"reversible": found.reversible}  # type: ignore[dict-item]
    parts = {"intent": found.intent, "before": found.before, "after": found.after}
    said = wanted.model_dump(exclude_unset=True)
    return (
        all(said[name] == value for name, value in exact.items() if name in said)
        and all(holds_part(said[name], value) for name, value in parts.items() if name in said)
        and (wanted.summary or "") in found.summary
    )


def holds_part(wanted: object, found: object) -> bool:
    """Say whether all that a mapping names is so; whatever else there is does not matter."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return all(key in found and holds_part(wanted[key], found[key]) for key in wanted)
    if isinstance(wanted, list | tuple) and isinstance(found, list | tuple):
        pairs = zip(wanted, found, strict=False)
        return len(wanted) == len(found) and all(holds_part(one, other) for one, other in pairs)
    return wanted == found


def _approval(key: str, wanted: object, seen: Seen) -> _Compared:
    approval = seen.runs[-1].approval if seen.runs else None
    if isinstance(wanted, str):
        if wanted != state_of(approval):
            yield Mismatch((key,), (wanted,), (_approval_line(approval),))
        return
    if not isinstance(wanted, ApprovalShape):
        return
    if approval is None:
        yield Mismatch((key,), (_words(wanted),), ("none",))
        return
    actual = _approval_facts(approval)
    for name in sorted(wanted.model_fields_set, key=list(ApprovalShape.model_fields).index):
        said = getattr(wanted, name)
        if not _is_said(name, said, actual[name]):
            yield Mismatch((key, name), (_plain(said),), (_plain(actual[name]),))


def _is_said(name: str, wanted: object, actual: object) -> bool:
    if name == "why" and isinstance(wanted, tuple) and isinstance(actual, tuple):
        return all(any(part in reason for reason in actual) for part in wanted)
    return wanted == actual


def state_of(approval: Approval | None) -> str:
    """Say in one word what became of a request."""
    if approval is None:
        return "none"
    if approval.rejected_by:
        return "rejected"
    if approval.expired:
        return "expired"
    return "granted" if approval.granted else "asked"


def _approval_facts(approval: Approval) -> dict[str, object]:
    return {
        "state": state_of(approval),
        "why": approval.reasons,
        "approvers": approval.approvers,
        "reminded": approval.reminded,
        "escalated": approval.escalated,
        "expires": approval.expires_at - approval.requested_at,
    }


def _approval_line(approval: Approval | None) -> str:
    state = state_of(approval)
    return f"{state}: {'; '.join(approval.reasons)}" if approval else state


def _steps(key: str, wanted: Mapping[str, str], seen: Seen) -> _Compared:
    progress = {each.step: each for each in seen.runs[-1].progress} if seen.runs else {}
    actions = {s.action: s.id for s in seen.runs[-1].order.steps} if seen.runs else {}
    for name, state in wanted.items():
        found = progress.get(name) or progress.get(actions.get(name, name))
        if found is None:
            there = ", ".join(progress) or _NO_RUN
            yield Mismatch((key, name), (state,), (f"there is no such step: {there}",))
            continue
        actual = _STATES.get(found.state, found.state.value)
        if actual != state:
            yield Mismatch(
                (key, name), (state,), (f"{actual}: {found.reason}" if found.reason else actual,)
            )


def _verification(key: str, wanted: str, seen: Seen) -> _Compared:
    proof = seen.runs[-1].verification if seen.runs else None
    actual = _KNOWN[proof.known] if proof else "there was none"
    if wanted != actual:
        said = [f"{check}: {answer.detail}" for check, answer in (proof.answers if proof else ())]
        yield Mismatch((key,), (wanted,), (actual, *said))


def _rollback(key: str, wanted: bool, seen: Seen) -> _Compared:
    actual = bool(seen.runs and seen.runs[-1].rollback)
    if wanted is not actual:
        yield Mismatch((key,), (_plain(wanted),), (_plain(actual),))


def _runs(key: str, wanted: int, seen: Seen) -> _Compared:
    if wanted != len(seen.runs):
        ended = tuple(f"{run.id}: {run.outcome or run.phase}: {run.reason}" for run in seen.runs)
        yield Mismatch((key,), (str(wanted),), (str(len(seen.runs)), *ended))


def _messages(key: str, wanted: object, seen: Seen) -> _Compared:
    lines = tuple(_message_line(each, seen) for each in seen.heard) or ("no message",)

    def is_message(one: MessageKind | MessageShape, heard: Heard) -> bool:
        return _is_message(one, heard, seen)

    if isinstance(wanted, ExactlyShape):
        if not _one_by_one(wanted.exactly, seen.heard, is_message):
            expected = tuple(map(_words, wanted.exactly)) or ("no message",)
            yield Mismatch((key, "exactly"), expected, lines)
    elif isinstance(wanted, tuple) and not _in_order(wanted, seen.heard, is_message):
        yield Mismatch((key,), tuple(map(_words, wanted)), lines)


def _is_message(wanted: MessageKind | MessageShape, heard: Heard, seen: Seen) -> bool:
    message, at = heard.message, heard.at - seen.start
    if isinstance(wanted, MessageKind):
        return wanted is message.kind
    whole = "\n".join((message.text, *message.lines, *map(": ".join, message.facts.items())))
    return (
        wanted.kind in (None, message.kind)
        and wanted.to in (None, message.to)
        and wanted.channel in (None, heard.channel)
        and (wanted.title or "") in message.title
        and (wanted.text or "") in whole
        and (wanted.after is None or wanted.after <= at)
        and (wanted.by is None or at <= wanted.by)
    )


def _message_line(heard: Heard, seen: Seen) -> str:
    message, at = heard.message, format_duration(heard.at - seen.start)
    to = f" to {message.to}" if message.to else ""
    return f"{at}: {message.kind.value}{to} by {heard.channel}: {message.text}"


def _in_order(wanted: Sequence[object], found: Sequence[object], fits: Callable[..., bool]) -> bool:
    """Say whether all that is wanted is there, in this order, whatever else is there."""
    rest = iter(found)
    return all(any(fits(one, other) for other in rest) for one in wanted)


def _one_by_one(
    wanted: Sequence[object], found: Sequence[object], fits: Callable[..., bool]
) -> bool:
    pairs = zip(wanted, found, strict=False)
    return len(wanted) == len(found) and all(fits(one, other) for one, other in pairs)


def _words(wanted: object) -> str:
    if isinstance(wanted, str):
        return str(wanted)
    said = wanted.model_dump(exclude_unset=True) if hasattr(wanted, "model_dump") else {}
    return ", ".join(f"{name} {_plain(value)}" for name, value in said.items())


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "total_seconds"):
        return format_duration(value)  # type: ignore[arg-type]
    if isinstance(value, tuple | list):
        return ", ".join(map(_plain, value)) or "none"
    return str(value)


_COMPARED: Mapping[str, Callable[..., _Compared]] = {
    "decision": _decision,
    "by": _by,
    "reason": _text_of(_reason, part=True),
    "target": _text_of(_of_run(lambda run: run.order.target), part=False),
    "mode": _text_of(_of_run(lambda run: run.order.mode), part=False),
    "environment": _text_of(_of_run(lambda run: run.order.environment), part=False),
    "severity": _text_of(_of_run(lambda run: run.order.severity), part=False),
    "owner": _text_of(_of_run(lambda run: run.order.owner), part=False),
    "description": _text_of(_of_run(lambda run: run.order.description), part=True),
    "runbook_url": _text_of(_of_run(lambda run: run.order.runbook_url), part=True),
    "guards": _guards,
    "evidence": _evidence,
    "plan": _plan,
    "approval": _approval,
    "phase": _text_of(_of_run(lambda run: run.phase), part=False),
    "outcome": _text_of(_of_run(lambda run: run.outcome or f"none yet: {run.phase}"), part=False),
    "steps": _steps,
    "verification": _verification,
    "rollback": _rollback,
    "messages": _messages,
    "runs": _runs,
}
