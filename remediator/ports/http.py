"""What we ask of the web: one request to a host that the settings allow. No redirects, no surprises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer, body capped at 1 MiB and decoded with replacement."""

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
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer; raise Permanent (not allowed), Transient (could not connect), Uncertain (sent, no answer)."""
        ...
