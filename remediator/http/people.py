"""POST and DELETE /api/v1/…: what people want, handed to control. One short function per verb; control decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from remediator.core.errors import InputError
from remediator.core.events import Settlement
from remediator.http import listed, shapes
from remediator.http.bodies import duration_of, invalid, path_id, read_object, text_of
from remediator.http.credentials import Role
from remediator.http.refusal import HttpRefusal
from remediator.http.replies import reply
from remediator.http.route import Call, Handler, Route

_Body = Mapping[str, Mapping[str, Any]]

_TEXT: Mapping[str, Any] = {"type": "string"}
_REASON: _Body = {"reason": {**_TEXT, "description": "for the journal and the people who read it"}}
_NEEDED_REASON: _Body = {"reason": {**_REASON["reason"], "required": True}}
_APPROVE: _Body = {
    "digest": {
        **_TEXT,
        "required": True,
        "description": "the whole digest of the plan that you have seen, 64 hex digits",
    },
    **_REASON,
}
_REJECT: _Body = {
    "digest": {**_TEXT, "description": "refuse only this plan, not a newer one; the whole digest"},
    **_NEEDED_REASON,
}
_SETTLEMENTS = {
    "applied": Settlement.APPLIED,
    "not_applied": Settlement.NOT_APPLIED,
    "abandon": Settlement.ABANDON,
}
_SETTLE: _Body = {
    "settlement": {**_TEXT, "enum": list(_SETTLEMENTS), "required": True},
    **_REASON,
}
_PAUSE: _Body = {
    "scope": {
        **_TEXT,
        "required": True,
        "description": "all, playbook/NAME, target/KIND/NAME or namespace/NAME",
    },
    "for": {**_TEXT, "description": "how long, as in 2h; absent: 30d, the longest there is"},
    **_REASON,
}
_PLAN: _Body = {
    "labels": {"type": "object", "required": True, "additionalProperties": _TEXT},
    "playbook": {**_TEXT, "description": "only this playbook"},
}
_MOST_LABELS = 256
_SCOPE = re.compile(r"[A-Za-z0-9_.:@/\[\] -]{1,300}")


async def approve(call: Call) -> web.Response:
    """Say yes to the plan with this digest."""
    body = await read_object(call, _APPROVE)
    run = await call.context.control.approve(
        path_id(call),
        digest=text_of(body, "digest", required=True),
        person=call.who,
        reason=text_of(body, "reason"),
    )
    return call.shows(shapes.run_shape(run))


async def reject(call: Call) -> web.Response:
    """Say no to the plan, with a reason."""
    body = await read_object(call, _REJECT)
    run = await call.context.control.reject(
        path_id(call),
        digest=text_of(body, "digest") or None,
        person=call.who,
        reason=text_of(body, "reason", required=True),
    )
    return call.shows(shapes.run_shape(run))


async def cancel(call: Call) -> web.Response:
    """Stop a run; a change under way is finished and observed first."""
    body = await read_object(call, _REASON)
    run = await call.context.control.cancel(
        path_id(call), person=call.who, reason=text_of(body, "reason")
    )
    return call.shows(shapes.run_shape(run))


async def take_over(call: Call) -> web.Response:
    """Stop a run because a person works on it, and stop the escalation."""
    body = await read_object(call, _REASON)
    run = await call.context.control.take_over(
        path_id(call), person=call.who, reason=text_of(body, "reason")
    )
    return call.shows(shapes.run_shape(run))


async def resolve_unknown(call: Call) -> web.Response:
    """Say what became of a change that nobody could observe."""
    body = await read_object(call, _SETTLE)
    settlement = _SETTLEMENTS.get(text_of(body, "settlement").replace(" ", "_"))
    if settlement is None:
        raise invalid(f"`settlement` must be one of: {', '.join(_SETTLEMENTS)}")
    run = await call.context.control.settle(
        path_id(call), settlement=settlement, person=call.who, reason=text_of(body, "reason")
    )
    return call.shows(shapes.run_shape(run))


async def pause(call: Call) -> web.Response:
    """Stop new changes: of all playbooks, of one, on one target or in one namespace."""
    body = await read_object(call, _PAUSE)
    made = await call.context.control.pause(
        text_of(body, "scope", required=True),
        duration=duration_of(body, "for"),
        reason=text_of(body, "reason"),
        person=call.who,
    )
    return call.shows(listed.pause_shape(made), 201)


async def resume(call: Call) -> web.Response:
    """End the pause with this id, or all pauses of this scope; `playbook/NAME` also closes its breaker."""
    wanted = call.request.match_info["id"]
    if not _SCOPE.fullmatch(wanted):
        raise HttpRefusal(404, "not_found", "there is no such pause", "see GET /api/v1/pauses")
    return reply({"ended": await call.context.control.resume(wanted, person=call.who)})


async def plan(call: Call) -> web.Response:
    """Say what would happen now for an alert with these labels; nothing is changed."""
    body = await read_object(call, _PLAN)
    labels = _labels(body["labels"])
    playbook = text_of(body, "playbook") or None
    try:
        return call.shows(await call.context.plan(labels, playbook))
    except InputError as error:
        raise invalid(str(error)) from error


def _labels(raw: Any) -> Mapping[str, str]:
    if not isinstance(raw, dict) or not raw or len(raw) > _MOST_LABELS:
        raise invalid("`labels` must be an object of 1 to 256 label names and texts")
    return {name: text_of(raw, name) for name in raw}


def _asked(path: str, handler: Handler, access: Role, body: _Body, answer: str = "Run") -> Route:
    return Route(
        method="POST",
        path=f"/api/v1/{path}",
        access=access,
        handler=handler,
        summary=(handler.__doc__ or "").splitlines()[0],
        answer=answer,
        status=201 if answer == "Pause" else 200,
        body=body,
    )


PEOPLE = (
    _asked("runs/{id}/approve", approve, Role.APPROVER, _APPROVE),
    _asked("runs/{id}/reject", reject, Role.APPROVER, _REJECT),
    _asked("runs/{id}/cancel", cancel, Role.OPERATOR, _REASON),
    _asked("runs/{id}/take-over", take_over, Role.OPERATOR, _REASON),
    _asked("runs/{id}/resolve-unknown", resolve_unknown, Role.OPERATOR, _SETTLE),
    _asked("pauses", pause, Role.OPERATOR, _PAUSE, "Pause"),
    _asked("plan", plan, Role.OPERATOR, _PLAN, "object"),
    Route(
        method="DELETE",
        path="/api/v1/pauses/{id:.+}",
        access=Role.OPERATOR,
        handler=resume,
        summary=(resume.__doc__ or "").splitlines()[0],
    ),
)
