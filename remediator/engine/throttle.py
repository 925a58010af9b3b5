"""What may not be delivered just now, or not together, so that trouble holds nobody else back; used by the courier.

Kept in memory: a replica that starts, or another one, finds out by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from remediator.engine.delivery_batch import name_of
from remediator.ports.ambient import Ambient
from remediator.ports.channel import Channel
from remediator.ports.store import Delivery

AT_ONCE = 8
"""How many deliveries are under way by one way; by ways that join, together: they share one service's patience."""
_TURN = timedelta(seconds=1)


class Throttle:
    """Knows what is under way, and which ways asked us to wait."""

    def __init__(self, ambient: Ambient, channels: Mapping[str, Channel]) -> None:
        self._ambient = ambient
        self._channels = channels
        self._under_way: dict[str, tuple[Delivery, ...]] = {}
        self._destinations: set[str] = set()
        self._pauses: dict[str, float] = {}
        self._singly: set[tuple[str, str]] = set()

    @property
    def under_way(self) -> tuple[Delivery, ...]:
        """Everything that is claimed and not done with."""
        return tuple(delivery for batch in self._under_way.values() for delivery in batch)

    def is_new(self, delivery: Delivery) -> bool:
        """Say whether it is not under way already: where the clock jumped over its lease, it is claimed again."""
        return all(delivery.id != each.id for each in self.under_way)

    def begin(self, *deliveries: Delivery) -> None:
        """Note what is under way now, the first of its thread first; again when more comes with it."""
        self._under_way[deliveries[0].id] = deliveries

    def batch(self, head: Delivery) -> tuple[Delivery, ...]:
        """Return all that is under way together with the first of its thread."""
        return self._under_way[head.id]

    def end(self, head: Delivery) -> None:
        """Note that it is done with, one way or another."""
        del self._under_way[head.id]

    def pause(self, destination: str, length: timedelta) -> None:
        """Deliver nothing there for a while, because it said so."""
        end = self._ambient.monotonic() + length.total_seconds()
        service = self._service(destination)
        self._pauses[service] = max(end, self._pauses.get(service, end))

    def pause_of(self, destination: str) -> timedelta | None:
        """Return how long nothing may be delivered there; None where it may."""
        end = self._pauses.get(self._service(destination), 0.0)
        left = end - self._ambient.monotonic()
        return timedelta(seconds=left) if left > 0 else None

    def take_singly(self, head: Delivery) -> None:
        """Hand this thread over one by one: together something in it is refused, and nothing else may be lost by it."""
        self._singly.add((head.channel, head.message.thread))

    def is_taken_singly(self, head: Delivery) -> bool:
        """Say whether this thread is handed over one by one."""
        return (head.channel, head.message.thread) in self._singly

    def take_together(self, head: Delivery) -> None:
        """Hand this thread over as it comes, again."""
        self._singly.discard((head.channel, head.message.thread))

    def busy(self) -> frozenset[str]:
        """Return the ways that take nothing more for now: what is for them is better left in the store."""
        full = self._full()
        return frozenset(
            destination
            for destination in self._destinations
            if self._service(destination) in full or self.pause_of(destination)
        )

    def not_before(self, delivery: Delivery) -> datetime | None:
        """Say until when a claimed delivery has to wait; None where it need not."""
        now = self._ambient.now()
        self._destinations.add(delivery.channel)
        if pause := self.pause_of(delivery.channel):
            return now + pause
        if self._service(delivery.channel) in self._full():
            return delivery.due_at
        return now + _TURN if self._is_told_elsewhere(delivery) else None

    def _full(self) -> set[str]:
        counts = Counter(self._service(batch[0].channel) for batch in self._under_way.values())
        return {service for service, count in counts.items() if count >= AT_ONCE}

    def _is_told_elsewhere(self, delivery: Delivery) -> bool:
        """Say whether this thread goes on by another way right now, whose receipt this delivery will need."""
        if not self._joins(delivery.channel):
            return False
        mine = (name_of(delivery.channel), delivery.message.thread)
        heads = (batch[0] for batch in self._under_way.values())
        return any((name_of(head.channel), head.message.thread) == mine for head in heads)

    def _service(self, destination: str) -> str:
        """Ways that join are ways into one service, which counts its callers together."""
        return name_of(destination) if self._joins(destination) else destination

    def _joins(self, destination: str) -> bool:
        channel = self._channels.get(name_of(destination))
        return channel is not None and channel.joins
