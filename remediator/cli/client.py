"""Talks to a running daemon's API: used by every command that asks one.

urllib, because it is there and starts quickly. Redirects are not followed: the token goes to the daemon only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from remediator import __version__
from remediator.cli.failures import NO, UNREACHABLE, USAGE, Failure

_SECONDS = 30.0
_LARGEST_ANSWER = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Client:
    """One daemon, and the token that is shown to it."""

    url: str
    token_file: str | None = None

    def get(self, path: str, query: Mapping[str, str | int | None] | None = None) -> Any:
        """Return the JSON at a path under /api/v1."""
        chosen = {key: value for key, value in (query or {}).items() if value is not None}
        return self.ask("GET", f"/api/v1{path}" + (f"?{urlencode(chosen)}" if chosen else ""))

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Post JSON to a path under /api/v1; return the answer."""
        return self.ask("POST", f"/api/v1{path}", body)

    def delete(self, path: str) -> object:
        """Delete what is at a path under /api/v1; return the answer."""
        return self.ask("DELETE", f"/api/v1{path}")

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> object:
        """Send one request; raise Failure with the daemon's own words and the right exit code."""
        status, text = self.send(method, path, body)
        try:
            answer = json.loads(text)
        except ValueError as error:
            raise Failure(
                f"{self.url} does not answer like remediator (status {status})",
                hint="is --url right?",
                exit_code=UNREACHABLE,
            ) from error
        if status >= 300:
            raise _refused(status, answer)
        return answer

    def send(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> tuple[int, bytes]:
        """Send one request; return the status and the body, or raise Failure where nobody answers."""
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.request import Request

        content = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310 -- the scheme is checked in `_base`
            _base(self.url) + path, content, self._headers(content), method=method
        )
        try:
            with _opener(self.url).open(request, timeout=_SECONDS) as answer:
                return answer.status, answer.read(_LARGEST_ANSWER)
        except HTTPError as error:
            with error:
                return error.code, error.read(_LARGEST_ANSWER)
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise Failure(
                f"cannot reach {self.url}: {reason}",
                hint="is the daemon running? --url or REMEDIATOR_URL says where",
                exit_code=UNREACHABLE,
            ) from error

    def _headers(self, content: bytes | None) -> dict[str, str]:
        headers = {"User-Agent": f"remediator-cli/{__version__}", "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        if self.token_file:
            headers["Authorization"] = f"Bearer {_token(self.token_file)}"
        return headers


def path_of(*parts: str) -> str:
    """Return a path whose parts cannot break out of their places."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        hint = "write it like http://127.0.0.1:9095"
        raise Failure(f"{url!r} is not a URL of a daemon", hint=hint, exit_code=USAGE)
    return url.rstrip("/")


def _opener(url: str) -> Any:
    from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *unused: object) -> None:
            return None

    is_local = urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
    return build_opener(Stay, *([ProxyHandler({})] if is_local else []))


def _token(path: str) -> str:
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise Failure(f"cannot read the token in {path}: {reason}", exit_code=USAGE) from error
    if not token or not token.isprintable() or not token.isascii():
        raise Failure(f"{path} holds no token: one line of plain characters", exit_code=USAGE)
    return token


def _refused(status: int, answer: object) -> Failure:
    error = answer.get("error") if isinstance(answer, dict) else None
    fields = error if isinstance(error, dict) else {}
    message = str(fields.get("message") or f"the daemon answered with status {status}")
    hint = str(fields.get("hint") or "")
    if status == 401:
        hint = "give a token with --token-file or REMEDIATOR_TOKEN_FILE"
    code = USAGE if status in (400, 415) else UNREACHABLE if status in (502, 503, 504) else NO
    return Failure(message, hint=hint, exit_code=code)
