"""What tests of drawings say in short: its words, its buttons, a plan of any length."""

from __future__ import annotations

import json
from dataclasses import replace

from docs import slack_scenes as scene
from remediator.core.card import Card
from remediator.core.messages import Message, MessageKind
from remediator.integrations.slack.cards.blocks import Block
from remediator.integrations.slack.cards.cards import Drawing


def buttons(drawing: Drawing) -> dict[str, Block]:
    """Return the buttons of a message by action."""
    found = [e for b in drawing.blocks if b["type"] == "actions" for e in b["elements"]]
    found += [b["accessory"] for b in drawing.blocks if "accessory" in b]
    return {button["action_id"]: button for button in found}


def words(drawing: Drawing) -> str:
    """Return everything that a drawing's blocks say."""
    return json.dumps(drawing.blocks, ensure_ascii=False)


def card_of(message: Message) -> Card:
    assert message.card
    return message.card


def plan() -> Message:
    return scene.asked().last(MessageKind.PLAN)


def long_plan(count: int, summary: str = "make room") -> Message:
    """Return a plan of so many changes."""
    message = plan()
    card = card_of(message)
    step = replace(card.steps[0], summary=summary)
    steps = tuple(replace(step, step=f"s{n}") for n in range(count))
    return replace(message, card=replace(card, steps=steps))
