"""Block Kit as plain dicts, the few blocks that every client knows; what is too long is cut here, at the last moment.

Texts for `section`, `context` and fields are mrkdwn that is escaped already (mrkdwn.py); all others are raw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from remediator.integrations.slack.cards import limits
from remediator.integrations.slack.cards.limits import cut
from remediator.integrations.slack.cards.mrkdwn import plain

Block = Mapping[str, object]


def header(text: str) -> Block:
    """Return a title."""
    return {"type": "header", "text": plain_text(text, limits.HEADER)}


def section(
    text: str, accessory: Block | None = None, most: int = limits.PARAGRAPH
) -> tuple[Block, ...]:
    """Return a paragraph, with a button beside it where one is given; nothing for an empty text."""
    if not text:
        return ()
    block: dict[str, object] = {"type": "section", "text": _mrkdwn(text, most)}
    return ({**block, "accessory": accessory} if accessory else block,)


def fields(*texts: str) -> tuple[Block, ...]:
    """Return short texts in two columns; empty ones are left out."""
    shown = [_mrkdwn(text, limits.SHORT_FIELD) for text in texts if text][: limits.FIELDS]
    return ({"type": "section", "fields": shown},) if shown else ()


def context(*texts: str) -> tuple[Block, ...]:
    """Return one small grey line, its parts between dots; empty ones are left out."""
    line = " · ".join(filter(None, texts))
    if not line:
        return ()
    return ({"type": "context", "elements": [_mrkdwn(line, limits.GREY_LINE)]},)


def actions(*buttons: Block) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "elements": list(buttons[: limits.ACTIONS])}


def button(
    action_id: str, text: str, value: str, *, style: str = "", confirm: Block | None = None
) -> Block:
    """Return a button; `style` is `primary`, `danger` or nothing."""
    block: dict[str, object] = {
        "type": "button",
        "action_id": action_id,
        "text": plain_text(text, limits.BUTTON_TEXT),
        "value": value,
    }
    return block | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def confirmation(title: str, text: str, yes: str, *, style: str = "primary") -> Block:
    """Return the dialog that asks once more before a button counts."""
    return {
        "title": plain_text(title, limits.CONFIRM_TITLE),
        "text": plain_text(text, limits.CONFIRM_TEXT),
        "confirm": plain_text(yes, limits.CONFIRM_BUTTON),
        "deny": plain_text("Not now", limits.CONFIRM_BUTTON),
        "style": style,
    }


def text_input(block_id: str, label: str, hint: str, *, optional: bool = False) -> Block:
    """Return a box for a few sentences; its `action_id` is its `block_id`."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain_text(label, limits.INPUT_LABEL),
        "optional": optional,
        "element": {
            "type": "plain_text_input",
            "action_id": block_id,
            "multiline": True,
            "max_length": 500,
            "placeholder": plain_text(hint, limits.INPUT_PLACEHOLDER),
        },
    }


def plain_text(text: str, most: int) -> Block:
    """Return a text without markup; what would be empty becomes a dash, which Slack takes."""
    return {"type": "plain_text", "text": plain(text, most) or "-", "emoji": False}


def lines(texts: Iterable[str]) -> str:
    """Put texts under each other; empty ones are left out."""
    return "\n".join(filter(None, texts))


def whole(texts: Sequence[str], most: int = limits.SECTION) -> int:
    """Return how many of these lines, from the first, fit under each other."""
    length = 0
    for count, text in enumerate(texts):
        length += len(text) + 1
        if length > most:
            return count
    return len(texts)


def _mrkdwn(text: str, most: int) -> Block:
    return {"type": "mrkdwn", "text": cut(text, most), "verbatim": True}
