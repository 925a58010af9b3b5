"""POST and DELETE /api/v1/…: what people want, handed to control: a route for each verb of the table, and `plan`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import assert_never

from aiohttp import web

from remediator.core.errors import InputError
from remediator.core.facts import Pause
from remediator.core.run import Run
from remediator.http import answers, listed, shapes
from remediator.http.answers import Answer
from remediator.http.asked import PlanAsked, body_of, given_in
from remediator.http.bodies import invalid, path_id, read_object
from remediator.http.credentials import Role
from remediator.http.plan_shape import plan_shape
from remediator.http.refusal import HttpRefusal
from remediator.http.route import Call, Route
from remediator.ports.preview import Wanted
from remediator.ports.verb import About, Done, Verb

_SCOPE = re.compile(r"[A-Za-z0-9_.:@/\[\] -]{1,300}")


def people_routes(verbs: Iterable[Verb]) -> tuple[Route, ...]:
    """Return the routes by which people ask for these verbs, and for a plan."""
    return (*map(_route, verbs), _PLAN)


def _route(verb: Verb) -> Route:
    body, answer = body_of(verb), _answer_of(verb)
    status = 201 if answer is listed.Pause else 200

    async def ask(call: Call) -> web.Response:
        given = {} if verb.ends else given_in(verb, await read_object(call, body))
        subject = str(given.pop("scope")) if "scope" in given else _subject(call, verb)
        done = await verb.ask(call.context.control, subject, call.who, given)
        return call.shows(_shape(done), status)

    ask.__name__ = verb.operation  # the operation's id in the API's description
    return Route(
        method="DELETE" if verb.ends else "POST",
        path=f"/api/v1/{verb.path}",
        access=verb.role,
        handler=ask,
        summary=verb.doc,
        answer=answer,
        status=status,
        body=body,
    )


def _answer_of(verb: Verb) -> type[Answer]:
    if verb.about is About.RUN:
        return answers.Run
    return answers.Ended if verb.ends else listed.Pause


def _shape(done: Done) -> Answer:
    match done:
        case Run():
            return shapes.run_shape(done)
        case Pause():
            return listed.Pause.model_validate(done)
        case int():
            return answers.Ended(ended=done)
    assert_never(done)


def _subject(call: Call, verb: Verb) -> str:
    if verb.about is About.RUN:
        return path_id(call)
    wanted = call.request.match_info["id"]
    if not _SCOPE.fullmatch(wanted):
        raise HttpRefusal(404, "not_found", "there is no such pause", "see GET /api/v1/pauses")
    return wanted


async def plan(call: Call) -> web.Response:
    """Say what would happen now for an alert with these labels; nothing is changed."""
    asked = await read_object(call, PlanAsked)
    try:
        return call.shows(plan_shape(await call.context.plan(Wanted(**dict(asked)))))
    except InputError as error:
        raise invalid(str(error)) from error


_PLAN = Route(
    method="POST",
    path="/api/v1/plan",
    access=Role.OPERATOR,
    handler=plan,
    summary=(plan.__doc__ or "").splitlines()[0],
    body=PlanAsked,
)
