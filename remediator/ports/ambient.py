"""Time and chance, handed in; so that tests and the simulation own both."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom

from remediator.ports.steady import SteadyClock, since_boot

CLOCK = "clk"
"""Ids of jumps of the clock, and of the pauses that they cause, begin so. A name would not do: people choose theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambient:
    """The clock (UTC), a monotonic clock in seconds, fresh sortable ids with a prefix, and dice in [0, 1).

    `now` is steady: it does not follow a wall clock that jumps; `clock` knows of such jumps, where there is one.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    new_id: Callable[[str], str]
    dice: Callable[[], float]
    clock: SteadyClock | None = None


def new_id(prefix: str) -> str:
    """Return `prefix_` and a UUIDv7 (RFC 9562) as 32 hex digits: sortable by the millisecond it was made in."""
    milliseconds = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10), "big")
    high = 0x7000 | (tail >> 68) & 0x0FFF
    low = (0b10 << 62) | tail & ((1 << 62) - 1)
    return f"{prefix}_{milliseconds:012x}{high:04x}{low:016x}"


def system_ambient() -> Ambient:
    """Return the machine's own clock, as far as it is steady, and its dice."""
    clock = SteadyClock(
        wall=lambda: datetime.now(UTC), monotonic=since_boot(), new_id=lambda: new_id(CLOCK)
    )
    return Ambient(
        now=clock.now,
        monotonic=time.monotonic,
        new_id=new_id,
        dice=SystemRandom().random,
        clock=clock,
    )
