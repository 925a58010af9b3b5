"""One JSON API with its own limits and credentials; shared by Prometheus's and Alertmanager's gateways.

Only looks are made here, so whatever goes wrong on the way is Transient. More than 4 MiB are not read: that
much takes about a tenth of a second, and while JSON is read nothing else is done, on whichever thread.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from pydantic_core import from_json
from yarl import URL

from remediator.core.errors import ActionError, Transient
from remediator.documents.regular_file import require_regular
from remediator.documents.sign_in import ServerShape
from remediator.ports.inspection import Finding, Level

T = TypeVar("T")

BODY_LIMIT = 4 * 1024 * 1024
_LARGE = 128 * 1024
CONNECT_SECONDS = 3.0
_HEADERS = {"User-Agent": "remediator", "Accept": "application/json", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where an API is, and what to show it. `authorization` is the whole header value; see `bearer` and `basic`."""

    url: str
    authorization: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_file: str | None = None

    @property
    def place(self) -> str:
        """Host and port, for messages: a URL may hold credentials."""
        return URL(self.url).host_port_subcomponent or "an URL without a host"


def endpoints_of(urls: Iterable[str], server: ServerShape) -> tuple[Endpoint, ...]:
    """Return where a section leads to."""
    authorization = ""
    if server.bearer_token:
        authorization = bearer(server.bearer_token.reveal())
    elif server.basic:
        authorization = basic(server.basic.user, server.basic.password.reveal())
    ca_file = str(server.ca_file) if server.ca_file else None
    return tuple(
        Endpoint(url=url, authorization=authorization, headers=server.headers, ca_file=ca_file)
        for url in urls
    )


def no_answer(where: str, error: ActionError) -> Finding:
    """Return what `check --online` says of a server that gave none."""
    refused = any(f"status {status}" in error.detail for status in (401, 403))
    hint = "see `bearer_token_file`, `basic` and `headers` in the settings" if refused else ""
    return Finding(level=Level.ERROR, where=where, text=error.detail, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A status and the JSON that came with it; `document` is None where the body was not JSON."""

    status: int
    document: Any
    size: int = 0

    async def shaped(self, shape: Callable[[Any], T]) -> T:
        """Return what a function makes of the document; of a large one on a thread, as that takes a while."""
        if self.size <= _LARGE:
            return shape(self.document)
        return await asyncio.to_thread(shape, self.document)


def bearer(token: str) -> str:
    """Return the Authorization header for a bearer token."""
    return f"Bearer {token}"


def basic(user: str, password: str) -> str:
    """Return the Authorization header for a user and a password (RFC 7617, UTF-8)."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


class TooLarge(ValueError):
    """Say that an answer is larger than what is read."""


class JsonApi:
    """Ask one endpoint. The session is opened with the first question; call `close` at the end."""

    def __init__(self, endpoint: Endpoint, *, timeout: timedelta) -> None:
        self._endpoint = endpoint
        self._base = endpoint.url.rstrip("/")
        self._seconds = timeout.total_seconds()
        self._tls = tls_context(endpoint.ca_file)
        self._session: aiohttp.ClientSession | None = None

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        return self._endpoint.place

    async def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Reply:
        """Ask with GET; raise Transient where there is no whole answer in time."""
        return await self._ask("GET", path, params=list(query))

    async def post(self, path: str, form: Mapping[str, str]) -> Reply:
        """Ask with a POSTed form; raise Transient where there is no whole answer in time."""
        return await self._ask("POST", path, data=dict(form))

    async def close(self) -> None:
        """Close what is open; a later question opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _ask(self, method: str, path: str, **more: Any) -> Reply:
        url = self._base + path
        try:
            async with self._opened().request(method, url, allow_redirects=False, **more) as answer:
                raw, is_whole = await read_capped(answer.content, BODY_LIMIT)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Transient(f"{self.place}: {complaint(error)}") from error
        if not is_whole:
            raise Transient(
                f"{self.place}: the answer is too large, more than {BODY_LIMIT >> 20} MiB"
            )
        return Reply(status=answer.status, document=json_or_none(raw), size=len(raw))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            credentials = self._endpoint.authorization
            extra = {"Authorization": credentials} if credentials else {}
            connect = min(CONNECT_SECONDS, self._seconds)
            self._session = aiohttp.ClientSession(
                headers={**_HEADERS, **self._endpoint.headers, **extra},
                connector=aiohttp.TCPConnector(limit=32, ssl=self._tls),
                timeout=aiohttp.ClientTimeout(total=self._seconds, connect=connect),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session


def tls_context(ca_file: str | None) -> ssl.SSLContext | bool:
    """Return how servers are verified: by these authorities, or (None) by the machine's."""
    if not ca_file:
        return True
    require_regular(Path(ca_file))
    return ssl.create_default_context(cafile=ca_file)


async def read_capped(stream: aiohttp.StreamReader, most: int) -> tuple[bytes, bool]:
    """Read at most so many bytes; say whether that was all."""
    chunks, size = [], 0
    while chunk := await stream.read(min(65_536, most + 1 - size)):
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            return b"".join(chunks)[:most], False
    return b"".join(chunks), True


def complaint(error: Exception) -> str:
    """Say what went wrong on the way, in a few words without URLs (which may hold secrets)."""
    if isinstance(error, TooLarge):
        return "the answer is too large"
    if isinstance(error, asyncio.TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect ({error.os_error.strerror or type(error.os_error).__name__})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"the connection failed ({type(error).__name__})"


def json_or_none(raw: bytes) -> object:
    """Return what the bytes say as JSON; None where they are none (NaN and Infinity are none, too)."""
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError:
        return None
