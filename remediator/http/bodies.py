"""Reading what clients send: bodies with limits in size and time, JSON objects with known keys, queries, path parts."""

from __future__ import annotations

import asyncio
import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from aiohttp import web
from pydantic import ValidationError

from remediator.documents.strictjson import InvalidJson, read_json, refuse_deep
from remediator.http.asked import LONGEST_TEXT, WHOLE, Asked
from remediator.http.refusal import HttpRefusal
from remediator.http.room import Share
from remediator.http.route import Call

Body = TypeVar("Body", bound=Asked)
LARGEST_BODY = 16 * 1024 * 1024
LARGEST_FORM = 256 * 1024
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}")
_LARGEST_PAGE = 500


async def read_body(call: Call, limit: int, share: Share | None = None) -> bytes:
    """Return the raw body; refuse encoded (415), large (413) and slow ones (TimeoutError).

    Where bodies may be large, `share` is what this one takes of their room (Overloaded).
    """
    request = call.request
    if "Content-Encoding" in request.headers:
        raise HttpRefusal(
            415, "unsupported", "no Content-Encoding is taken: send the body as it is"
        )
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    if request.content.is_eof():  # all of it has arrived: nothing to wait for, and a timer costs
        body = request.content.read_nowait()
    else:
        async with asyncio.timeout(call.context.body_seconds):
            body = await _read(request, limit, share)
    if len(body) > limit:
        raise too_large(limit)
    return body


async def _read(request: web.Request, limit: int, share: Share | None) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        while size <= limit and (piece := await request.content.readany()):
            pieces.append(piece)
            size += len(piece)
            if share is not None:
                share.grow(len(piece))
        return b"".join(pieces)
    except web.RequestPayloadError as error:
        raise HttpRefusal(400, "invalid", "the body ended too early", close=True) from error


def too_large(limit: int) -> HttpRefusal:
    """Return the answer to a body over the limit."""
    return HttpRefusal(413, "too_large", f"the most is {limit} bytes", close=True)


async def read_object(call: Call, model: type[Body]) -> Body:
    """Return the JSON object in the body, an empty one for an empty body; unknown and missing keys are refused."""
    body = await read_body(call, LARGEST_FORM)
    if body and call.request.content_type != "application/json":
        raise HttpRefusal(415, "unsupported", "the body must be JSON", "send application/json")
    try:
        value = read_json(body) if body else {}
        refuse_deep(value)
    except InvalidJson as error:
        raise invalid(str(error)) from error
    if not isinstance(value, dict):
        raise invalid("the body must be a JSON object")
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    refuse_unknown(value, fields, "key")
    for key, field in fields.items():
        if field.is_required() and key not in value:
            raise invalid(f"`{key}` is missing", field.description or "")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _objected(error.errors(include_url=False)[0]) from error


def _objected(found: Mapping[str, Any]) -> HttpRefusal:
    return invalid(found["msg"] if found["type"] == WHOLE else f"`{found['loc'][0]}`{found['msg']}")


def refuse_unknown(given: Iterable[str], known: Iterable[str], what: str) -> None:
    """Refuse names that mean nothing here, so that a typo is never silently ignored."""
    names = list(known)
    for name in given:
        if name not in names:
            close = difflib.get_close_matches(name[:100], names, n=1)
            hint = (
                f"Did you mean `{close[0]}`?" if close else f"known: {', '.join(names) or 'none'}"
            )
            raise invalid(f"unknown {what} `{name[:100]}`", hint)


def path_id(call: Call) -> str:
    """Return the id in the path; what cannot be an id is not found."""
    text = call.request.match_info["id"]
    if not _ID.fullmatch(text):
        raise HttpRefusal(404, "not_found", "there is nothing with that id")
    return text


def read_query(call: Call, known: tuple[str, ...]) -> dict[str, str]:
    """Return the query's parameters; unknown, repeated and unstorable ones are refused."""
    query = call.request.query
    refuse_unknown(query, known, "query parameter")
    for name in known:
        values = query.getall(name, ())
        if len(values) > 1:
            raise invalid(f"`{name}` is there {len(values)} times")
        if values and not _is_storable(values[0]):
            raise invalid(f"`{name}` is not a text that can be looked for")
    return dict(query)


def limit_of(query: Mapping[str, str]) -> int:
    """Return how many items a list may have."""
    text = query.get("limit", "50")
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= _LARGEST_PAGE:
        raise invalid(f"`limit` must be a number from 1 to {_LARGEST_PAGE}")
    return int(text[:9])


def _is_storable(text: str) -> bool:
    if len(text) > LONGEST_TEXT or "\x00" in text:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in text)


def invalid(message: str, hint: str = "") -> HttpRefusal:
    """Return the answer to a request that makes no sense."""
    return HttpRefusal(400, "invalid", message, hint)
