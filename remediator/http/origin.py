"""Requests that a browser was tricked into: pages of other sites that post here, and names that were bound to us.

Where people need no credentials (loopback), or a proxy or the browser adds them, this is what stands between a web
page and production.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from remediator.http.context import HttpContext
from remediator.http.refusal import HttpRefusal

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
LOOPBACK_HOSTS = frozenset(("localhost", "127.0.0.1", "::1"))


def hosts_of(external_url: str, *, on_loopback: bool) -> frozenset[str] | None:
    """Return the host names that are answered: on loopback its own and that of `external_url`, elsewhere all (None)."""
    if not on_loopback:
        return None
    name = urlsplit(external_url).hostname
    return LOOPBACK_HOSTS | ({name} if name else set())


def origins_of(external_url: str) -> frozenset[str]:
    """Return the origins besides the request's own host whose pages may post: that of `external_url`."""
    parts = urlsplit(external_url)
    return frozenset({f"{parts.scheme}://{parts.netloc}"} if parts.netloc else set())


def check_origin(request: web.Request, context: HttpContext) -> None:
    """Refuse a request for a host that is not us, and a change that a page of another site asks for."""
    if context.hosts is not None and _host_name(request) not in context.hosts:
        raise HttpRefusal(
            403,
            "forbidden",
            "the Host header names a host that is not this daemon",
            "use http://127.0.0.1, or set `external_url` to the name that you use",
        )
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin")
    if site not in ("same-origin", "none") or not _is_ours(origin, request, context):
        raise HttpRefusal(403, "forbidden", "the request comes from a page of another site")


def _host_name(request: web.Request) -> str:
    try:
        return (urlsplit(f"//{request.headers.get('Host', '')}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_ours(origin: str | None, request: web.Request, context: HttpContext) -> bool:
    if origin is None or origin in context.origins:
        return True
    scheme, separator, authority = origin.partition("://")
    own = request.headers.get("Host", "")
    return bool(separator) and scheme in ("http", "https") and authority == own
