"""Drain the inbox: read accepted notifications, newest first, and have each alert admitted.

Every step can be repeated: a notification that was half done when the daemon died is done again from the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from remediator.core.alert import Alert, AlertGroup
from remediator.core.errors import InvalidAlert, StoreError, StoreUnavailable
from remediator.engine.admission import Admission, Rules, Taken
from remediator.engine.ledger import Ledger
from remediator.engine.witness import Witness
from remediator.ports.ambient import Ambient
from remediator.ports.store import Notification, Store, Transaction, Work
from remediator.ports.traffic import Traffic

CHUNK = 100
TOGETHER = 50
LONGEST_WAIT = 2.0
GIVE_WAY_SECONDS = 0.05


@dataclass(slots=True)
class _Batch:
    """What one transaction took from the inbox; `large` groups still have to be admitted."""

    count: int = 0
    taken: list[Taken] = field(default_factory=list)
    large: list[tuple[Notification, AlertGroup]] = field(default_factory=list)


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
        limit = TOGETHER
        while not self._stopping.is_set():
            self.heartbeat = self._ambient.monotonic()
            await self._give_way()
            try:
                if await self.drain(limit) == 0:
                    limit = TOGETHER
                    await self._store.wait_for_work(Work.INBOX, timedelta(seconds=1))
            except StoreUnavailable as error:
                self._witness.store_failed(str(error))
                await asyncio.sleep(1)
            except StoreError as error:
                limit = await self._go_carefully(limit, str(error))

    def stop(self) -> None:
        """Take nothing more from the inbox."""
        self._stopping.set()

    async def drain(self, limit: int = TOGETHER) -> int:
        """Take some notifications, newest first; return how many there were."""
        batch = await self._store.submit(lambda tx: self._take(tx, limit))
        self._report(batch.taken)
        for notification, group in batch.large:
            await self._admit_large(notification, group)
        return batch.count

    async def _go_carefully(self, limit: int, error: str) -> int:
        """One notification that the store refuses must not stop the others: find it one by one, and mark it as bad."""
        self._witness.problem("intake", error)
        if limit == 1:
            await self._store.submit(lambda tx: _spoil_newest(tx, error))
        return 1

    async def _give_way(self) -> None:
        """While very many notifications arrive, take them in first; but not for ever."""
        began = self._ambient.monotonic()
        while self._traffic.is_heavy() and self._ambient.monotonic() - began < LONGEST_WAIT:  # noqa: ASYNC110 — no event says "quiet"
            await asyncio.sleep(GIVE_WAY_SECONDS)

    def _take(self, tx: Transaction, limit: int) -> _Batch:
        """Admit about CHUNK alerts in this transaction; groups that are larger than that are left for later."""
        batch, room = _Batch(), CHUNK
        for notification in tx.take_notifications(limit):
            group = self._read(notification)
            size = 0 if isinstance(group, str) else len(group.alerts)
            if size > CHUNK and not isinstance(group, str):
                batch.large.append((notification, group))
            elif room < size:
                break
            else:
                batch.taken += self._settle(tx, notification, group)
                room -= size
            batch.count += 1
        return batch

    def _read(self, notification: Notification) -> AlertGroup | str:
        try:
            return self._rules().parsers[notification.kind](notification.body)
        except (InvalidAlert, KeyError) as error:
            return str(error)

    def _settle(
        self, tx: Transaction, notification: Notification, group: AlertGroup | str
    ) -> list[Taken]:
        if isinstance(group, str):
            tx.finish_notification(notification.id, group)
            return []
        taken = self._admit(tx, notification, group.alerts)
        tx.finish_notification(notification.id)
        return taken

    def _admit(
        self, tx: Transaction, notification: Notification, alerts: Sequence[Alert]
    ) -> list[Taken]:
        admission = Admission(tx, self._ledger, self._ambient, self._rules(), notification)
        return [admission.take(alert) for alert in alerts]

    async def _admit_large(self, notification: Notification, group: AlertGroup) -> None:
        """Admit a large group in several transactions; the last one finishes the notification."""
        for start in range(0, len(group.alerts), CHUNK):
            chunk = group.alerts[start : start + CHUNK]
            is_last = start + CHUNK >= len(group.alerts)
            part = partial(self._admit_part, notification, chunk, is_last)
            self._report(await self._store.submit(part))

    def _admit_part(
        self, notification: Notification, alerts: Sequence[Alert], is_last: bool, tx: Transaction
    ) -> list[Taken]:
        if not tx.lock_notification(notification.id):
            return []  # another replica was quicker
        taken = self._admit(tx, notification, alerts)
        if is_last:
            tx.finish_notification(notification.id)
        return taken

    def _report(self, taken: Sequence[Taken]) -> None:
        for each in taken:
            self._witness.decided(each.alert, tuple(each.decisions))
            for moved in each.moved:
                self._witness.moved(moved)


def _spoil_newest(tx: Transaction, error: str) -> None:
    for notification in tx.take_notifications(1):
        tx.finish_notification(notification.id, error)
