"""`auth.test`, `bots.info`, `apps.connections.open`: who the app is, and its way to a WebSocket."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from remediator.integrations.slack.fake.call import Call
from remediator.integrations.slack.fake.refusals import Refusal


def auth_test(call: Call) -> Mapping[str, object]:
    """`auth.test`."""
    app = call.app
    grid = {"enterprise_id": app.enterprise} if app.enterprise else {}
    return {
        "url": f"https://{app.domain}.slack.com/",
        "team": app.workspace,
        "user": call.world.users[app.bot_user].name,
        "team_id": app.team,
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
        **grid,
    }


def show_bot(call: Call) -> Mapping[str, object]:
    """`bots.info`."""
    if call.text("bot") != call.app.bot_id:
        raise Refusal("bot_not_found")
    return {
        "bot": {
            "id": call.app.bot_id,
            "deleted": False,
            "name": call.world.users[call.app.bot_user].name,
            "updated": 1,
            "app_id": call.app.id,
            "user_id": call.app.bot_user,
            "icons": {},
        }
    }


def open_connection(call: Call) -> Mapping[str, object]:
    """`apps.connections.open`; each URL is good for one connection."""
    ticket = secrets.token_hex(16)
    call.world.tickets[ticket] = call.world.now()
    url = call.url.replace("http", "ws", 1)
    return {"url": f"{url}/link/?ticket={ticket}&app_id={call.app.id}"}
