"""The one error that http raises by itself: a request that is answered with a status, a code and words."""

from __future__ import annotations

from remediator.core.errors import RemediatorError


class HttpRefusal(RemediatorError):
    """Answer a request with `{"error": {"code", "message", "hint"}}`; `close` ends the connection after it."""

    def __init__(
        self, status: int, code: str, message: str, hint: str = "", *, close: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.hint = hint
        self.close = close
