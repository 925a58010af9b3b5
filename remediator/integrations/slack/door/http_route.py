"""POST /slack/events: Slack's HTTP door, for interactivity and commands. What is behind the signature is the app's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from remediator.http.bodies import invalid
from remediator.http.refusal import HttpRefusal
from remediator.integrations.slack.door.app import SlackApp
from remediator.integrations.slack.door.signature import (
    SIGNATURE,
    check_first,
    check_signature,
    unsigned,
)
from remediator.ports.door import DoorAnswer, DoorRequest, DoorRoute

if TYPE_CHECKING:
    from slack_bolt.response import BoltResponse

LARGEST = 1024 * 1024
_MOST_FIELDS = 100
_SSL_CHECK = frozenset({"ssl_check", "token"})


InForce = Callable[[], SlackApp | None]


def events_route(app: InForce) -> DoorRoute:
    """Return the route that hands in what it takes at the Slack app in force."""
    return DoorRoute(
        name="slack",
        path="/slack/events",
        doc="Take clicks, commands and modals from Slack, by its signature.",
        signature=SIGNATURE,
        largest=LARGEST,
        take=partial(take_from_slack, app),
    )


async def take_from_slack(in_force: InForce, request: DoorRequest) -> DoorAnswer:
    """Take what Slack sends, once it is proven to be Slack's and new."""
    app, body = in_force(), request.body
    if SIGNATURE not in request.headers:
        return _unsigned(app, body)
    if app is None or not app.context.signing_secret:
        hint = "set `slack.signing_secret_file`; Socket Mode needs no such door"
        raise HttpRefusal(404, "not_found", "Slack's HTTP door is not set up here", hint)
    now = app.context.ambient.now()
    key = check_signature(app.context.signing_secret, request.headers, body, now)
    payload = read_payload(request.content_type, body)
    await check_first(app.context.store, key, now)
    return _answer(await app.take(payload))


def read_payload(content_type: str, body: bytes) -> Mapping[str, object]:
    """Return the payload of a signed body; raise HttpRefusal(400).

    Not bolt's reading: it takes a command that has the word "payload" in its text for an empty one.
    """
    try:
        text = body.decode()
        if content_type == "application/json":
            payload = json.loads(text)
        else:
            form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
            payload = json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError) as error:
        raise invalid("the body is not what Slack sends") from error
    if not isinstance(payload, dict):
        raise invalid("the body is not what Slack sends")
    return payload


def _unsigned(app: SlackApp | None, body: bytes) -> DoorAnswer:
    """Refuse; but answer Slack's look at the certificate, which asks for nothing and which need not be signed."""
    if app is not None and len(body) < LARGEST // 1024:
        form = dict(parse_qsl(body.decode("ascii", "replace")))
        if form.get("ssl_check") == "1" and form.keys() <= _SSL_CHECK:
            return DoorAnswer()
    raise unsigned()


def _answer(answer: BoltResponse) -> DoorAnswer:
    content_type = answer.headers.get("content-type", ["text/plain; charset=utf-8"])[0]
    return DoorAnswer(body=answer.body.encode(), content_type=content_type, status=answer.status)
