"""A clock that stands still until it is told; and ids and dice that are the same every time."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from remediator.ports.ambient import Ambient

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


class ManualClock:
    """Time that moves when `advance` is called; `ambient` hands it to whoever asks."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._numbers = itertools.count(1)

    def now(self) -> datetime:
        """Return the present moment."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return (self._now - START).total_seconds()

    def advance(self, length: timedelta) -> None:
        """Let time pass."""
        self._now += length

    def new_id(self, prefix: str) -> str:
        """Return `prefix_` and a number that grows."""
        return f"{prefix}_{next(self._numbers):08d}"

    def ambient(self) -> Ambient:
        """Return this clock as an ambient."""
        return Ambient(now=self.now, monotonic=self.monotonic, new_id=self.new_id, dice=lambda: 0.5)
