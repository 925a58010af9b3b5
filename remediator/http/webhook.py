"""POST /webhooks/KIND: take a notification, make it durable, answer. It waits for nothing else.

Alertmanager repeats a notification only after 5xx. So 503 means "not stored, send it again", and every 4xx means that
sending the same again is useless. A bad body is stored too, as bad, so that people can see what was sent. An odd alert
takes no other with it: what can be taken is, and the answer counts the others.
"""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from remediator.core.alert import RefusedAlert
from remediator.core.errors import InvalidAlert, NothingTaken, Overloaded, StoreUnavailable
from remediator.http.answers import Accepted
from remediator.http.bodies import LARGEST_BODY, read_body
from remediator.http.readers import Judgement
from remediator.http.refusal import HttpRefusal
from remediator.http.replies import reply_json
from remediator.http.route import Call, Gate, Route
from remediator.ports.refusals import refusal_records
from remediator.ports.source import Source
from remediator.ports.store import Notification


def webhook_of(source: Source) -> Route:
    """Return the route by which a kind of notification comes in."""

    async def take(call: Call) -> web.Response:
        """Store one notification and answer 202, or 400 for one of which nothing can be taken."""
        try:
            response = await _take(call, source.kind)
        except HttpRefusal as refusal:
            call.context.metrics.notification(call.source, str(refusal.status))
            raise
        call.context.metrics.notification(call.source, str(response.status))
        return response

    return Route(
        method="POST",
        path=f"/webhooks/{source.kind}",
        access=Gate.SOURCE,
        handler=take,
        summary=source.doc,
        answer=Accepted,
        status=202,
    )


async def _take(call: Call, kind: str) -> web.Response:
    call.context.arrived()
    if not call.context.accepting():
        raise _cannot_store("shutting down")
    try:
        with call.context.room.share() as share:
            body = await read_body(call, LARGEST_BODY, share)
            return await _taken(call, _notification(call, kind, body))
    except TimeoutError as error:
        raise _cannot_store("the body took too long") from error
    except Overloaded as error:
        raise _cannot_store(str(error)) from error


async def _taken(call: Call, notification: Notification) -> web.Response:
    try:
        judgement = await call.context.readers.judge(notification)
    except InvalidAlert as error:
        await _refuse(call, notification, error)
        raise HttpRefusal(400, "invalid", str(error), "it is stored as bad") from error
    try:
        await _store(call, notification)
    except HttpRefusal:
        call.context.readers.forget(notification.id, len(notification.body))
        raise
    return reply_json(_answer(notification, judgement), 202)


def _answer(notification: Notification, judgement: Judgement) -> bytes:
    counts = b'"alerts": %d' % judgement.taken
    if judgement.refused:
        counts += b', "refused": %d' % len(judgement.refused)
    return b'{"notification": "%b", %b}' % (notification.id.encode(), counts)


async def _refuse(call: Call, notification: Notification, error: InvalidAlert) -> None:
    refused = error.refused if isinstance(error, NothingTaken) else ()
    await _store(call, replace(notification, state="bad", error=str(error)), refused)
    call.context.refused(notification, refused)


async def _store(
    call: Call, notification: Notification, refused: tuple[RefusedAlert, ...] = ()
) -> None:
    records = refusal_records(notification, refused, notification.received_at) if refused else ()
    try:
        await call.context.ingest.post(notification, records)
    except StoreUnavailable as unavailable:
        raise _cannot_store("the store cannot be reached") from unavailable


def _notification(call: Call, kind: str, body: bytes) -> Notification:
    ambient = call.context.ambient
    return Notification(
        id=ambient.new_id("ntf"),
        source=call.source,
        kind=kind,
        body=body,
        received_at=ambient.now(),
    )


def _cannot_store(why: str) -> HttpRefusal:
    return HttpRefusal(
        503, "unavailable", f"nothing was stored: {why}", "send it again", close=True
    )
