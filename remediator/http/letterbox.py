"""Takes notifications that arrive at about the same time to the store together: one closure, one answer for all.

Used by the webhook. Under load this is what keeps the cost of a notification near that of an HTTP request.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from remediator.core.errors import StoreUnavailable
from remediator.ports.store import Notification, Store, Transaction

GATHER_SECONDS = 0.002
BUSY = 4


@dataclass(slots=True, eq=False)
class _Bundle:
    notifications: list[Notification] = field(default_factory=list)
    is_stored: bool = False
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    def accept(self, transaction: Transaction) -> None:
        transaction.accept(*self.notifications)


class Letterbox:
    """Bundles notifications; the first of a bundle takes all of them to the store while the others wait for it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: _Bundle | None = None
        self._under_way: _Bundle | None = None
        self._last = 0

    async def post(self, notification: Notification) -> None:
        """Return once the notification is durable; raise StoreUnavailable where it is not."""
        bundle = self._open
        if bundle is None:
            bundle = self._open = _Bundle([notification])
            await self._deliver(bundle)
            return
        bundle.notifications.append(notification)
        await bundle.settled.wait()
        if not bundle.is_stored:
            raise StoreUnavailable("the notification was not stored")

    async def _deliver(self, bundle: _Bundle) -> None:
        try:
            await self._let_others_join()
            self._open, self._under_way = None, bundle
            self._last = len(bundle.notifications)
            await self._store.submit(bundle.accept)
            bundle.is_stored = True
        finally:
            if self._open is bundle:
                self._open = None
            if self._under_way is bundle:
                self._under_way = None
            bundle.settled.set()

    async def _let_others_join(self) -> None:
        """Wait for the bundle before this one, and a little more while they come thick and fast."""
        if self._under_way is not None:
            await self._under_way.settled.wait()
        await asyncio.sleep(GATHER_SECONDS if self._last >= BUSY else 0)
