"""Modals as Slack accepts them; used by `views.open`, `views.update` and answers to submissions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from remediator.integrations.slack.fake.blocks import plain, problems_of_view_blocks
from remediator.integrations.slack.fake.object_rules import Problems, Shape, boolean, problem, text
from remediator.integrations.slack.fake.refusals import Refusal

MOST_BYTES = 250_000


def _blocks(value: object, pointer: str) -> Problems:
    yield from problems_of_view_blocks(value, pointer)


def _inputs_can_be_submitted(view: Any, pointer: str) -> Problems:
    blocks = view.get("blocks")
    found = blocks if isinstance(blocks, list) else []
    has_inputs = any(isinstance(one, Mapping) and one.get("type") == "input" for one in found)
    if has_inputs and "submit" not in view:
        yield problem("`submit` is required when an `input` block is within `blocks`", pointer)


_MODAL = Shape(
    needs={"title": plain(24), "blocks": _blocks},
    may={
        "submit": plain(24),
        "close": plain(24),
        "callback_id": text(255, least=0),
        "private_metadata": text(3000, least=0),
        "external_id": text(255, least=0),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
    },
    also=_inputs_can_be_submitted,
)


def problems_of_view(view: object) -> tuple[str, ...]:
    """Say why Slack would refuse this modal."""
    if not isinstance(view, Mapping) or view.get("type") != "modal":
        return (problem("must be a valid enum value: modal", "/view/type"),)
    return tuple(_MODAL(view, "/view"))


def check_view(view: object) -> None:
    """Raise Refusal as `views.open` does."""
    if problems := problems_of_view(view):
        raise Refusal("invalid_arguments", *problems)
    if len(json.dumps(view)) > MOST_BYTES:
        raise Refusal("view_too_large")
