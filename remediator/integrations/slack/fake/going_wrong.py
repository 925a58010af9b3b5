"""Answers a request as the fake was told to answer it wrongly."""

from __future__ import annotations

import asyncio

from aiohttp import web

from remediator.integrations.slack.fake.troubles import Kind, Trouble


async def go_wrong(request: web.Request, trouble: Trouble) -> web.StreamResponse:
    """Answer without doing anything."""
    match trouble.kind:
        case Kind.ERROR:
            return web.json_response({"ok": False, "error": trouble.error})
        case Kind.RATE:
            headers = {"Retry-After": str(round(trouble.seconds) or 1)}
            refusal = {"ok": False, "error": "ratelimited"}
            return web.json_response(refusal, status=429, headers=headers)
        case Kind.STATUS:
            page = "<html><body>told to</body></html>"
            return web.Response(status=trouble.status, text=page, content_type="text/html")
        case _:
            return await fall_silent(request, trouble)


async def fall_silent(request: web.Request, trouble: Trouble) -> web.StreamResponse:
    """Let the caller wait, then drop the connection."""
    await asyncio.sleep(trouble.seconds)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
