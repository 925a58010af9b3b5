"""Slack's limits, each once, and the one way to cut a text to them. Used by everything that draws.

Sources: Slack's reference of blocks, composition objects and views, and the checks in slack_sdk.models.
"""

from __future__ import annotations

import re

MESSAGE_TEXT = 3000  # ours; Slack cuts notifications far earlier, and texts at 40 000
MESSAGE_BLOCKS = 50
MODAL_BLOCKS = 100
MESSAGE_BLOCKS_TEXT = (
    12000  # of all blocks together; in no reference, measured by others (bolt-js#2509)
)
HEADER = 150
SECTION = 3000
FIELDS = 10
FIELD = 2000
CONTEXT_ELEMENTS = 10
CONTEXT_TEXT = 3000
ACTIONS = 25
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
URL = 3000
IDENTIFIER = 255  # action_id, block_id, callback_id
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
MODAL_TITLE = 24
MODAL_BUTTON = 24
MODAL_METADATA = 3000
INPUT_LABEL = 2000
INPUT_PLACEHOLDER = 150
INPUT_LONGEST = 3000

# Ours: what a paragraph, a field and a grey line may take, so that all of a message stays below the sum above.
PARAGRAPH = 1200
SHORT_FIELD = 500
GREY_LINE = 1500

ELLIPSIS = "…"
_HALF = re.compile(r"(?:&[a-z]{0,4}|<[^>]*)$")
_FENCE = "```"


def cut(text: str, most: int) -> str:
    """Return escaped mrkdwn, or plain text, of at most `most` characters; no entity, link or code is cut in half."""
    if len(text) <= most:
        return text
    kept = _HALF.sub("", text[: most - len(ELLIPSIS) - len(_FENCE) - 1]).rstrip()
    return kept + ELLIPSIS + _closing(kept)


def _closing(text: str) -> str:
    """Return what ends the code that a text leaves open."""
    if text.count(_FENCE) % 2:
        return "\n" + _FENCE
    return "`" if text.replace(_FENCE, "").count("`") % 2 else ""
