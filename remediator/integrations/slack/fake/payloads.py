"""What Slack sends to an app when people do something: exact shapes of clicks, submissions and commands."""

from __future__ import annotations

import re
from collections.abc import Mapping

from remediator.integrations.slack.fake.call import App
from remediator.integrations.slack.fake.messages import Channel, Message, Version
from remediator.integrations.slack.fake.mrkdwn import encode
from remediator.integrations.slack.fake.views import rendered_view
from remediator.integrations.slack.fake.workspace import User, View, World

_LEGACY_TOKEN = "legacy-verification-token"  # noqa: S105 - Slack still sends one; nobody should look at it
_CALLED = re.compile(r"(?<![\w])([@#])([\w.-]+)")
Payload = dict[str, object]


def click_on_message(
    app: App, user: User, message: Message, *, channel: Channel, version: Version
) -> Payload:
    """Return a `block_actions` payload, still without its actions and its trigger."""
    thread = {"thread_ts": message.thread_ts} if message.thread_ts else {}
    container = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
    return {
        "type": "block_actions",
        **_who(app, user),
        "container": {**container, "is_ephemeral": False, **thread},
        "channel": {"id": channel.id, "name": _name_of(channel)},
        "message": {
            "type": "message",
            "user": app.bot_user,
            "bot_id": app.bot_id,
            "app_id": app.id,
            "team": app.team,
            "ts": message.ts,
            "text": version.text,
            "blocks": list(version.blocks),
            **thread,
        },
        "state": {"values": {}},
    }


def click_in_view(app: App, user: User, view: View) -> Payload:
    """Return a `block_actions` payload of a button in a modal."""
    return {
        "type": "block_actions",
        **_who(app, user),
        "container": {"type": "view", "view_id": view.id},
        "view": rendered_view(app, view),
    }


def action_of(button: Mapping[str, object], action_ts: str) -> Payload:
    """Return the one entry of `actions`."""
    kept = ("action_id", "block_id", "text", "value", "style", "url")
    found = {key: button[key] for key in kept if key in button}
    return {**found, "type": "button", "action_ts": action_ts}


def submission(app: App, user: User, view: View, values: Mapping[str, object]) -> Payload:
    """Return a `view_submission` payload; `values` are the state's, by block and action."""
    shown = {**rendered_view(app, view), "state": {"values": values}}
    return {"type": "view_submission", **_who(app, user), "view": shown, "response_urls": []}


def closing(app: App, user: User, view: View) -> Payload:
    """Return a `view_closed` payload."""
    shown = rendered_view(app, view)
    return {"type": "view_closed", **_who(app, user), "view": shown, "is_cleared": False}


def command(app: App, user: User, channel: Channel, typed: str, world: World) -> Payload:
    """Return a slash command's form, escaped as `should_escape: true` asks for."""
    name, _, text = typed.partition(" ")
    return {
        "token": _LEGACY_TOKEN,
        "team_id": app.team,
        "team_domain": app.domain,
        "channel_id": channel.id,
        "channel_name": _name_of(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": _escaped(text.strip(), world),
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        **({"enterprise_id": app.enterprise} if app.enterprise else {}),
    }


def _who(app: App, user: User) -> Payload:
    enterprise = {"id": app.enterprise, "name": "Grid"} if app.enterprise else None
    return {
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team,
        },
        "api_app_id": app.id,
        "token": _LEGACY_TOKEN,
        "team": {"id": app.team, "domain": app.domain},
        "enterprise": enterprise,
        "is_enterprise_install": False,
    }


def _name_of(channel: Channel) -> str:
    if channel.id.startswith("D"):
        return "directmessage"
    return "privategroup" if channel.private else channel.name


def _escaped(text: str, world: World) -> str:
    return _CALLED.sub(lambda match: _reference(match[1], match[2], world), encode(text))


def _reference(sign: str, name: str, world: World) -> str:
    """Write `@name` or `#name` as Slack does where it knows it."""
    if sign == "#":
        channel = world.channel_named(name)
        return f"<#{channel.id}|{channel.name}>" if channel else sign + name
    for user in world.users.values():
        if user.name == name and not user.deleted:
            return f"<@{user.id}|{name}>"
    for group in world.groups.values():
        if group.handle == name:
            return f"<!subteam^{group.id}|@{name}>"
    return sign + name
