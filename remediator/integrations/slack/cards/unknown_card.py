"""The message of a change of which nobody knows whether it was made: people look, and say."""

from __future__ import annotations

from remediator.core.card import Card, CardStep
from remediator.integrations.slack.cards import blocks as b
from remediator.integrations.slack.cards import run_parts, steps
from remediator.integrations.slack.cards.buttons import action_of, value_of
from remediator.integrations.slack.cards.mrkdwn import code, escape
from remediator.ports.verb import Choice
from remediator.ports.verbs import SETTLE

_CHOICES = SETTLE.choice.choices if SETTLE.choice else ()


def draw(card: Card) -> tuple[b.Block, ...]:
    """Return the blocks of a run that waits for somebody to look."""
    step = next((s for s in card.steps if s.step == card.unknown), None)
    return (
        b.header(f"{card.headline}: outcome unknown"),
        *b.section(b.lines((_question(card), _intended(step), _why(step)))),
        *b.section(b.lines(("*Look at the target, then say what you found.*", _undo(step)))),
        *b.context(code(card.playbook, 80), run_parts.run(card)),
        b.actions(*(_button(card, choice) for choice in _CHOICES)),
    )


def _question(card: Card) -> str:
    held = f"{code(card.target)} stays held until somebody says."
    return f"❓ *Nobody knows whether* {code(card.unknown, 80)} *was applied.* {held}"


def _intended(step: CardStep | None) -> str:
    if step is None or not step.summary:
        return ""
    return f"*Wanted:* {code(step.action)}{steps.on_target(step)}: {steps.wanted(step)}"


def _why(step: CardStep | None) -> str:
    return f"*Why it is not known:* {escape(step.detail)}" if step and step.detail else ""


def _undo(step: CardStep | None) -> str:
    if step is None:
        return ""
    if not step.reversible:
        return "If it was applied, it cannot be undone."
    return f"To undo it: {escape(step.undo)}" if step.undo else ""


def _button(card: Card, choice: Choice) -> b.Block:
    label = choice.label
    confirm = b.confirmation(f"{label}?", choice.meaning, label, style=choice.style or "primary")
    action = action_of(SETTLE, choice)
    return b.button(action, label, value_of(card.run), style=choice.style, confirm=confirm)
