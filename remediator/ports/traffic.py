"""How busy the door and the inbox are: taking notifications in comes before admitting alerts, and that before working
on runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

_WINDOW = 0.1
_HEAVY = 20


@dataclass(slots=True)
class Traffic:
    """Counts arrivals in windows of a tenth of a second. The door notes, intake asks."""

    monotonic: Callable[[], float]
    _window: int = field(default=0, init=False)
    _count: int = field(default=0, init=False)
    _before: int = field(default=0, init=False)

    def note(self) -> None:
        """Count one arrival."""
        self._turn()
        self._count += 1

    def is_heavy(self) -> bool:
        """Say whether more than twenty arrived within a tenth of a second just now."""
        self._turn()
        return max(self._count, self._before) > _HEAVY

    def _turn(self) -> None:
        window = int(self.monotonic() / _WINDOW)
        if window == self._window:
            return
        self._before = self._count if window == self._window + 1 else 0
        self._window, self._count = window, 0


class Backlog:
    """Whether intake still finds something in the inbox. Intake notes, the worker gives way."""

    def __init__(self) -> None:
        self._is_clear = asyncio.Event()
        self._is_clear.set()

    def note(self, found: int) -> None:
        """Note how many notifications intake has just found."""
        if found:
            self._is_clear.clear()
        else:
            self._is_clear.set()

    async def passed(self, most_seconds: float) -> None:
        """Return when the inbox is empty, or after so long: a flood without end holds nobody up for ever."""
        if self._is_clear.is_set():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(most_seconds):
                await self._is_clear.wait()
