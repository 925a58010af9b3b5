"""The message of a run under way: being planned, acting, or being verified. It never says `fixed` before the proof."""

from __future__ import annotations

from remediator.core.card import Card
from remediator.core.run import Phase
from remediator.integrations.slack.cards import blocks as b
from remediator.integrations.slack.cards import limits, run_parts, steps
from remediator.integrations.slack.cards.mrkdwn import bold, code, moment


def draw(card: Card, text: str) -> tuple[b.Block, ...]:
    """Return the blocks of a run under way; `text` is the newest sentence about it (mrkdwn)."""
    return (
        b.header(card.headline),
        *b.section(_now(card, text)),
        *b.section(steps.done(card) if card.digest else "", most=limits.SECTION),
        *b.context(_decided(card), code(card.playbook, 80), run_parts.run(card)),
    )


def _now(card: Card, text: str) -> str:
    if card.phase == Phase.VERIFYING.value:
        until = f" until {moment(card.verify_until)}" if card.verify_until else ""
        return b.lines((f"⏳ {bold(card.remedy)} *Verifying*{until}.", run_parts.verified(card)))
    if card.phase == Phase.ACTING.value:
        return f"⏳ *Working on it:* {steps.progress(card)}."
    return f"⏳ {text}"


def _decided(card: Card) -> str:
    if card.phase == Phase.PLANNING.value:
        return "nothing is asked of you now"
    return run_parts.decided(card)
