"""A run for windows that have room: the whole plan, guards, evidence, proof, and what became of it. For modals.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from remediator.core.card import Card, CardRequest, CardStep
from remediator.core.duration import format_size
from remediator.core.events import Evidence
from remediator.core.verdict import Ruling
from remediator.integrations.slack.cards import blocks as b
from remediator.integrations.slack.cards import limits, run_parts, steps
from remediator.integrations.slack.cards.buttons import DIGEST_LENGTH
from remediator.integrations.slack.cards.mrkdwn import bold, code, escape, fence, moment

_MOST_STEPS = 60
_MOST_KEYS = 8
_LONGEST = 300
_LONGEST_INTENT = 500
_EVIDENCE_LINES = 25
_RULINGS = {
    Ruling.ALLOW: "agrees",
    Ruling.ASK: "asks for approval",
    Ruling.DEFER: "says later",
    Ruling.DENY: "says no",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WholePlan:
    """A plan as blocks; `is_whole` says that nothing of any change is cut or missing."""

    blocks: tuple[b.Block, ...]
    is_whole: bool


def whole_plan(card: Card) -> WholePlan:
    """Return a plan with all that a person who decides should see."""
    changes = steps.changes(card)
    texts = [_change(n, step) for n, step in enumerate(changes[:_MOST_STEPS], start=1)]
    fits = not any(steps.is_longer(step, _LONGEST) for step in changes)
    fits = fits and all(len(text) <= limits.SECTION for text in texts)
    return WholePlan(
        blocks=(*_head(card), *_each(texts), *_others(card), *_grounds(card), *_request(card)),
        is_whole=bool(changes) and len(changes) <= _MOST_STEPS and fits,
    )


def whole_run(card: Card) -> tuple[b.Block, ...]:
    """Return the plan, what became of it, and what is known about the run."""
    ended = f"*{escape(card.outcome.replace('_', ' '))}*: {escape(card.reason)}"
    return (
        *whole_plan(card).blocks,
        *_section(b.lines(("*What became of it*", steps.done(card, 25))) if card.steps else ""),
        *_section(b.lines(("*Last look*", run_parts.verified(card, 10))) if card.verified else ""),
        *_section(b.lines((ended, escape(card.remedy))) if card.outcome else ""),
        *b.context(*_about(card)),
    )


def _head(card: Card) -> tuple[b.Block, ...]:
    changed = run_parts.changed(card.request, 20) if card.request and card.request.changed else ()
    return (
        *_section(b.lines((bold(card.headline), run_parts.alert(card), escape(card.summary)))),
        *_section(b.lines(("*Changed since it was first shown*", *changed)) if changed else ""),
        *_section("⚠️ *This cannot be undone.*" if card.irreversible else ""),
    )


def _section(text: str) -> tuple[b.Block, ...]:
    return b.section(text, most=limits.SECTION)


def _each(texts: list[str]) -> tuple[b.Block, ...]:
    return tuple(block for text in texts for block in _section(text))


def _change(number: int, step: CardStep) -> str:
    return b.lines(
        (
            f"{number}. {code(step.action, _LONGEST)} on {code(step.target, _LONGEST)}",
            steps.wanted(step),
            steps.way_back(step),
            *_difference(step.before, step.after),
            _before(step),
            _exactly(step),
        )
    )


def _difference(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Say what each value was and will be; these are for people and not part of what is approved."""
    changed = [key for key in after if key not in before or before[key] != after[key]]
    return [
        f"• {_words(key)}: " + " → ".join(_value(key, v[key]) for v in (before, after) if key in v)
        for key in changed[:_MOST_KEYS]
    ]


def _before(step: CardStep) -> str:
    """Say what the change was computed from, where nobody can say what it will be."""
    unchanged = (key for key in step.before if key not in step.after)
    rest = [key for key in unchanged if step.before[key] is not None][:_MOST_KEYS]
    said = ", ".join(f"{_words(key)} {_value(key, step.before[key])}" for key in rest)
    return f"Now: {said}" if said else ""


def _exactly(step: CardStep) -> str:
    """Give what the digest covers, as it stands in the journal, as far as there is room."""
    said = (f"{name}={json.dumps(value, default=str)}" for name, value in step.intent.items())
    text = ", ".join(said)
    return f"Exactly: {code(text, _LONGEST_INTENT)}" if text else ""


def _words(key: str) -> str:
    return escape(key.removesuffix("_bytes").replace("_", " "), 60)


def _value(key: str, value: object) -> str:
    if key.endswith("_bytes") and isinstance(value, int):
        return escape(format_size(value))
    return code(value if isinstance(value, str) else json.dumps(value, default=str), 80) or "–"


def _others(card: Card) -> tuple[b.Block, ...]:
    planned = steps.changes(card)
    return _section(b.lines(steps.aside(step) for step in card.steps if step not in planned))


def _grounds(card: Card) -> tuple[b.Block, ...]:
    verdicts = (
        f"• {code(v.guard, 60)} {_RULINGS[v.ruling]}: {escape(v.reason)}"
        for v in card.verdicts[:20]
    )
    checks = (f"• {escape(key)}" for key in card.checks)
    judged = card.digest or card.verdicts
    return (
        *_section(b.lines((f"*Guards* {run_parts.passed(card)}", *verdicts)) if judged else ""),
        *(block for found in card.evidence[:10] for block in _evidence(found)),
        *_section(b.lines(("*Proved by*", *checks)) if card.checks else ""),
    )


def _evidence(found: Evidence) -> tuple[b.Block, ...]:
    problem = f": {escape(found.problem)}" if found.problem else ""
    lines = fence(found.lines[:_EVIDENCE_LINES], 110)
    return _section(b.lines((f"{bold(found.title, 200)}{problem}", lines)))


def _request(card: Card) -> tuple[b.Block, ...]:
    request = card.request
    if request is None:
        return ()
    why = run_parts.reasons(card, request)
    return (
        *_section(b.lines(("*Why people are asked*", why)) if why else ""),
        *_section(f"*Last run here* {escape(request.history)}" if request.history else ""),
        *b.context(*_decision(request)),
    )


def _decision(request: CardRequest) -> tuple[str, ...]:
    already = ", ".join(escape(name, 80) for name in request.approved_by)
    return (
        f"needs {escape(request.needs, 300)}",
        f"approved by {already}" if already else "",
        f"expires {moment(request.expires_at)}, {escape(request.otherwise)}",
        f"plan {code(request.digest[:DIGEST_LENGTH])}",
    )


def _about(card: Card) -> tuple[str, ...]:
    return (
        f"playbook {code(card.playbook, 80)}, {escape(card.mode.replace('_', ' '))}",
        f"owner {escape(card.owner, 80)}" if card.owner else "",
        f"began {moment(card.created_at)}",
        f"ended {moment(card.closed_at)}" if card.closed_at else "",
        run_parts.run(card),
    )
