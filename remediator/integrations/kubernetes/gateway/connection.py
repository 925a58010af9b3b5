"""One cluster's HTTP API: signs in, asks, and says what is known where no answer comes. Used by `cluster`, and by the
shell in pods.

A question may be asked again; a write is sent once, on a connection of its own. What an answer means is told by
`answers`.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from yarl import URL

from remediator.core.errors import ActionError, Permanent, Transient, Uncertain
from remediator.integrations.json_api import TooLarge, complaint, json_or_none, read_capped
from remediator.integrations.kubernetes.gateway.credentials import Credentials, credentials_of
from remediator.integrations.kubernetes.gateway.kubeconfig import Account, read_account
from remediator.integrations.kubernetes.settings import KubernetesSettings

LOOK_TIMEOUT = timedelta(seconds=15)
CONNECT_SECONDS = 5.0
BODY_LIMIT = 8 * 1024 * 1024  # of JSON: two tenths of a second in which nothing else is done
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)
_GOODBYE = 0.1  # TLS is shut down behind our back (aiohttp, "Graceful Shutdown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One HTTP request; `body` is what its JSON says."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: object = None
    content_type: str = "application/json"
    most: int = BODY_LIMIT

    @property
    def target(self) -> str:
        """Path and query as they stand in the request."""
        return str(URL.build(path=self.path, query=list(self.query), encoded=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status and what came with it; `document` is None where that is no JSON."""

    status: int
    raw: bytes

    @property
    def document(self) -> object:
        """The body as JSON."""
        return json_or_none(self.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A signed-in client for questions and one for writes. `headers` holds who we are."""

    account: Account
    credentials: Credentials
    looking: object = field(repr=False)
    writing: Any = field(repr=False)
    good_until: float

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request."""
        headers = {"Accept": "application/json", "User-Agent": "remediator"}
        if self.credentials.authorization:
            headers["Authorization"] = self.credentials.authorization
        return headers


class Connection:
    """Talk to one cluster. It is opened by the first question; call `close` at the end."""

    def __init__(self, settings: KubernetesSettings, *, timeout: timedelta = LOOK_TIMEOUT) -> None:
        self._settings = settings
        self._timeout = timeout
        self._door: Door | None = None
        self._clients: list[Any] = []
        self._opening = asyncio.Lock()

    async def ask(self, question: Question) -> Answer:
        """Ask; raise Transient where there is no whole answer in time. Who we are is read anew after a 401."""
        door = await self.open()
        answer = await self._asked(door, question)
        if answer.status == 401:
            self.forget(door)
            answer = await self._asked(await self.open(), question)
        return answer

    async def send(self, question: Question, *, timeout: timedelta) -> Answer:
        """Send a write once; raise Transient (not sent for sure) or Uncertain (no whole answer)."""
        door = await self.open()
        try:
            answer = await self._exchange(door, door.writing, question, timeout.total_seconds())
        except _NOT_SENT as error:
            raise self._unreached(door, error) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            text = f"sent, but {complaint(error)}"
            raise Uncertain(text, target=self._settings.name) from error
        if answer.status == 401:
            self.forget(door)
        return answer

    async def open(self) -> Door:
        """Return a door that is good now; raise Transient or Permanent where we cannot sign in."""
        async with self._opening:
            if self._door is None or time.monotonic() >= self._door.good_until:
                try:
                    self._door = await self._opened(self._door)
                except (Transient, Permanent) as error:
                    raise self._named(error) from error
            return self._door

    def forget(self, door: Door) -> None:
        """Read who we are anew for the next request: this door was not opened to us."""
        if self._door is door:
            self._door = replace(door, good_until=float("-inf"))

    async def close(self) -> None:
        """Close what is open; a later question opens anew."""
        clients, self._clients = self._clients, []
        door, self._door = self._door, None
        for client in clients:
            await client.close()
        if door and door.account.server.startswith("https:"):
            await asyncio.sleep(_GOODBYE)

    async def _opened(self, last: Door | None) -> Door:
        account = await asyncio.to_thread(read_account, self._settings)
        shown = await credentials_of(account, datetime.now(UTC))
        good_until = time.monotonic() + shown.seconds
        if last and last.account == account and _same_certificate(last.credentials, shown):
            return replace(last, credentials=shown, good_until=good_until)
        looking, writing = await asyncio.to_thread(_clients, account, shown)
        self._clients += [
            looking,
            writing,
        ]  # those before are closed at the end: they may be in use
        return Door(
            account=account,
            credentials=shown,
            looking=looking,
            writing=writing,
            good_until=good_until,
        )

    async def _asked(self, door: Door, question: Question) -> Answer:
        seconds = self._timeout.total_seconds()
        try:
            return await self._exchange(door, door.looking, question, seconds)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._unreached(door, error) from error

    def _unreached(self, door: Door, error: Exception) -> Transient:
        if isinstance(error, aiohttp.ClientSSLError):  # its authority was replaced, perhaps
            self.forget(door)
        return Transient(complaint(error), target=self._settings.name)

    async def _exchange(
        self, door: Door, client: Any, question: Question, seconds: float
    ) -> Answer:
        """Raise ValueError where the answer is too large, else what aiohttp raises."""
        # Connecting ends before all of it does, so that a time limit says which of the two it was.
        connect = min(CONNECT_SECONDS, seconds / 2)
        response = await client.call_api(
            question.method,
            door.account.server + question.target,
            header_params={**door.headers, "Content-Type": question.content_type},
            body=question.body,
            _request_timeout=aiohttp.ClientTimeout(total=seconds, connect=connect),
        )
        async with response.response as answer:
            raw, is_whole = await read_capped(answer.content, question.most)
        if not is_whole:
            raise TooLarge
        return Answer(status=answer.status, raw=raw)

    def _named(self, error: ActionError) -> ActionError:
        return error if error.target else type(error)(error.detail, target=self._settings.name)


def _clients(account: Account, shown: Credentials) -> tuple[object, object]:
    from remediator.integrations.kubernetes.gateway.client import clients

    try:
        return clients(account, shown)
    except (OSError, ValueError) as error:
        raise Permanent("a certificate or key to sign in with cannot be used") from error


def _same_certificate(one: Credentials, other: Credentials) -> bool:
    return (one.certificate, one.key) == (other.certificate, other.key)
