"""The store as the daemon uses it: the texts that are written there hold no secrets of strangers.

Events and the runs that follow from them are masked by `recorder`, since a journal must tell what the run became.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, cast

from remediator.core.facts import Pause
from remediator.core.masking import Mask
from remediator.core.messages import Message
from remediator.core.site_events import SiteEvent
from remediator.engine.masked import masked_alert
from remediator.ports.on_run import OnRun
from remediator.ports.store import DecisionRecord, Episode, Store, Transaction

T = TypeVar("T")


class MaskedTransaction:
    """A transaction whose free texts are masked on their way in. All else it passes on."""

    def __init__(self, transaction: Transaction, mask: Mask) -> None:
        self._transaction = transaction
        self._mask = mask

    def __getattr__(self, name: str) -> object:
        return getattr(self._transaction, name)

    def decide(self, decision: DecisionRecord) -> bool:
        """See ports.store.Transaction."""
        reason, alert = self._mask(decision.reason), self._mask(decision.alert_name)
        if (reason, alert) != (decision.reason, decision.alert_name):
            decision = replace(decision, reason=reason, alert_name=alert)
        return self._transaction.decide(decision)

    def save_episode(self, episode: Episode) -> None:
        """See ports.store.Transaction."""
        alert = masked_alert(self._mask, episode.alert)
        is_masked = alert is not episode.alert
        self._transaction.save_episode(replace(episode, alert=alert) if is_masked else episode)

    def finish_notification(self, notification_id: str, error: str = "") -> None:
        """See ports.store.InboxWriter."""
        self._transaction.finish_notification(notification_id, self._mask(error))

    def add_pause(self, pause: Pause) -> None:
        """See ports.store.Transaction."""
        self._transaction.add_pause(replace(pause, reason=self._mask(pause.reason)))

    def append_site(self, at: datetime, event: SiteEvent) -> None:
        """See ports.site_journal.SiteJournalWriter."""
        self._transaction.append_site(at, self._mask.told(event))

    def enqueue(self, message: Message, channels: Sequence[str], due_at: datetime) -> None:
        """See ports.store.Transaction."""
        self._transaction.enqueue(self._mask.told(message), channels, due_at)

    def retry_delivery(
        self, delivery_id: str, due_at: datetime, problem: str, receipt: str | None = None
    ) -> None:
        """See ports.store.Transaction."""
        self._transaction.retry_delivery(delivery_id, due_at, self._mask(problem), receipt)

    def give_up_delivery(self, delivery_id: str, problem: str, at: datetime) -> None:
        """See ports.store.Transaction."""
        self._transaction.give_up_delivery(delivery_id, self._mask(problem), at)


class MaskedStore:
    """A store with masked transactions; `mask` is asked for each, so that a reload counts."""

    def __init__(self, store: Store, mask: Callable[[], Mask]) -> None:
        self._store = store
        self._mask = mask

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def submit(self, closure: Callable[[Transaction], T]) -> T:
        """See ports.store.Store."""
        mask = self._mask()

        def masked(tx: Transaction) -> T:
            return closure(cast(Transaction, MaskedTransaction(tx, mask)))

        if isinstance(closure, OnRun):
            return await self._store.submit(replace(closure, closure=masked))
        return await self._store.submit(masked)


def masked_store(store: Store, mask: Callable[[], Mask]) -> Store:
    """Return the store with every text that is written there masked."""
    return cast(Store, MaskedStore(store, mask))
