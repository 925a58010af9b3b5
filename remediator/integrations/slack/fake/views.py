"""`views.open` and `views.update`: modals, each for one trigger, which lives three seconds and works once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from remediator.integrations.slack.fake.call import App, Call
from remediator.integrations.slack.fake.modals import check_view
from remediator.integrations.slack.fake.refusals import Refusal
from remediator.integrations.slack.fake.workspace import View, World

TRIGGER_LIVES = 3.0


def open_view(call: Call) -> Mapping[str, object]:
    """`views.open`."""
    view = call.json("view")
    check_view(view)
    user = _exchange(call.world, call.text("trigger_id"))
    _check_external_id(call.world, str(view.get("external_id") or ""))
    opened = View(id=call.world.next_id("V"), user=user, now={}, hash="")
    replace_view(opened, view)
    call.world.views[opened.id] = opened
    return {"view": rendered_view(call.app, opened)}


def update_view(call: Call) -> Mapping[str, object]:
    """`views.update`."""
    view = call.json("view")
    check_view(view)
    found = _found(call)
    if call.text("hash") not in ("", found.hash):
        raise Refusal("hash_conflict")
    replace_view(found, view)
    return {"view": rendered_view(call.app, found)}


def replace_view(view: View, content: Mapping[str, Any]) -> None:
    """Show something else in a modal."""
    blocks = [{"block_id": f"+{n}", **block} for n, block in enumerate(content["blocks"])]
    view.now = {**content, "blocks": blocks}
    view.hash = f"{len(view.versions)}.{secrets.token_hex(4)}"
    view.errors = {}
    view.versions.append(view.now)


def rendered_view(app: App, view: View) -> dict[str, object]:
    """Return a modal as Slack gives it to apps."""
    absent = {"submit": None, "close": None, "callback_id": "", "private_metadata": ""}
    more = {"external_id": "", "clear_on_close": False, "notify_on_close": False}
    return {
        **absent,
        **more,
        **view.now,
        "id": view.id,
        "team_id": app.team,
        "hash": view.hash,
        "state": {"values": {}},
        "root_view_id": view.id,
        "previous_view_id": None,
        "app_id": app.id,
        "app_installed_team_id": app.team,
        "bot_id": app.bot_id,
    }


def _exchange(world: World, trigger: str) -> str:
    if trigger not in world.triggers:
        raise Refusal("invalid_trigger_id")
    found = world.triggers[trigger]
    if found.is_used:
        raise Refusal("exchanged_trigger_id")
    if world.now() - found.at > TRIGGER_LIVES:
        raise Refusal("expired_trigger_id")
    found.is_used = True
    return found.user


def _check_external_id(world: World, external_id: str) -> None:
    taken = {one.now.get("external_id") for one in world.views.values() if one.state == "open"}
    if external_id and external_id in taken:
        raise Refusal("duplicate_external_id")


def _found(call: Call) -> View:
    view_id, external_id = call.text("view_id"), call.text("external_id")
    for view in call.world.views.values():
        is_meant = external_id and view.now.get("external_id") == external_id
        if view.state == "open" and (view.id == view_id or is_meant):
            return view
    raise Refusal("not_found")
