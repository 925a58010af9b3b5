"""The root message of a run, of every kind, by what its card says of the run now. Pure; used by the deliverer."""

from __future__ import annotations

from dataclasses import dataclass

from remediator.core.card import Card
from remediator.core.messages import Message, MessageKind
from remediator.core.plaintext import one_line
from remediator.integrations.slack.cards import blocks as b
from remediator.integrations.slack.cards import (
    ended_card,
    limits,
    moving_card,
    plan_card,
    unknown_card,
)
from remediator.integrations.slack.cards.mentions import Mentions
from remediator.integrations.slack.cards.mrkdwn import bold, code, escape, sentence

_MOST_LINES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What Slack gets: `text` for notifications and for clients without blocks, a whole sentence, and the blocks."""

    text: str
    blocks: tuple[b.Block, ...] = ()


def draw(message: Message, mentions: Mentions) -> Drawing:
    """Return the root message: of the run at that moment, or of a message that is about no run."""
    card = message.card
    blocks = _plain(message) if card is None else _card(card, message, mentions)
    if message.kind is MessageKind.ESCALATION and message.to:
        blocks = (*b.section(f"{mentions.call(message.to)} {escape(message.text, 1000)}"), *blocks)
    return Drawing(text=notification(message), blocks=blocks[: limits.MESSAGE_BLOCKS])


def notification(message: Message) -> str:
    """Return one sentence that says what and where, and all that a locked telephone shows."""
    text, card = one_line(message.text, 1500), message.card
    if card and not text.startswith((card.headline, f"Dry run: {card.headline}")):
        text = f"{card.headline}: {text}"
    if card and card.irreversible and message.kind is MessageKind.PLAN:
        text += " It cannot be undone."
    return limits.cut(sentence(text) or "remediator", limits.MESSAGE_TEXT)


def _card(card: Card, message: Message, mentions: Mentions) -> tuple[b.Block, ...]:
    if card.unknown:
        return unknown_card.draw(card)
    if card.outcome:
        since = message.text if message.kind is MessageKind.PROGRESS else ""
        return ended_card.draw(card, escape(since))
    if card.request and card.request.is_open:
        return plan_card.draw(card, card.request, mentions)
    return moving_card.draw(card, escape(message.text))


def _plain(message: Message) -> tuple[b.Block, ...]:
    shown = [escape(line) for line in message.lines[:_MOST_LINES]]
    missing = len(message.lines) - len(shown)
    more = f"… and {missing} more lines" if missing else ""
    facts = (f"{bold(name, 60)}\n{escape(value, 400)}" for name, value in message.facts.items())
    return (
        b.header(message.title or message.text),
        *b.section(escape(message.text, 1500)),
        *b.section(b.lines((*shown, more))),
        *b.fields(*facts),
        *(b.context(f"run {code(message.run_id, 80)}") if message.run_id else ()),
    )
