"""A clock that stands still until it is told; and ids and dice that are the same every time."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from remediator.ports.ambient import CLOCK, Ambient
from remediator.ports.steady import SteadyClock

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


class ManualClock:
    """Time that moves when `advance` is called; `ambient` hands it to whoever asks.

    `jump` moves the wall clock alone, as somebody who sets it does. Time never runs backwards: `advance` by less than
    nothing is such a jump.
    """

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._passed = now - START
        self._numbers = itertools.count(1)
        self.steady = SteadyClock(
            wall=self.wall, monotonic=self.monotonic, new_id=lambda: self.new_id(CLOCK)
        )

    def now(self) -> datetime:
        """Return the present moment, as everybody who was handed this clock sees it."""
        return self.steady.now()

    def wall(self) -> datetime:
        """Return what the wall clock shows."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self._passed.total_seconds()

    def advance(self, length: timedelta) -> None:
        """Let time pass."""
        self._now += length
        self._passed += max(length, timedelta(0))

    def jump(self, length: timedelta) -> None:
        """Set the wall clock; no time passes."""
        self._now += length

    def new_id(self, prefix: str) -> str:
        """Return `prefix_` and a number that grows."""
        return f"{prefix}_{next(self._numbers):08d}"

    def ambient(self) -> Ambient:
        """Return this clock as an ambient; all of them share one steady clock, as the rooms of one process do."""
        return Ambient(
            now=self.steady.now,
            monotonic=self.monotonic,
            new_id=self.new_id,
            dice=lambda: 0.5,
            clock=self.steady,
        )
