"""Lines that outsiders can cause are written once a minute for each kind, with how often it happened."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY_SECONDS = 60.0
MOST_KINDS = 200


class LogThrottle:
    """Says when a line of a kind is due."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._said: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def due(self, kind: str) -> int | None:
        """Return how often this has happened since its last line, this time too; None where its minute is not over."""
        now = self._monotonic()
        if now - self._said.get(kind, -EVERY_SECONDS) < EVERY_SECONDS:
            self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
            return None
        if len(self._said) >= MOST_KINDS:
            self._said.clear()
            self._unsaid.clear()
        self._said[kind] = now
        return self._unsaid.pop(kind, 0) + 1
