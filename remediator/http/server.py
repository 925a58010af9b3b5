"""The HTTP server: the route table behind one door, errors in one shape, start and stop. Used by `app`."""

from __future__ import annotations

import asyncio
import resource
import ssl
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from remediator.core.errors import (
    InputError,
    InvalidSettings,
    Overloaded,
    Refused,
    StoreUnavailable,
)
from remediator.core.panics import is_out_of_memory
from remediator.http.accepting import Listener, bound_sockets
from remediator.http.bodies import LARGEST_BODY, too_large
from remediator.http.context import HttpContext
from remediator.http.credentials import Role
from remediator.http.origin import Origins, is_loopback
from remediator.http.refusal import HttpRefusal
from remediator.http.replies import reply_error
from remediator.http.route import Call, Gate, Route, Signed
from remediator.http.routes import routes_of

_REFUSED = {"not_found": 404, "forbidden": 403, "conflict": 409}
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_OPEN_FILES = 65_536
_IDLE_SECONDS = 330.0
"""Longer than the five minutes for which Alertmanager keeps an idle connection: so the sender ends it, never we under a
post (docs/decisions/0039). Also the longest that a later head may take; the first one has less time."""
_SHUTDOWN_SECONDS = 5.0
_LINGERING_SECONDS = 2.0
_OF_CONNECTIONS: dict[str, Any] = {
    "access_log": None,
    "auto_decompress": False,
    "keepalive_timeout": _IDLE_SECONDS,
    "lingering_time": _LINGERING_SECONDS,
}

_Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Certificate and key of the listener; with a client CA, a certificate that a client sends is verified."""

    cert_file: str
    key_file: str
    client_ca_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """What `start` needs to know of an application that `build_app` made."""

    origins: Origins
    shortcuts: Mapping[str, _Answer]
    log: Callable[..., None]


_DOOR = web.AppKey("door", _Door)


def build_app(context: HttpContext) -> web.Application:
    """Return the application with every route of the table."""
    outermost = _outermost(context)
    app = web.Application(middlewares=[outermost], client_max_size=LARGEST_BODY)
    app.on_cleanup.append(lambda _: context.readers.close())
    origins = Origins(context.external_url)
    shortcuts: dict[str, _Answer] = {}
    for route in routes_of(context.readers.sources, context.doors, context.verbs):
        answer = _guarded(route, context, origins)
        app.router.add_route(route.method, route.path, answer)
        if route.access is Gate.SOURCE:
            app.router.add_route(route.method, f"{route.path}/", answer)
            shortcuts[route.path] = partial(outermost, handler=answer)
    app[_DOOR] = _Door(origins=origins, shortcuts=shortcuts, log=context.metrics.log)
    return app


async def start(listen: str, app: web.Application, tls: TlsFiles | None = None) -> web.AppRunner:
    """Listen on `HOST:PORT` (`:PORT` is every address); return the runner that `stop` ends. Raise InvalidSettings."""
    allow_many_connections()
    host, port = read_address(listen)
    context = _tls_context(tls)
    runner = web.AppRunner(app, handler_cancellation=False, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    door = app.get(_DOOR)
    if door:
        door.origins.on_loopback = is_loopback(host)
        _lay_shortcuts(runner, door.shortcuts)
    try:
        sockets = await bound_sockets(host, port)
    except OSError as error:
        await runner.cleanup()
        raise InvalidSettings(f"cannot listen on {listen}: {error.strerror or error}") from error
    log = door.log if door else _unheard
    await Listener(runner, sockets, tls=context, log=log, settings=_OF_CONNECTIONS).start()
    return runner


async def stop(runner: web.AppRunner) -> None:
    """Stop listening, let requests under way finish, close all connections."""
    await runner.cleanup()


def read_address(listen: str) -> tuple[str | None, int]:
    """Read `HOST:PORT`, `[IPV6]:PORT` or `:PORT`; raise InvalidSettings."""
    host, colon, port = listen.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not port.isascii() or not port.isdecimal() or int(port[:6]) > 65_535:
        raise InvalidSettings(f"{listen!r} is not an address: write it like 127.0.0.1:9095")
    if ":" in bare and bare == host:
        raise InvalidSettings(f"{listen!r}: an IPv6 address stands in brackets, as in [::1]:9095")
    return bare or None, int(port)


def _lay_shortcuts(runner: web.AppRunner, shortcuts: Mapping[str, _Answer]) -> None:
    """Take plain webhook posts past the router, which costs as much as all our checks; those are made here too."""
    server = runner.server
    assert server is not None  # noqa: S101
    routed = server.request_handler

    def answer(request: Any) -> Awaitable[web.StreamResponse]:
        shortcut = shortcuts.get(request.raw_path) if request.method == "POST" else None
        expected = request.headers.get("Expect")
        if shortcut and expected is None:
            return shortcut(request)
        if expected is not None and expected.lower() != "100-continue":
            return _expectation_failed()
        return routed(request)

    server.request_handler = answer


async def _expectation_failed() -> web.Response:
    """Answer before the router would, in the sender's own words."""
    words = "only `Expect: 100-continue` is understood"
    return reply_error(HttpRefusal(417, "unsupported", words, close=True))


