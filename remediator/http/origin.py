"""Requests that a browser was tricked into: pages of other sites that post here, and names that were bound to us.

Where people need no credentials (loopback), or a proxy or the browser adds them, this is what stands between a web
page and production.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from aiohttp import web

from remediator.core import spelling
from remediator.http.refusal import HttpRefusal

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
LOOPBACK_HOSTS = frozenset(("localhost", "127.0.0.1", "::1"))
_KEPT_HOSTS = 64


class Origins:
    """Knows under which names the daemon is reached: on loopback its own and that of `external_url`, elsewhere any.

    `on_loopback` is what `start` listens on.
    """

    def __init__(self, external_url: str) -> None:
        parts = urlsplit(external_url)
        name = parts.hostname
        self._hosts = LOOPBACK_HOSTS | ({name} if name else set())
        self._origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else None
        self._host_name = lru_cache(_KEPT_HOSTS)(_host_name)
        self.on_loopback = True

    def check(self, request: web.Request) -> None:
        """Refuse a request for a host that is not us, and a change that a page of another site asks for."""
        if self.on_loopback and self._host_name(request.headers.get("Host", "")) not in self._hosts:
            raise HttpRefusal(
                403,
                "forbidden",
                "the Host header names a host that is not this daemon",
                "use http://127.0.0.1, or set `external_url` to the name that you use",
            )
        if request.method in SAFE_METHODS:
            return
        site = request.headers.get("Sec-Fetch-Site", "none")
        if site not in ("same-origin", "none") or not self._is_ours(request):
            raise HttpRefusal(403, "forbidden", "the request comes from a page of another site")

    def _is_ours(self, request: web.Request) -> bool:
        origin = request.headers.get("Origin")
        if origin is None or origin == self._origin:
            return True
        scheme, separator, authority = origin.partition("://")
        own = request.headers.get("Host", "")
        return bool(separator) and scheme in ("http", "https") and authority == own


def is_loopback(host: str | None) -> bool:
    """Say whether a listener on this host is reached from this machine only; None listens everywhere."""
    return host is not None and spelling.is_loopback(host)


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""
