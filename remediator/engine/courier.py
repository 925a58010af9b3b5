"""Deliver the outbox: in order within a run and channel, at least once, with patience. Never in the way of a run.

One way to people that is slow, or asks us to wait, holds nobody else back: only so many deliveries are under way by
each, and what is for it stays in the store meanwhile.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from remediator.core.backoff import backoff, jittered
from remediator.core.errors import DeliveryError, StoreError
from remediator.core.masking import Mask
from remediator.core.messages import Message, MessageKind
from remediator.engine.delivery_batch import (
    FOLDED,
    DeliveryBatch,
    give_up,
    mark_delivered,
    name_of,
    postpone,
    put_back,
    retry,
)
from remediator.engine.digest import filled, fold_in_a_crowd, refresh_digest
from remediator.engine.listener import Listener
from remediator.engine.throttle import Throttle
from remediator.ports.ambient import Ambient
from remediator.ports.channel import Bundler, Channel, Deliverer
from remediator.ports.gateways import Reads
from remediator.ports.store import Delivery, Store, Transaction, Work

LEASE = timedelta(seconds=60)
DELIVERY_TIMEOUT = timedelta(seconds=30)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=5)
MOST_TRIES = 100
MOST_TOGETHER = 50  # messages of one thread
CLAIMED = 20
STOP_WITHIN = timedelta(seconds=3)


class Courier:
    """Delivers messages through the channels of the catalog."""

    def __init__(
        self,
        *,
        store: Store,
        ambient: Ambient,
        channels: Mapping[str, Channel],
        reads: Reads,
        listener: Listener,
        mask: Callable[[], Mask] = Mask,
    ) -> None:
        self._store = store
        self._mask = mask
        self._ambient = ambient
        self._channels = channels
        self._reads = reads
        self._listener = listener
        self._owner = ambient.new_id("cou")
        self._ready: dict[str, Deliverer] = {}
        self._throttle = Throttle(ambient, channels)
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self.heartbeat = ambient.monotonic()

    async def run(self) -> None:
        """Deliver until `stop`, then give what is under way a moment; whatever is left stays in the outbox."""
        async with asyncio.TaskGroup() as tasks:
            while not self._stopping.is_set():
                self.heartbeat = self._ambient.monotonic()
                try:
                    if await self._begin_due(tasks, CLAIMED) == 0:
                        await self._store.wait_for_work(Work.OUTBOX, timedelta(seconds=1))
                except StoreError as error:
                    self._listener.store_failed(str(error))
                    await asyncio.sleep(1)
            await self._finish()
        await self._give_back()

    def forget(self) -> None:
        """Build every channel anew at its next message: the settings were read again."""
        self._ready.clear()

    def stop(self) -> None:
        """Start no further delivery; `run` returns within a few seconds."""
        self._stopping.set()

    async def deliver_due(self, limit: int = CLAIMED) -> int:
        """Deliver what is due now, and wait for it; return how many deliveries were looked at."""
        async with asyncio.TaskGroup() as tasks:
            return await self._begin_due(tasks, limit)

    async def _begin_due(self, tasks: asyncio.TaskGroup, limit: int) -> int:
        busy = self._throttle.busy()

        def claim(tx: Transaction) -> tuple[Delivery, ...]:
            now = self._ambient.now()
            return tx.claim_deliveries(
                owner=self._owner, lease=LEASE, limit=limit, now=now, besides=busy
            )

        claimed = await self._store.submit(claim)
        later: list[tuple[Delivery, datetime]] = []
        for delivery in filter(self._throttle.is_new, claimed):
            if due_at := self._throttle.not_before(delivery):
                later.append((delivery, due_at))
            else:
                self._begin(tasks, delivery)
        if later:
            await self._store.submit(lambda tx: put_back(tx, later))
        return len(claimed)

    def _begin(self, tasks: asyncio.TaskGroup, head: Delivery) -> None:
        self._throttle.begin(head)
        running = tasks.create_task(self._deliver(head))
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def _deliver(self, head: Delivery) -> None:
        try:
            if problem := await self._problem_with(head):
                await self._failed(head, problem)
        except StoreError as error:  # it is free again when its lease is over
            self._listener.store_failed(str(error))
        self._throttle.end(head)

    async def _problem_with(self, head: Delivery) -> DeliveryError | None:
        try:
            await self._pass_on(head)
        except StoreError:
            raise
        except DeliveryError as error:
            return error
        except TimeoutError:
            return DeliveryError("no answer in time")
        except Exception as error:  # a broken channel must not stop the others
            return DeliveryError(f"{type(error).__name__}: {error}")
        return None

    async def _pass_on(self, head: Delivery) -> None:
        deliverer = self._deliverer(head.channel)
        channel = self._channels[name_of(head.channel)]
        batch = await self._gathered(DeliveryBatch(deliveries=(head,), channel=channel), deliverer)
        if batch is None:
            return
        self._throttle.begin(*batch.deliveries)
        messages = await self._messages(batch)
        before = None if batch.receipt == FOLDED else batch.receipt
        async with asyncio.timeout(DELIVERY_TIMEOUT.total_seconds()):
            receipt = await _told(deliverer, messages, before)
        await self._store.submit(lambda tx: self._arrived(tx, batch, receipt))

    def _arrived(self, tx: Transaction, batch: DeliveryBatch, receipt: str) -> None:
        now = self._ambient.now()
        mark_delivered(tx, batch.deliveries, receipt, now)
        refresh_digest(tx, batch, now)

    async def _gathered(self, batch: DeliveryBatch, deliverer: Deliverer) -> DeliveryBatch | None:
        """Return a batch with what waits behind it; None where it waits, or is told in a digest instead."""
        alone, channel = self._throttle.is_taken_singly(batch.head), batch.channel
        bundles = isinstance(deliverer, Bundler) and not alone
        if not (bundles or channel.rest or channel.crowd):
            return batch
        pause = self._throttle.pause_of(batch.destination)

        def gather(tx: Transaction) -> DeliveryBatch | None:
            now = self._ambient.now()
            whole = self._with_those_behind(tx, batch, now) if bundles else batch
            until = now + pause if pause else whole.rests_until(now)
            if until:
                postpone(tx, whole.deliveries, until)
                return None
            return None if fold_in_a_crowd(tx, whole, now) else whole

        return await self._store.submit(gather)

    def _with_those_behind(
        self, tx: Transaction, batch: DeliveryBatch, now: datetime
    ) -> DeliveryBatch:
        head, most = batch.head, MOST_TOGETHER - 1
        behind = tx.claim_behind(head, owner=self._owner, lease=LEASE, limit=most, now=now)
        return replace(batch, deliveries=(head, *behind))

    async def _messages(self, batch: DeliveryBatch) -> tuple[Message, ...]:
        """Return what to tell; of several digests only the last, which says all there is to say now."""
        messages = tuple(delivery.message for delivery in batch.deliveries)
        if messages[-1].kind is not MessageKind.DIGEST:
            return messages
        now = self._ambient.now()
        digest = await self._store.read(lambda reader: filled(messages[-1], reader, now))
        return (self._mask().told(digest),)

    def _deliverer(self, destination: str) -> Deliverer:
        if destination not in self._ready:
            ((name, settings),) = json.loads(destination).items()
            self._ready[destination] = self._build(name, settings)
        return self._ready[destination]

    def _build(self, name: str, settings: object) -> Deliverer:
        kind = self._channels.get(name)
        if kind is None:
            raise DeliveryError(f"there is no channel {name} in this daemon", final=True)
        raw = settings if isinstance(settings, dict) else {kind.shorthand: settings}
        try:
            return kind.deliverer(self._reads, kind.settings.model_validate(raw))
        except ValidationError as error:
            raise DeliveryError(f"{name}: {error.errors()[0]['msg']}", final=True) from error

    async def _failed(self, head: Delivery, error: DeliveryError) -> None:
        if error.retry_after is None or not self._throttle.pause_of(head.channel):
            self._listener.problem(name_of(head.channel), str(error))  # one word for each pause
        batch, now, problem = self._throttle.batch(head), self._ambient.now(), str(error)
        if error.final and len(batch) > 1:
            self._throttle.take_singly(head)
            await self._store.submit(lambda tx: postpone(tx, batch, now, error.receipt))
            return
        if error.final or head.tries + 1 >= MOST_TRIES:
            self._throttle.take_together(head)
            await self._store.submit(lambda tx: give_up(tx, batch, problem, now))
            return
        if error.retry_after is not None:  # the channel's doing, not the message's: no try
            rest = timedelta(seconds=error.retry_after)
            self._throttle.pause(head.channel, rest)
            await self._store.submit(lambda tx: postpone(tx, batch, now + rest, error.receipt))
            return
        wait = backoff(FIRST_WAIT, head.tries + 1, longest=LONGEST_WAIT)
        wait = jittered(wait, self._ambient.dice())
        await self._store.submit(lambda tx: retry(tx, batch, now + wait, error))

    async def _finish(self) -> None:
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=STOP_WITHIN.total_seconds())
        for running in late:
            running.cancel()

    async def _give_back(self) -> None:
        """What was cut off may have arrived or not: it is told again, and need not wait for its lease's end."""
        left = [(delivery, delivery.due_at) for delivery in self._throttle.under_way]
        try:
            await self._store.submit(lambda tx: put_back(tx, left))
        except StoreError as error:
            self._listener.store_failed(str(error))


async def _told(deliverer: Deliverer, messages: Sequence[Message], before: str | None) -> str:
    if isinstance(deliverer, Bundler):
        return await deliverer.deliver_all(messages, before)
    return await deliverer.deliver(messages[0], before)
