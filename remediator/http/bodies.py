"""Reading what clients send: bodies with limits in size and time, JSON objects with known keys, queries, path parts."""

from __future__ import annotations

import asyncio
import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from remediator.core.duration import parse_duration
from remediator.documents.strictjson import InvalidJson, read_json, refuse_deep
from remediator.http.refusal import HttpRefusal
from remediator.http.room import Share
from remediator.http.route import Call

LARGEST_BODY = 16 * 1024 * 1024
LARGEST_FORM = 256 * 1024
LONGEST_TEXT = 2_000
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


async def read_object(call: Call, known: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the JSON object in the body, {} for an empty body; unknown and missing keys are refused."""
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
    refuse_unknown(value, known, "key")
    for key, schema in known.items():
        if schema.get("required") and key not in value:
            raise invalid(f"`{key}` is missing", str(schema.get("description", "")))
    return value


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


def text_of(value: Mapping[str, Any], key: str, *, required: bool = False) -> str:
    """Return a text of an object, stripped; empty where it is absent."""
    text = value.get(key)
    if text is None and not required:
        return ""
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise invalid(f"`{key}` must be a text of at most {LONGEST_TEXT} characters")
    if required and not text.strip():
        raise invalid(f"`{key}` must not be empty")
    return text.strip()


def duration_of(value: Mapping[str, Any], key: str) -> timedelta | None:
    """Return a duration of an object, or None where it is absent."""
    text = text_of(value, key)
    try:
        return parse_duration(text) if text else None
    except ValueError as error:
        raise invalid(f"`{key}`: {error}") from error


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
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    if not is_number or not 1 <= int(text) <= _LARGEST_PAGE:
        raise invalid(f"`limit` must be a number from 1 to {_LARGEST_PAGE}")
    return int(text)


def _is_storable(text: str) -> bool:
    if len(text) > LONGEST_TEXT or "\x00" in text:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in text)


def invalid(message: str, hint: str = "") -> HttpRefusal:
    """Return the answer to a request that makes no sense."""
    return HttpRefusal(400, "invalid", message, hint)
