"""Time that does not jump: the wall clock as long as it agrees with the monotonic one, else our own count of seconds.

Whatever is counted by time (cooldowns, limits, deadlines, leases, ages) takes its `now` from here. A wall clock that is
set by more than a minute, ahead or back, is followed only once somebody has said that it is right; small steps and the
slow corrections of NTP are followed at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from remediator.core.duration import format_duration

TOLERANCE = timedelta(minutes=1)
"""How far the wall clock may move against the monotonic one within `TRUSTED_FOR`."""
TRUSTED_FOR = timedelta(hours=1)
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """A move of the wall clock that nobody has confirmed: by how much, and when (by our count of time)."""

    id: str
    by: timedelta
    at: datetime

    @property
    def text(self) -> str:
        """What happened, in a sentence."""
        direction = "back" if self.by < _NONE else "ahead"
        length = format_duration(abs(self.by))
        return f"the clock jumped {direction} by {length}: it was {self.at:%Y-%m-%d %H:%M} before"


class SteadyClock:
    """Follows a wall clock in small steps only. Any thread may ask it."""

    def __init__(
        self,
        *,
        wall: Callable[[], datetime],
        monotonic: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        self.wall = wall
        self._monotonic = monotonic
        self._new_id = new_id
        self._base = (wall(), monotonic())
        self._followed = _NONE
        self._jump: Jump | None = None
        self._over: tuple[Jump, ...] = ()
        self._noticing = threading.Lock()

    def now(self) -> datetime:
        """Return the wall clock's time while it is trusted, else the time that has passed since it was."""
        began, at = self._base
        wall, passed = self.wall(), timedelta(seconds=self._monotonic() - at)
        drift = wall - began - passed
        if abs(drift) <= TOLERANCE:
            self._follow(wall, drift, passed)
            return wall
        steady = began + passed + self._followed
        self._notice(drift - self._followed, steady)
        return steady

    def jump(self) -> Jump | None:
        """Return the jump that nobody has confirmed; None while the wall clock is trusted."""
        self.now()
        return self._jump

    def accept(self, jump: Jump) -> None:
        """Follow the wall clock again from where it is: a person has said that it is right."""
        with self._noticing:
            if self._jump == jump:
                self._base = (self.wall(), self._monotonic())
                self._followed, self._jump = _NONE, None

    def over(self) -> tuple[Jump, ...]:
        """Return the jumps that were taken back: the wall clock agrees again with the time that has passed."""
        self.now()
        return self._over

    def forget(self, jumps: tuple[Jump, ...]) -> None:
        """Name these jumps no longer."""
        self._over = tuple(jump for jump in self._over if jump not in jumps)

    def _follow(self, wall: datetime, drift: timedelta, passed: timedelta) -> None:
        with self._noticing:
            if self._jump is not None:
                self._over, self._jump = (*self._over, self._jump), None
        self._followed = drift
        if passed > TRUSTED_FOR:
            self._base, self._followed = (wall, self._monotonic()), _NONE

    def _notice(self, by: timedelta, steady: datetime) -> None:
        """A clock that jumps again while it is doubted has done what nobody confirmed yet."""
        with self._noticing:
            if self._jump is not None and abs(by - self._jump.by) <= TOLERANCE:
                return
            if self._jump is not None:
                self._over = (*self._over, self._jump)
            self._jump = Jump(id=self._new_id(), by=by, at=steady)


def since_boot() -> Callable[[], float]:
    """Return a monotonic clock in seconds that counts on while the machine sleeps, where there is one."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    if boot is None:
        return time.monotonic
    try:
        time.clock_gettime(boot)
    except OSError:
        return time.monotonic
    return lambda: time.clock_gettime(boot)
