"""The wake-up: tells this process's loops that a commit made something due, before their next look.

The second of the two points where the databases differ: PostgreSQL also rings it for commits of other replicas.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from weakref import WeakKeyDictionary


class Bell:
    """Rings for every waiting loop. Lives on one event loop.

    A loop that was working when it rang has heard it: its next `wait` returns at once. That is remembered by asyncio
    task, so a loop should wait in its own task; another one just waits for the next ring.
    """

    def __init__(self) -> None:
        self._rings = 0
        self._heard: WeakKeyDictionary[asyncio.Task[object], int] = WeakKeyDictionary()
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake all who wait."""
        self._rings += 1
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def wait(self, timeout: timedelta) -> None:
        """Return at the next ring that this task has not heard yet, or after the time-out."""
        me = asyncio.current_task()
        if me is not None and self._heard.get(me, self._rings) == self._rings:
            await self._next_ring(timeout)
        if me is not None:
            self._heard[me] = self._rings

    async def _next_ring(self, timeout: timedelta) -> None:
        ring: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(ring)
        try:
            await asyncio.wait((ring,), timeout=timeout.total_seconds())
        finally:
            self._waiting.discard(ring)
