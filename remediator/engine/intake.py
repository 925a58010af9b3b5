"""Drain the inbox: read accepted notifications, newest first, and have each alert admitted.

Every step can be repeated: a notification that was half done when the daemon died is done again from the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from remediator.core.alert import Alert, AlertGroup
from remediator.core.errors import InvalidAlert, StoreUnavailable
from remediator.engine.admission import Admission, Rules, Taken
from remediator.engine.ledger import Ledger
from remediator.engine.witness import Witness
from remediator.ports.ambient import Ambient
from remediator.ports.store import Notification, Store, Transaction, Work
from remediator.ports.traffic import Traffic

CHUNK = 100
LONGEST_WAIT = 2.0
GIVE_WAY_SECONDS = 0.05


class Intake:
    """Drains the inbox, and gives way to the door while that is busy."""

    def __init__(
        self,
        *,
        store: Store,
        ledger: Ledger,
        ambient: Ambient,
        rules: Callable[[], Rules],
        witness: Witness,
        traffic: Traffic | None = None,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._ambient = ambient
        self._rules = rules
        self._witness = witness
        self._traffic = traffic or Traffic(ambient.monotonic)
        self._stopping = asyncio.Event()
        self.heartbeat = ambient.monotonic()

    async def run(self) -> None:
        """Drain until `stop`; whatever is left stays in the inbox."""
        while not self._stopping.is_set():
            self.heartbeat = self._ambient.monotonic()
            await self._give_way()
            try:
                if await self.drain() == 0:
                    await self._store.wait_for_work(Work.INBOX, timedelta(seconds=1))
            except StoreUnavailable as error:
                self._witness.store_failed(str(error))
                await asyncio.sleep(1)

    def stop(self) -> None:
        """Take nothing more from the inbox."""
        self._stopping.set()

    async def drain(self, limit: int = 50) -> int:
        """Take some notifications, newest first; return how many there were."""
        notifications = await self._store.submit(lambda tx: tx.take_notifications(limit))
        groups = [(n, self._read(n)) for n in notifications]
        small = [(n, g) for n, g in groups if isinstance(g, AlertGroup) and len(g.alerts) <= CHUNK]
        await self._admit_small(small)
        for notification, group in groups:
            if isinstance(group, str):
                await self._spoil(notification, group)
            elif len(group.alerts) > CHUNK:
                await self._admit_large(notification, group)
        return len(notifications)

    async def _give_way(self) -> None:
        """While very many notifications arrive, take them in first; but not for ever."""
        began = self._ambient.monotonic()
        while self._traffic.is_heavy() and self._ambient.monotonic() - began < LONGEST_WAIT:  # noqa: ASYNC110 — no event says "quiet"
            await asyncio.sleep(GIVE_WAY_SECONDS)

    def _read(self, notification: Notification) -> AlertGroup | str:
        try:
            return self._rules().parsers[notification.kind](notification.body)
        except (InvalidAlert, KeyError) as error:
            return str(error)

    async def _spoil(self, notification: Notification, error: str) -> None:
        await self._store.submit(lambda tx: tx.finish_notification(notification.id, error))

    async def _admit_small(self, groups: Sequence[tuple[Notification, AlertGroup]]) -> None:
        """Admit groups together, about CHUNK alerts to a transaction."""
        batch: list[tuple[Notification, Sequence[Alert], bool]] = []
        size = 0
        for notification, group in groups:
            if batch and size + len(group.alerts) > CHUNK:
                await self._admit(batch)
                batch, size = [], 0
            batch.append((notification, group.alerts, True))
            size += len(group.alerts)
        if batch:
            await self._admit(batch)

    async def _admit_large(self, notification: Notification, group: AlertGroup) -> None:
        for start in range(0, len(group.alerts), CHUNK):
            is_last = start + CHUNK >= len(group.alerts)
            await self._admit([(notification, group.alerts[start : start + CHUNK], is_last)])

    async def _admit(self, batch: Sequence[tuple[Notification, Sequence[Alert], bool]]) -> None:
        rules = self._rules()

        def closure(tx: Transaction) -> list[Taken]:
            taken: list[Taken] = []
            for notification, alerts, is_last in batch:
                if not tx.lock_notification(notification.id):
                    continue  # another replica was quicker
                admission = Admission(tx, self._ledger, self._ambient, rules, notification)
                taken += [admission.take(alert) for alert in alerts]
                if is_last:
                    tx.finish_notification(notification.id)
            return taken

        for taken in await self._store.submit(closure):
            self._witness.decided(taken.alert, tuple(taken.decisions))
            for moved in taken.moved:
                self._witness.moved(moved)
