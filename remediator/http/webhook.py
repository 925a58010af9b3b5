"""POST /webhooks/alertmanager: take a notification, make it durable, answer. It waits for nothing else.

Alertmanager repeats a notification only after 5xx. So 503 means "not stored, send it again", and every 4xx means that
sending the same again is useless. A bad body is stored too, as bad, so that people can see what was sent.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from remediator.core.errors import InvalidAlert, StoreUnavailable
from remediator.http import alertmanager
from remediator.http.bodies import LARGEST_BODY, read_body
from remediator.http.refusal import HttpRefusal
from remediator.http.replies import reply_json
from remediator.http.route import Call, Gate, Route
from remediator.ports.store import Notification

KIND = "alertmanager"
_PARSED_ELSEWHERE = 256 * 1024  # above this, a thread parses, so that the loop goes on


async def take(call: Call) -> web.Response:
    """Store one notification and answer 202, or 400 for one that makes no sense."""
    try:
        response = await _take(call)
    except HttpRefusal as refusal:
        call.context.metrics.notification(call.source, str(refusal.status))
        raise
    call.context.metrics.notification(call.source, str(response.status))
    return response


async def _take(call: Call) -> web.Response:
    call.context.arrived()
    if not call.context.accepting():
        raise _cannot_store("shutting down")
    try:
        body = await read_body(call, LARGEST_BODY)
    except TimeoutError as error:
        raise _cannot_store("the body took too long") from error
    try:
        count = await _alerts_in(body)
    except InvalidAlert as error:
        await _store(call, body, error=str(error))
        raise HttpRefusal(400, "invalid", str(error), "it is stored as bad") from error
    notification = await _store(call, body)
    return reply_json(b'{"notification": "%b", "alerts": %d}' % (notification.encode(), count), 202)


async def _alerts_in(body: bytes) -> int:
    if len(body) > _PARSED_ELSEWHERE:
        return await asyncio.to_thread(alertmanager.count_alerts, body)
    return alertmanager.count_alerts(body)


async def _store(call: Call, body: bytes, error: str = "") -> str:
    ambient = call.context.ambient
    notification = Notification(
        id=ambient.new_id("ntf"),
        source=call.source,
        kind=KIND,
        body=body,
        received_at=ambient.now(),
        state="bad" if error else "new",
        error=error,
    )

    try:
        await call.context.letterbox.post(notification)
    except StoreUnavailable as unavailable:
        raise _cannot_store("the store cannot be reached") from unavailable
    return notification.id


def _cannot_store(why: str) -> HttpRefusal:
    return HttpRefusal(
        503, "unavailable", f"nothing was stored: {why}", "send it again", close=True
    )


WEBHOOK = (
    Route(
        method="POST",
        path="/webhooks/alertmanager",
        access=Gate.SOURCE,
        handler=take,
        summary="Take a notification of Alertmanager (payload version 4).",
        answer="Accepted",
        status=202,
    ),
)
