"""What the fake was told to do wrong, per method; asked by `web_api` before and after each call."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

EVERYTHING = "*"


class Kind(StrEnum):
    """How a call goes wrong."""

    ERROR = "error"  # ok: false
    STATUS = "status"  # no JSON at all
    RATE = "rate"  # 429
    HANG = "hang"  # nothing is done, nothing is answered
    ACCEPT = "accept"  # it is done, and nothing is answered


@dataclass(slots=True, kw_only=True)
class Trouble:
    """One thing that goes wrong, `left` times or `until` a moment of the monotonic clock."""

    kind: Kind
    left: int | None = None
    until: float | None = None
    error: str = ""
    status: int = 500
    seconds: float = 0
    after: int = 0  # calls that go well before

    @property
    def is_over(self) -> bool:
        """Whether calls go well again."""
        return self.left == 0 or (self.until is not None and time.monotonic() >= self.until)

    def strikes(self) -> bool:
        """Count a call, and say whether it goes wrong."""
        if self.after > 0:
            self.after -= 1
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Troubles:
    """Inherited by FakeSlack: what tests tell it.

    `method` is a method's name, `upload` or `response_url`, or `*` for all of them. So many `times` (None: until
    `recover`), `after` so many calls that go well.
    """

    def __init__(self) -> None:
        self._told: dict[str, list[Trouble]] = {}

    def fail(
        self,
        method: str,
        error: str = "internal_error",
        *,
        status: int = 0,
        times: int | None = 1,
        after: int = 0,
    ) -> None:
        """Refuse with this error, or answer with this HTTP status and no JSON."""
        kind = Kind.STATUS if status else Kind.ERROR
        self.tell(method, Trouble(kind=kind, error=error, status=status, left=times, after=after))

    def rate_limit(
        self,
        method: str,
        retry_after: float = 1,
        *,
        times: int | None = 1,
        lasting: float | None = None,
        after: int = 0,
    ) -> None:
        """Answer 429 with this Retry-After; `lasting` seconds, or so many `times`."""
        until = None if lasting is None else time.monotonic() + lasting
        left = times if lasting is None else None
        trouble = Trouble(kind=Kind.RATE, seconds=retry_after, left=left, until=until, after=after)
        self.tell(method, trouble)

    def hang(
        self, method: str, seconds: float = 3600, *, times: int | None = 1, after: int = 0
    ) -> None:
        """Do nothing and answer nothing for so long, then drop the connection."""
        self.tell(method, Trouble(kind=Kind.HANG, seconds=seconds, left=times, after=after))

    def accept_then_hang(
        self, method: str, seconds: float = 3600, *, times: int | None = 1, after: int = 0
    ) -> None:
        """Do what is asked, but answer nothing for so long, then drop the connection."""
        self.tell(method, Trouble(kind=Kind.ACCEPT, seconds=seconds, left=times, after=after))

    def tell(self, method: str, trouble: Trouble) -> None:
        """Let this go wrong, after what was told before."""
        self._told.setdefault(method, []).append(trouble)

    def recover(self) -> None:
        """Do everything well again."""
        self._told.clear()

    def next_trouble(self, method: str) -> Trouble | None:
        """Return what goes wrong with this call, and count it."""
        for name in (method, EVERYTHING):
            told = [one for one in self._told.get(name, ()) if not one.is_over]
            self._told[name] = told
            if told:
                return told[0] if told[0].strikes() else None
        return None
