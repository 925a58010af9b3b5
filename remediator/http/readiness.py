"""Can a notification be stored now? Asked by `/-/ready`, which must not say yes where the disk is full, the database
read-only or locked; and must not wear the disk out, however often it is asked.

What real notifications met counts: a success vouches for a few seconds. Else something small is written, at most once
in that time, by one question at a time. After a real failure even a small success is not believed at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from remediator.core.errors import StoreError, StoreUnavailable
from remediator.ports.store import Store

TRUSTED_SECONDS = 3.0
DOUBTED_SECONDS = 5.0
PATIENCE_SECONDS = 2.0


class Readiness:
    """Knows whether writes succeed. `noted` hears what became of real notifications."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._good_until = 0.0
        self._bad_until = 0.0
        self._writing: asyncio.Task[None] | None = None

    def noted(self, *, is_stored: bool) -> None:
        """Hear whether notifications were stored just now."""
        moment = asyncio.get_running_loop().time()
        if is_stored:
            self._good_until, self._bad_until = moment + TRUSTED_SECONDS, 0.0
        else:
            self._good_until, self._bad_until = 0.0, moment + DOUBTED_SECONDS

    async def check(self) -> None:
        """Return where notifications can be stored; raise StoreUnavailable where they cannot."""
        moment = asyncio.get_running_loop().time()
        if moment < self._good_until:
            return
        if moment < self._bad_until:
            raise StoreUnavailable("the last notification could not be stored")
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.shield(self._writing)
        except TimeoutError as error:
            raise StoreUnavailable("the store does not answer") from error

    async def _write(self) -> None:
        now = self._now()
        try:
            await self._store.submit(lambda tx: tx.try_to_write(now))
        except StoreError as error:
            raise StoreUnavailable(str(error)) from error
        self._good_until = asyncio.get_running_loop().time() + TRUSTED_SECONDS
