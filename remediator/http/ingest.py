"""Takes notifications that arrive at about the same time to the store together: one closure, one answer for all.

Used by the webhook. Under load this is what keeps the cost of a notification near that of an HTTP request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from remediator.core.errors import StoreUnavailable
from remediator.ports.store import DecisionRecord, Notification, Store, Transaction

PATIENCE_SECONDS = 9.0
"""Alertmanager gives a webhook 10 s or more; what is stored after all is known when it comes again."""
GATHER_SECONDS = 0.002
BUSY = 4


class Told(Protocol):
    """Hears whether a bundle was stored."""

    def __call__(self, *, is_stored: bool) -> None: ...  # noqa: D102


def _unheard(*, is_stored: bool) -> None:
    return None


@dataclass(slots=True, eq=False)
class _Bundle:
    notifications: list[Notification] = field(default_factory=list)
    refusals: list[DecisionRecord] = field(default_factory=list)
    waiting: list[asyncio.Future[bool]] = field(default_factory=list)

    def accept(self, transaction: Transaction) -> None:
        transaction.accept(*self.notifications)
        for refusal in self.refusals:
            transaction.decide(refusal)

    def add(self, notification: Notification, refusals: Sequence[DecisionRecord]) -> None:
        self.notifications.append(notification)
        self.refusals += refusals

    def settled(self) -> asyncio.Future[bool]:
        """Return a future for one who waits: whether the bundle was stored."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        return future

    def settle(self, *, is_stored: bool) -> None:
        for future in self.waiting:
            if not future.done():
                future.set_result(is_stored)


class Ingest:
    """Bundles notifications; the first of a bundle takes all of them to the store while the others wait for it."""

    def __init__(
        self, store: Store, *, patience: float = PATIENCE_SECONDS, told: Told = _unheard
    ) -> None:
        self._store = store
        self._patience = patience
        self._told = told
        self._open: _Bundle | None = None
        self._under_way: _Bundle | None = None
        self._last = 0

    async def post(
        self, notification: Notification, refusals: Sequence[DecisionRecord] = ()
    ) -> None:
        """Return once the notification is durable, with what is kept about its refused alerts; raise StoreUnavailable
        where it is not."""
        bundle = self._open
        if bundle is None:
            bundle = self._open = _Bundle()
            bundle.add(notification, refusals)
            await self._deliver(bundle)
            return
        bundle.add(notification, refusals)
        if not await bundle.settled():
            raise StoreUnavailable("the notification was not stored")

    async def _deliver(self, bundle: _Bundle) -> None:
        is_stored = False
        try:
            async with asyncio.timeout(self._patience):
                await self._let_others_join()
                self._open, self._under_way = None, bundle
                self._last = len(bundle.notifications)
                await self._store.submit(bundle.accept)
            is_stored = True
            self._told(is_stored=True)
        except StoreUnavailable:
            self._told(is_stored=False)
            raise
        except TimeoutError as error:
            self._told(is_stored=False)
            raise StoreUnavailable("the store did not answer in time") from error
        finally:
            if self._open is bundle:
                self._open = None
            if self._under_way is bundle:
                self._under_way = None
            bundle.settle(is_stored=is_stored)

    async def _let_others_join(self) -> None:
        """Wait for the bundle before this one, and a little more while they come thick and fast."""
        if self._under_way is not None:
            await self._under_way.settled()
        await asyncio.sleep(GATHER_SECONDS if self._last >= BUSY else 0)
