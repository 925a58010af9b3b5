"""One call of a handler, without a socket: what it answers, or how it refuses. The server has tests of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from remediator.core.person import Person
from remediator.http.route import Call, Handler
from remediator.ports.store import Store
from remediator.testing import builders as make
from tests.http.daemon import RecordedMetrics, a_context


class Line:
    """A client's connection, as far as handlers ask about it: an address, and the names of a certificate."""

    def __init__(self, address: str = "127.0.0.1", names: tuple[str, ...] = ()) -> None:
        subject = tuple((("commonName", name),) for name in names)
        self._known = {"peername": (address, 1), "peercert": {"subject": subject}}

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._known.get(name, default)


def a_request(
    target: str = "/",
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    line: Line | None = None,
) -> web.Request:
    """Return a request without a body; its path's last but one part (`runs/run_1/events`) or last one is `id`."""
    return make_mocked_request(method, target, headers, transport=line or Line())


def a_call(
    target: str = "/",
    *,
    store: Any = None,
    match: str = "",
    person: Person | None = None,
    **changes: Any,
) -> Call:
    """Return an admitted call; `match` is the `id` in its path, `changes` replace fields of the context."""
    context = replace(a_context(store, RecordedMetrics(), ()), **changes)
    request = make_mocked_request("GET", target, match_info={"id": match})
    return Call(context, request, person=person or make.a_person())


def a_post(
    body: bytes | Mapping[str, Any],
    *,
    store: Any = None,
    match: str = "",
    headers: Mapping[str, str] | None = None,
    is_whole: bool = True,
    **changes: Any,
) -> Call:
    """Return an admitted call of Ana's whose body has come, but for its end where it is not whole."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    payload = StreamReader(BaseProtocol(asyncio.get_running_loop()), len(raw) + 1)
    payload.feed_data(raw)
    if is_whole:
        payload.feed_eof()
    else:
        asyncio.get_running_loop().call_soon(payload.feed_eof)
    request = make_mocked_request(
        "POST",
        "/",
        {"Content-Type": "application/json"} if headers is None else headers,
        payload=payload,
        match_info={"id": match},
    )
    context = replace(a_context(store, RecordedMetrics(), ()), **changes)
    return Call(context, request, person=make.a_person())


async def answered(handler: Handler, target: str, store: Store, *, match: str = "") -> Any:
    """Return the JSON of a 200."""
    answer = await handler(a_call(target, store=store, match=match))
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)
