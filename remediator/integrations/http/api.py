"""What we ask of the web: one request or one connection to a host that the settings allow. No redirects, no surprises.

The gateway under the key `http` keeps both promises: `Http` and `Tcp`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from remediator.core.errors import Transient
from remediator.ports.gateways import ReadKey


class NotListening(Transient):
    """Say that the host answered, and that nobody listens on that port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer, body capped at 1 MiB and decoded with replacement. Names of headers are case-insensitive."""

    status: int
    body: str
    headers: Mapping[str, str]


class Http(Protocol):
    """Requests to allowed hosts only (security.md, SSRF)."""

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
        """Return the answer, whatever its status; a redirect is an answer too. `content` is sent as it is.

        Raise Permanent (not allowed), Transient (not sent, or only a look was lost), Uncertain (sent, no answer).
        """
        ...


class Tcp(Protocol):
    """Connections to allowed hosts only, by the same rule."""

    async def connect(self, host: str, port: int, *, timeout: timedelta) -> float:
        """Connect, say nothing, hang up, and return how many seconds it took to connect.

        Raise Permanent (not allowed), NotListening or another Transient.
        """
        ...


_NO_HOST = "no host may be asked: add `http.allow` to the settings"
HTTP: ReadKey[Http] = ReadKey("http", _NO_HOST)
TCP: ReadKey[Tcp] = ReadKey("tcp", _NO_HOST)
