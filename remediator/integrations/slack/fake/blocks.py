"""Block Kit as Slack accepts it: tables of fields and limits, and what is wrong with given blocks.

Numbers from https://docs.slack.dev/reference/block-kit and slack_sdk's models. Unknown fields are refused, and so are
the block types of 2025 and later (`plan`, `task_card`, `alert`, `card`, …), which older clients do not show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from remediator.integrations.slack.fake.mrkdwn import texts_of
from remediator.integrations.slack.fake.object_rules import (
    Problems,
    Rule,
    Shape,
    anything,
    boolean,
    by_type,
    many,
    number,
    one_of,
    problem,
    text,
    url,
)

MOST_BLOCKS = 50
MOST_BLOCKS_IN_A_VIEW = 100
# Nowhere in the reference; measured at 12,000 and something (slackapi/bolt-js#2509, #2867).
MOST_TEXT_IN_BLOCKS = 12_000


def plain(most: int) -> Rule:
    """Allow a plain_text object."""
    return by_type({"plain_text": _plain(most)})


def rich(most: int) -> Rule:
    """Allow a plain_text or an mrkdwn object."""
    return by_type({"plain_text": _plain(most), "mrkdwn": _mrkdwn(most)})


def _plain(most: int) -> Shape:
    return Shape(needs={"text": text(most)}, may={"emoji": boolean})


def _mrkdwn(most: int) -> Shape:
    return Shape(needs={"text": text(most)}, may={"verbatim": boolean})


def _section_has_a_text(block: Any, pointer: str) -> Problems:
    if not block.get("text") and not block.get("fields"):
        yield problem("must define either `text` or `fields`", pointer)


def _action_ids_differ(block: Any, pointer: str) -> Problems:
    elements = block.get("elements")
    found = elements if isinstance(elements, list) else []
    ids = Counter(str(one.get("action_id")) for one in found if isinstance(one, Mapping))
    del ids["None"]
    for name, count in ids.items():
        if count > 1:
            yield problem(f"`action_id` `{name}` already exists", f"{pointer}/elements")


def _image_has_a_source(block: Any, pointer: str) -> Problems:
    if ("image_url" in block) == ("slack_file" in block):
        yield problem("must define either `image_url` or `slack_file`", pointer)


def _select_has_options(element: Any, pointer: str) -> Problems:
    if ("options" in element) == ("option_groups" in element):
        yield problem("must define either `options` or `option_groups`", pointer)


_ID: Rule = text(255)
_STYLE = one_of("primary", "danger")
_CONFIRM = Shape(
    needs={"title": plain(100), "text": rich(300), "confirm": plain(30), "deny": plain(30)},
    may={"style": _STYLE},
)
_OPTION = Shape(
    needs={"text": rich(75), "value": text(150)}, may={"description": rich(75), "url": url()}
)
_OPTIONS = many(_OPTION, most=100)
_GROUPS = many(Shape(needs={"label": plain(75), "options": _OPTIONS}), most=100)
_IMAGE_SOURCE: Mapping[str, Rule] = {
    "image_url": url(),
    "slack_file": Shape(may={"id": text(255), "url": url()}),
}
_PRESSED: Mapping[str, Rule] = {"action_id": _ID, "confirm": _CONFIRM}
_CHOSEN: Mapping[str, Rule] = {**_PRESSED, "focus_on_load": boolean}
_FEW_OPTIONS = many(_OPTION, most=10)

BUTTON = Shape(
    needs={"text": plain(75)},
    may={
        **_PRESSED,
        "value": text(2000),
        "url": url(),
        "style": _STYLE,
        "accessibility_label": text(75),
    },
)
IMAGE = Shape(needs={"alt_text": text(2000)}, may=_IMAGE_SOURCE, also=_image_has_a_source)
SELECT = Shape(
    may={
        **_CHOSEN,
        "placeholder": plain(150),
        "options": _OPTIONS,
        "option_groups": _GROUPS,
        "initial_option": _OPTION,
    },
    also=_select_has_options,
)
OVERFLOW = Shape(needs={"options": many(_OPTION, most=5)}, may=_PRESSED)
CHECKBOXES = Shape(
    needs={"options": _FEW_OPTIONS}, may={**_CHOSEN, "initial_options": _FEW_OPTIONS}
)
RADIO_BUTTONS = Shape(needs={"options": _FEW_OPTIONS}, may={**_CHOSEN, "initial_option": _OPTION})
TEXT_INPUT = Shape(
    may={
        "action_id": _ID,
        "initial_value": text(3000, least=0),
        "multiline": boolean,
        "min_length": number,
        "max_length": number,
        "placeholder": plain(150),
        "focus_on_load": boolean,
        "dispatch_action_config": Shape(
            may={
                "trigger_actions_on": many(
                    one_of("on_enter_pressed", "on_character_entered"), most=2
                )
            }
        ),
    }
)

_CHOICES = {"static_select": SELECT, "checkboxes": CHECKBOXES, "radio_buttons": RADIO_BUTTONS}
_ACTIONS = {"button": BUTTON, "overflow": OVERFLOW, **_CHOICES}
_INPUTS = {"plain_text_input": TEXT_INPUT, **_CHOICES}
_CONTEXT = {"image": IMAGE, "plain_text": _plain(2000), "mrkdwn": _mrkdwn(2000)}
_CELLS = {"raw_text": Shape(needs={"text": text(3000)})}

_MAY_HAVE_AN_ID: Mapping[str, Rule] = {"block_id": _ID}
_BLOCKS: Mapping[str, Shape] = {
    "header": Shape(needs={"text": plain(150)}, may=_MAY_HAVE_AN_ID),
    "section": Shape(
        may={
            **_MAY_HAVE_AN_ID,
            "text": rich(3000),
            "fields": many(rich(2000), most=10),
            "accessory": by_type({"image": IMAGE, **_ACTIONS}),
            "expand": boolean,
        },
        also=_section_has_a_text,
    ),
    "context": Shape(needs={"elements": many(by_type(_CONTEXT), most=10)}, may=_MAY_HAVE_AN_ID),
    "actions": Shape(
        needs={"elements": many(by_type(_ACTIONS), most=25)},
        may=_MAY_HAVE_AN_ID,
        also=_action_ids_differ,
    ),
    "divider": Shape(may=_MAY_HAVE_AN_ID),
    "image": Shape(
        needs={"alt_text": text(2000)},
        may={**_MAY_HAVE_AN_ID, **_IMAGE_SOURCE, "title": plain(2000)},
        also=_image_has_a_source,
    ),
    "input": Shape(
        needs={"label": plain(2000), "element": by_type(_INPUTS)},
        may={
            **_MAY_HAVE_AN_ID,
            "hint": plain(2000),
            "optional": boolean,
            "dispatch_action": boolean,
        },
    ),
}
_ONLY_IN_MESSAGES: Mapping[str, Shape] = {
    "markdown": Shape(needs={"text": text(12_000)}, may=_MAY_HAVE_AN_ID),
    "table": Shape(
        needs={"rows": many(many(by_type(_CELLS), most=20), most=100)},
        may={**_MAY_HAVE_AN_ID, "column_settings": anything},
    ),
}
_IN_A_MESSAGE = many(by_type({**_BLOCKS, **_ONLY_IN_MESSAGES}), most=MOST_BLOCKS, least=0)
_IN_A_VIEW = many(by_type(_BLOCKS), most=MOST_BLOCKS_IN_A_VIEW)


def problems_of_blocks(blocks: object) -> tuple[str, ...]:
    """Say why Slack would refuse these blocks of a message with `invalid_blocks`."""
    return (*_IN_A_MESSAGE(blocks, "/blocks"), *_twins(blocks, "/blocks"))


def problems_of_view_blocks(blocks: object, pointer: str) -> tuple[str, ...]:
    """Say why Slack would refuse these blocks of a modal."""
    return (*_IN_A_VIEW(blocks, pointer), *_twins(blocks, pointer))


def texts_are_too_long(blocks: object) -> bool:
    """Whether Slack would refuse these blocks with `msg_blocks_too_long`."""
    return sum(len(str(one["text"])) for one in texts_of(blocks)) > MOST_TEXT_IN_BLOCKS


def _twins(blocks: object, pointer: str) -> Problems:
    found = blocks if isinstance(blocks, list) else []
    ids = [str(one["block_id"]) for one in found if isinstance(one, Mapping) and "block_id" in one]
    for name, count in Counter(ids).items():
        if count > 1:
            yield problem(f"`block_id` `{name}` already exists", pointer)
