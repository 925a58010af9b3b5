"""How http answers: JSON, errors in one shape, and the headers that every answer carries."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from aiohttp import web
from multidict import CIMultiDict

from remediator.http.answers import Error, Problem
from remediator.http.refusal import HttpRefusal

HEADERS = CIMultiDict(
    {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "Server": "remediator",
        "X-Content-Type-Options": "nosniff",
    }
)

_ENCODER = json.JSONEncoder(allow_nan=False)


def reply(value: object, status: int = 200) -> web.Response:
    """Answer with a JSON-like value."""
    return reply_json(dump(value), status)


def reply_json(body: bytes, status: int) -> web.Response:
    """Answer with JSON that is written already."""
    return web.Response(body=body, status=status, headers=HEADERS.copy())


def reply_text(body: bytes, content_type: str, status: int = 200) -> web.Response:
    """Answer with text of another type."""
    headers = {**HEADERS, "Content-Type": content_type}
    return web.Response(body=body, status=status, headers=headers)


def reply_error(refusal: HttpRefusal) -> web.Response:
    """Answer with an error."""
    problem = Problem(code=refusal.code, message=str(refusal), hint=refusal.hint)
    response = reply(Error(error=problem).plain(), refusal.status)
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="remediator"'
    if refusal.close:
        response.force_close()
    return response


def dump(value: object) -> bytes:
    """Write JSON; numbers that JSON cannot hold (NaN, infinity) become null."""
    try:
        return _ENCODER.encode(value).encode()
    except ValueError:
        return _ENCODER.encode(_finite(value)).encode()


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value
