"""What the courier hands over at once: deliveries of one thread by one channel, and what was told there before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from remediator.core.errors import DeliveryError
from remediator.core.messages import MessageKind
from remediator.ports.channel import Channel
from remediator.ports.store import Delivery, Transaction

FOLDED = "folded"
"""The receipt of what was told in a digest instead of in a thread of its own; no channel ever sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryBatch:
    """Deliveries of one thread by one way, the oldest first; `way` is the channel's JSON, `channel` what it is."""

    deliveries: tuple[Delivery, ...]
    channel: Channel

    @property
    def head(self) -> Delivery:
        """The delivery that all others wait behind."""
        return self.deliveries[0]

    @property
    def destination(self) -> str:
        """The JSON of the channel's settings."""
        return self.head.channel

    @property
    def thread(self) -> str:
        """The thread that it belongs to."""
        return self.head.message.thread

    @property
    def kinds(self) -> frozenset[MessageKind]:
        """What the messages are about."""
        return frozenset(delivery.message.kind for delivery in self.deliveries)

    @property
    def receipt(self) -> str | None:
        """What the channel returned last in this thread, where it can go on; FOLDED where only digests told of it."""
        own = (self.head.receipt,) if self.head.receipt is not None else ()
        known = (*own, *self._elsewhere())
        return next((r for r in known if r != FOLDED), known[0] if known else None)

    @property
    def is_begun(self) -> bool:
        """Say whether there is a thread to go on in."""
        return self.receipt not in (None, FOLDED)

    def rests_until(self, now: datetime) -> datetime | None:
        """Return when the thread has rested long enough for mere progress; None where nothing has to wait."""
        before, rest = self.head.previous_at, self.channel.rest
        if before is None or self.kinds != {MessageKind.PROGRESS}:
            return None
        rests = timedelta(0) <= now - before < rest  # a clock that was ahead stops nothing
        return before + rest if rests else None

    def _elsewhere(self) -> tuple[str, ...]:
        # A digest is for one way: who reads another one may not see the first.
        if not self.channel.joins or MessageKind.DIGEST in self.kinds:
            return ()
        return tuple(
            r for destination, r in self.head.elsewhere if name_of(destination) == self.channel.name
        )


def name_of(destination: str) -> str:
    """Return the name of the channel in a way's JSON."""
    return str(next(iter(json.loads(destination))))


def postpone(
    tx: Transaction, deliveries: Iterable[Delivery], due_at: datetime, receipt: str | None = None
) -> None:
    """Give all of them back for later; it counts as no try. What has arrived already, the first of them knows."""
    for number, delivery in enumerate(deliveries):
        tx.postpone_delivery(delivery.id, due_at, None if number else receipt)


def put_back(tx: Transaction, each: Iterable[tuple[Delivery, datetime]]) -> None:
    """Give each back for its own time; it counts as no try."""
    for delivery, due_at in each:
        tx.postpone_delivery(delivery.id, due_at)


def mark_delivered(
    tx: Transaction, deliveries: Iterable[Delivery], receipt: str, at: datetime
) -> None:
    """Note that all of them have arrived, with one receipt."""
    for delivery in deliveries:
        tx.delivered(delivery.id, receipt, at)


def retry(
    tx: Transaction, deliveries: Iterable[Delivery], due_at: datetime, error: DeliveryError
) -> None:
    """Try all of them again later. What has arrived already, the first of them knows."""
    for number, delivery in enumerate(deliveries):
        tx.retry_delivery(delivery.id, due_at, str(error), None if number else error.receipt)


def give_up(tx: Transaction, deliveries: Iterable[Delivery], problem: str, at: datetime) -> None:
    """Try none of them again."""
    for delivery in deliveries:
        tx.give_up_delivery(delivery.id, problem, at)
