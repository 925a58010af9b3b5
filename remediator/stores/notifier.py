"""The wake-up: tells this process's loops that a commit made something due, before their next look.

The second of the two points where the databases differ: PostgreSQL also rings it for commits of other replicas.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from weakref import WeakKeyDictionary

from remediator.ports.store import Work


class Notifier:
    """Rings for the loops that wait for a kind of work. Lives on one event loop.

    A loop that was working when it rang has heard it: its next `wait` returns at once. That is remembered by asyncio
    task, so a loop should wait in its own task, for one kind of work; another one just waits for the next ring.
    """

    def __init__(self) -> None:
        self._rings: Counter[Work] = Counter()
        self._heard: WeakKeyDictionary[asyncio.Task[object], int] = WeakKeyDictionary()
        self._waiting: dict[asyncio.Future[None], Work] = {}

    def ring(self, kinds: Iterable[Work]) -> None:
        """Wake all who wait for these kinds of work."""
        due = frozenset(kinds)
        self._rings.update(due)
        for waiting, kind in self._waiting.items():
            if kind in due and not waiting.done():
                waiting.set_result(None)

    async def wait(self, kind: Work, timeout: timedelta) -> None:
        """Return at the next ring that this task has not heard yet, or after the time-out."""
        me = asyncio.current_task()
        if me is not None and self._heard.get(me, self._rings[kind]) == self._rings[kind]:
            await self._next_ring(kind, timeout)
        if me is not None:
            self._heard[me] = self._rings[kind]

    async def _next_ring(self, kind: Work, timeout: timedelta) -> None:
        ring: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[ring] = kind
        try:
            await asyncio.wait((ring,), timeout=timeout.total_seconds())
        finally:
            self._waiting.pop(ring, None)
