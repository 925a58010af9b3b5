"""Each click once: Slack delivers again what was not acknowledged in time, and may do so at another replica."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

from remediator.integrations.slack.door.context import SlackContext

REMEMBERED = timedelta(minutes=30)


async def is_first(context: SlackContext, body: Mapping[str, object]) -> bool:
    """Say whether this interaction is new, and remember it. A second press of the button is another interaction."""
    key, until = f"slack-click/{_key(body)}", context.ambient.now() + REMEMBERED
    return await context.store.submit(lambda tx: tx.remember(key, until))


def _key(body: Mapping[str, Any]) -> str:
    actions = body.get("actions") or [{}]
    view = body.get("view") or {}
    parts = [
        body.get("type") or body.get("command"),
        body.get("trigger_id"),
        actions[0].get("action_id"),
        actions[0].get("action_ts"),
        view.get("id"),
    ]
    told = parts if body.get("trigger_id") else body
    return sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
