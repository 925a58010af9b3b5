"""The steps of a run as lines: what is planned (all of it, or how much is missing), and what became of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from remediator.core.card import Card, CardStep
from remediator.core.duration import format_duration
from remediator.core.run import StepState
from remediator.core.vocabulary import STEPS, counted
from remediator.integrations.slack.cards import blocks as b
from remediator.integrations.slack.cards.mrkdwn import bold, code, escape

MOST_STEPS = 10  # a message is read on a telephone; the rest is under Review and Details
_LONGEST = 300
_ROOM = 2600
_LOUD = frozenset({StepState.FAILED, StepState.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A line per change, and a few for other steps. `hidden` counts the changes that are not among the lines."""

    lines: tuple[str, ...]
    hidden: int
    others: tuple[str, ...]


def changes(card: Card) -> tuple[CardStep, ...]:
    """Return the steps of the plan: those that wait for a yes, or, where nothing waits, all that change something."""
    if card.request and card.request.is_open:
        return tuple(s for s in card.steps if s.summary and s.state is StepState.WAITING)
    return tuple(s for s in card.steps if s.summary and s.state is not StepState.SKIPPED)


def planned(card: Card, most: int = MOST_STEPS) -> Planned:
    """Return what is planned, a line per change, and what is left out; a change is shown wholly or counts as hidden."""
    steps = changes(card)
    forever = all(not step.reversible for step in steps)
    lines = [_planned(n, step, is_said=forever) for n, step in enumerate(steps, start=1)]
    shown = min(most, _whole(steps), b.whole(lines, _ROOM))
    rest = [aside(step) for step in card.steps if step not in steps][:4]
    return Planned(lines=tuple(lines[:shown]), hidden=len(steps) - shown, others=tuple(rest))


def done(card: Card, most: int = MOST_STEPS) -> str:
    """Return what became of every step, a line each."""
    actions = [step.action for step in card.steps]
    lines = [_done(step, card.reason, actions.count(step.action) == 1) for step in card.steps]
    if len(lines) > most:
        lines = [*lines[:most], f"… and {len(lines) - most} more under Details"]
    return b.lines(lines)


def progress(card: Card) -> str:
    """Say how far a run is: `2 of 3 steps done`."""
    finished = sum(s.state in (StepState.APPLIED, StepState.SKIPPED) for s in card.steps)
    return f"{finished} of {counted(len(card.steps), 'step')} done"


def aside(step: CardStep) -> str:
    """Say of a step that is not part of the plan why it is not: left out, or done before the plan was made anew."""
    detail = f": {escape(step.detail, 120)}" if step.detail else ""
    return f"– {code(step.step, 80)} is {_mark(step)}{detail}"


def on_target(step: CardStep) -> str:
    """Say on which target, where the summary does not name exactly this one."""
    named = rf"(?<![\w./:-]){re.escape(step.target)}(?![\w/-]|\.\w)"
    return "" if re.search(named, step.summary) else f" on {code(step.target)}"


def wanted(step: CardStep) -> str:
    """Say what a change is to do, and the most that it may come to."""
    most = f", {bold(step.most, _LONGEST)}" if step.most else ""
    return f"{escape(step.summary, _LONGEST)}{most}"


def way_back(step: CardStep) -> str:
    """Say whether and how a change can be taken back."""
    hint = escape(step.undo, _LONGEST)
    if not step.reversible:
        return f"*cannot be undone*; {hint}" if hint else "*cannot be undone*"
    return f"undo: {hint}" if hint else "can be undone"


def is_longer(step: CardStep, most: int) -> bool:
    """Say whether any text of a change is longer than this, and would be cut."""
    texts = (step.summary, step.most, step.undo, step.action, step.target)
    return any(len(text) > most for text in texts)


def _mark(step: CardStep) -> str:
    words = STEPS[step.state].card
    return bold(words) if step.state in _LOUD else words


def _whole(steps: Sequence[CardStep]) -> int:
    """Return how many steps, from the first, are short enough to be shown without a cut."""
    return next((n for n, step in enumerate(steps) if is_longer(step, _LONGEST)), len(steps))


def _planned(number: int, step: CardStep, *, is_said: bool) -> str:
    """Describe a change; `is_said` says that no change of this plan can be undone, as the plan's title tells."""
    back = escape(step.undo, _LONGEST) if is_said else way_back(step)
    what = f"{number}. {code(step.action)}{on_target(step)}: {wanted(step)}"
    return what + (f" ({back})" if back else "")


def _done(step: CardStep, reason: str, is_alone: bool) -> str:
    """Say what became of a step; why it failed is not said again where the run's own reason says it."""
    name = code(step.action if is_alone else step.step, 80)
    is_new = step.detail and step.detail not in reason
    detail = f", {escape(step.detail, 200)}" if is_new else ""
    took = format_duration(timedelta(seconds=round(step.seconds))) if step.seconds >= 1 else ""
    return f"• {name} {_mark(step)}{detail}" + (f" · {took}" if took else "")
