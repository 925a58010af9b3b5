"""POST /slack/events: Slack's HTTP door, for interactivity and commands. Everything behind the proof is the desk's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import web

from remediator.http.bodies import invalid, read_body
from remediator.http.refusal import HttpRefusal
from remediator.http.replies import reply_text
from remediator.http.route import Call, Gate, Route
from remediator.integrations.slack.door.proof import (
    SIGNATURE,
    check_first,
    check_signature,
    unsigned,
)

if TYPE_CHECKING:
    from slack_bolt.response import BoltResponse

LARGEST = 1024 * 1024
_MOST_FIELDS = 100
_SSL_CHECK = frozenset({"ssl_check", "token"})


async def take_from_slack(call: Call) -> web.Response:
    """Take what Slack sends, once it is proven to be Slack's and new."""
    body = await read_body(call, LARGEST)
    if SIGNATURE not in call.request.headers:
        return _unsigned(call, body)
    desk = call.context.slack()
    if desk is None or not desk.context.signing_secret:
        hint = "set `slack.signing_secret_file`; Socket Mode needs no such door"
        raise HttpRefusal(404, "not_found", "Slack's HTTP door is not set up here", hint)
    now = call.context.ambient.now()
    secret = desk.context.signing_secret
    key = check_signature(secret, call.request.headers, body, now)
    payload = read_payload(call.request.content_type, body)
    await check_first(call.context.store, key, now)
    return _reply(await desk.take(payload))


def read_payload(content_type: str, body: bytes) -> Mapping[str, Any]:
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


def _unsigned(call: Call, body: bytes) -> web.Response:
    """Refuse; but answer Slack's look at the certificate, which asks for nothing and which need not be signed."""
    if call.context.slack() is not None and len(body) < LARGEST // 1024:
        form = dict(parse_qsl(body.decode("ascii", "replace")))
        if form.get("ssl_check") == "1" and form.keys() <= _SSL_CHECK:
            return reply_text(b"", "text/plain")
    raise unsigned()


def _reply(answer: BoltResponse) -> web.Response:
    content_type = answer.headers.get("content-type", ["text/plain; charset=utf-8"])[0]
    return reply_text(answer.body.encode(), content_type, answer.status)


SLACK = (
    Route(
        method="POST",
        path="/slack/events",
        access=Gate.SLACK,
        handler=take_from_slack,
        summary="Take clicks, commands and modals from Slack, by its signature.",
        answer="text",
    ),
)
