"""Requests and connections to hosts that the settings allow; for the checks `http` and `tcp` and the webhook channel.

Names are resolved here, every address is checked, and the connection goes to the checked address: a second answer of
the name server (DNS rebinding) is never asked for. Each request has a connection of its own, so that an error before
anything was sent is surely that.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from json import dumps
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from remediator.core.errors import ActionError, Permanent, Transient, Uncertain
from remediator.integrations.http.address_rules import Destinations
from remediator.integrations.http.api import NotListening, Response
from remediator.integrations.json_api import complaint, read_capped, tls_context

BODY_LIMIT = 1024 * 1024
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {"User-Agent": "remediator", "Accept-Encoding": "identity"}
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def system_resolve(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses that this machine's resolver knows for a name; OSError where there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class HttpGateway:
    """Keep the promises of `http.api` (`Http` and `Tcp`) for a list of allowed hosts. Call `close` at the end."""

    def __init__(
        self,
        allowed: Iterable[str],
        *,
        resolve: Resolve = system_resolve,
        ca_file: str | None = None,
    ) -> None:
        self._destinations = Destinations(allowed)
        self._resolve = resolve
        self._tls = tls_context(ca_file)
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        timeout: timedelta,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """See ports.http.Http."""
        checked = self._destinations.check_url(url)
        _check_words(method, headers or {})
        body = content if json is None else dumps(json, allow_nan=False).encode()
        kind = {} if json is None else {"Content-Type": "application/json"}
        journey = _Journey(safe=method.upper() in _SAFE_METHODS, place=checked.authority)
        try:
            async with (
                asyncio.timeout(timeout.total_seconds()),
                self._opened().request(
                    method,
                    checked,
                    data=body,
                    headers={**_HEADERS, **kind, **(headers or {})},
                    allow_redirects=False,
                    trace_request_ctx=journey,
                ) as answer,
            ):
                raw, _ = await read_capped(answer.content, BODY_LIMIT)
                text = raw.decode(errors="replace")
                return Response(status=answer.status, body=text, headers=answer.headers)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise journey.translated(error) from error

    async def connect(self, host: str, port: int, *, timeout: timedelta) -> float:
        """See ports.http.Tcp."""
        self._destinations.check_host(host, port)
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(timeout.total_seconds()):
                await _connect_to_any(await self._checked_addresses(host, port), port)
        except (OSError, ValueError) as error:
            raise _Journey(safe=True, place=f"{host}:{port}").translated(error) from error
        return loop.time() - started

    async def close(self) -> None:
        """Close what is open; a later request opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _checked_addresses(self, host: str, port: int) -> tuple[str, ...]:
        """Resolve a name; one forbidden address among its addresses is enough to refuse it."""
        addresses = tuple(await self._resolve(host, port))
        for address in addresses:
            self._destinations.check_address(host, ipaddress.ip_address(address), port)
        if not addresses:
            raise OSError(errno.EHOSTUNREACH, "the name has no address")
        return addresses

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_CheckedResolver(self._checked_addresses),
                    use_dns_cache=False,
                    force_close=True,
                    ssl=self._tls,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
                trace_configs=[_tracing()],
            )
        return self._session


def _check_words(method: str, headers: Mapping[str, str]) -> None:
    """Refuse what would end a line early: the client library notices only while sending."""
    if not method.isalpha() or not method.isascii():
        raise Permanent("the method is not a word")
    if not all(text.isprintable() for pair in headers.items() for text in pair):
        raise Permanent("a header has characters that no header has")


@dataclass(slots=True)
class _Journey:
    """How far one request got: before anything is sent, a failure has surely changed nothing."""

    safe: bool
    place: str
    sent: bool = False

    def translated(self, error: Exception) -> ActionError:
        """Return our error for the client library's."""
        text = f"{self.place}: {complaint(error)}"
        if self.sent and not self.safe:
            return Uncertain(f"{text}, after the request was sent")
        if isinstance(error, OSError) and _is_refusal(error):
            return NotListening(f"{self.place}: nobody listens there")
        if isinstance(error, ValueError) and not self.sent:
            return Permanent(f"{self.place}: not a request that can be sent ({complaint(error)})")
        return Transient(text)


def _is_refusal(error: OSError) -> bool:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return cause.errno == errno.ECONNREFUSED


def _tracing() -> aiohttp.TraceConfig:
    async def note_sent(session: aiohttp.ClientSession, context: Any, parameters: object) -> None:
        context.trace_request_ctx.sent = True

    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(note_sent)
    return tracing


class _CheckedResolver(AbstractResolver):
    """Give the client library only checked addresses; it connects to these and asks nobody else."""

    def __init__(self, addresses: Callable[[str, int], Awaitable[Sequence[str]]]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in await self._addresses(host, port)
        ]

    async def close(self) -> None:
        return None


async def _connect_to_any(addresses: Sequence[str], port: int) -> None:
    """Connect to the first address that answers, and hang up; the last one's error where none does."""
    for address in addresses[:-1]:
        with suppress(OSError):
            return await _connect_to(address, port)
    await _connect_to(addresses[-1], port)


async def _connect_to(address: str, port: int) -> None:
    _, writer = await asyncio.open_connection(address, port)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
