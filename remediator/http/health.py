"""Is it alive, is it ready, what are its numbers, take the new settings: what operators' machines ask."""

from __future__ import annotations

import asyncio

from aiohttp import web

from remediator.core.errors import StoreUnavailable
from remediator.http import answers
from remediator.http.asked import Asked
from remediator.http.bodies import read_object
from remediator.http.credentials import Role
from remediator.http.refusal import HttpRefusal
from remediator.http.replies import reply, reply_text
from remediator.http.route import Call, Gate, Route

_STORE_SECONDS = 2.0


async def healthy(call: Call) -> web.Response:
    """Answer whether the loops are alive; a restart is what helps where they are not."""
    if not call.context.loops_alive():
        raise HttpRefusal(503, "unavailable", "a loop of the daemon has not moved for too long")
    return reply(answers.Healthy(status="healthy").plain())


async def ready(call: Call) -> web.Response:
    """Answer whether notifications can be taken: they can be stored, and playbooks are loaded. Nothing else matters."""
    if not call.context.accepting():
        raise HttpRefusal(503, "unavailable", "starting or shutting down")
    try:
        async with asyncio.timeout(_STORE_SECONDS):
            await call.context.store.read(lambda reader: reader.notification("ntf_none"))
            await call.context.readiness.check()
    except TimeoutError as error:
        raise HttpRefusal(503, "unavailable", "the store does not answer") from error
    except StoreUnavailable as error:
        raise HttpRefusal(503, "unavailable", f"nothing can be stored: {error}") from error
    playbooks = len(call.context.book().by_name)
    return reply(answers.Ready(status="ready", playbooks=playbooks).plain())


async def metrics(call: Call) -> web.Response:
    """Answer with the metrics."""
    body, content_type = call.context.metrics.render()
    return reply_text(body, content_type)


async def reload(call: Call) -> web.Response:
    """Read settings and playbooks again; where anything is wrong the old ones stay, and all errors are answered."""
    await read_object(call, Asked)
    problems = list(await call.context.reload(call.who.name))
    if not problems:
        return reply(answers.Reloaded(reloaded=True).plain())
    error = {
        "code": "invalid",
        "message": f"{len(problems)} problem(s): the old settings and playbooks stay in use",
        "hint": "`remediator check` shows the same",
        "problems": problems,
    }
    return reply({"error": error}, 422)


HEALTH = (
    Route(
        method="GET",
        path="/-/healthy",
        access=Gate.ANYONE,
        handler=healthy,
        answer=answers.Healthy,
        summary="200 while the daemon's loops are alive.",
    ),
    Route(
        method="GET",
        path="/-/ready",
        access=Gate.ANYONE,
        handler=ready,
        answer=answers.Ready,
        summary="200 while notifications can be stored and playbooks are loaded.",
    ),
    Route(
        method="POST",
        path="/-/reload",
        access=Role.OPERATOR,
        handler=reload,
        answer=answers.Reloaded,
        summary="Read settings and playbooks again; 422 with every error where they stay as they were.",
    ),
    Route(
        method="GET",
        path="/metrics",
        access=Gate.SCRAPER,
        handler=metrics,
        summary="Metrics for Prometheus.",
        answer="text",
    ),
)
