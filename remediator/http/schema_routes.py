"""GET /api/schema/KIND.json: what may be written in a playbook, in settings, in a file of tests; for editors.

It says what is installed, and nothing about this site; an editor has no token.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from remediator.http.bodies import path_id
from remediator.http.refusal import HttpRefusal
from remediator.http.replies import reply_json
from remediator.http.route import Call, Gate, Route

_SUFFIX = ".json"


async def schema(call: Call) -> web.Response:
    """Answer with one schema; the first time it is made, beside the loop."""
    name = path_id(call)
    kind = name.removesuffix(_SUFFIX) if name.endswith(_SUFFIX) else ""
    found = await asyncio.to_thread(call.context.schema, kind)
    if found is None:
        hint = "there are playbook.json, settings.json and test.json"
        raise HttpRefusal(404, "not_found", f"there is no schema {name}", hint)
    return reply_json(found, 200)


SCHEMAS = (
    Route(
        method="GET",
        path="/api/schema/{id}",
        access=Gate.ANYONE,
        handler=schema,
        summary="A JSON Schema for editors: playbook.json, settings.json or test.json.",
    ),
)
