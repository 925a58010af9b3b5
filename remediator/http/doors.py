"""Routes of doors that integrations bring: a form is read here, and all else, who posts it too, is the door's."""

from __future__ import annotations

from aiohttp import web

from remediator.http.bodies import read_body
from remediator.http.replies import reply_text
from remediator.http.route import Call, Route, Signed
from remediator.ports.door import DoorRequest, DoorRoute


def door_route(door: DoorRoute) -> Route:
    """Return the route by which a door is reached."""

    async def take(call: Call) -> web.Response:
        request = DoorRequest(
            headers=call.request.headers,
            content_type=call.request.content_type,
            body=await read_body(call, door.largest),
        )
        answer = await door.take(request)
        return reply_text(answer.body, answer.content_type, answer.status)

    take.__name__ = f"take_from_{door.name}"  # the operation's id in the API's description
    return Route(
        method="POST",
        path=door.path,
        access=Signed(door.name, door.signature),
        handler=take,
        summary=door.doc,
        answer="text",
    )