def _unheard(event: str, **fields: object) -> None:
    """Log nothing: an application without a context has no log."""


def _guarded(route: Route, context: HttpContext, origins: Origins) -> _Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        origins.check(request)
        return await route.handler(_admitted(route, context, request))

    return answer


def _admitted(route: Route, context: HttpContext, request: web.Request) -> Call:
    authenticator = context.authenticator()
    match route.access:
        case Gate.SOURCE:
            return Call(context, request, source=_source(context, request))
        case Gate.ANYONE | Signed():  # a door's handler asks for the signature itself
            return Call(context, request)
        case Gate.SCRAPER:
            authenticator.check_scraper(request)
            return Call(context, request)
        case role:
            caller = authenticator.caller(request)
            if caller.role < role:
                raise _lacks(caller.person.name, caller.role, role)
            return Call(context, request, person=caller.person)


def _source(context: HttpContext, request: web.Request) -> str:
    try:
        return context.authenticator().source(request)
    except HttpRefusal as refusal:
        context.metrics.notification("-", str(refusal.status))
        raise


def _lacks(name: str, held: Role, needed: Role) -> HttpRefusal:
    message = f"{name} is {held.name.lower()} and this needs {needed.name.lower()}"
    return HttpRefusal(403, "forbidden", message, "roles stand under `users` in the settings")


def _outermost(context: HttpContext) -> Middleware:
    @web.middleware
    async def outermost(request: web.Request, handler: _Answer) -> web.StreamResponse:
        try:
            return await handler(request)
        except HttpRefusal as refusal:
            return reply_error(refusal)
        except (ConnectionError, asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            raise
        except (
            BaseException
        ) as error:  # the one place of http where anything may arrive, also Rust's panics
            return reply_error(_translated(error, request, context))

    return outermost


def _translated(error: BaseException, request: web.Request, context: HttpContext) -> HttpRefusal:
    match error:
        case Refused():
            return HttpRefusal(_REFUSED.get(error.code, 409), error.code, str(error), error.hint)
        case Overloaded():
            return HttpRefusal(503, "unavailable", str(error), "try again", close=True)
        case _ if is_out_of_memory(error):
            context.metrics.log("out_of_memory", method=request.method, path=request.path)
            return HttpRefusal(
                503, "unavailable", "there is no memory for this now", "try again", close=True
            )
        case StoreUnavailable():
            return HttpRefusal(503, "unavailable", "the store cannot be reached", "try again")
        case InputError():
            return HttpRefusal(400, "invalid", str(error))
        case web.HTTPRequestEntityTooLarge():
            return too_large(LARGEST_BODY)
        case web.HTTPException():
            code = _CODES.get(error.status, "invalid")
            return HttpRefusal(error.status, code, error.reason, "see GET /api/openapi.json")
        case TimeoutError():
            return HttpRefusal(408, "timeout", "the request took too long", close=True)
    context.metrics.log(
        "http_failed",
        method=request.method,
        path=request.path,
        problem="".join(traceback.format_exception(error)),
    )
    return HttpRefusal(500, "internal", "a bug in remediator: its log has the details")


def _tls_context(tls: TlsFiles | None) -> ssl.SSLContext | None:
    if tls is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file)
        if tls.client_ca_file:
            context.load_verify_locations(tls.client_ca_file)
            context.verify_mode = ssl.CERT_OPTIONAL
    except (OSError, ssl.SSLError) as error:
        raise InvalidSettings(f"tls: {error}") from error
    return context


def allow_many_connections() -> None:
    """Raise the limit of open files: slow and half-open connections must not use up all that good ones need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
