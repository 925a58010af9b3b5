"""Deliver the outbox: in order within a run and channel, at least once, with patience. Never in the way of a run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from remediator.core.errors import DeliveryError, StoreError
from remediator.engine.witness import Witness
from remediator.ports.ambient import Ambient
from remediator.ports.channel import Channel, Deliverer
from remediator.ports.store import Delivery, Store, Transaction, Work

LEASE = timedelta(seconds=60)
DELIVERY_TIMEOUT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=5)
MOST_TRIES = 100


class Courier:
    """Delivers messages through the channels of the catalog."""

    def __init__(
        self,
        *,
        store: Store,
        ambient: Ambient,
        channels: Mapping[str, Channel],
        gateways: Mapping[str, Any],
        witness: Witness,
    ) -> None:
        self._store = store
        self._ambient = ambient
        self._channels = channels
        self._gateways = gateways
        self._witness = witness
        self._owner = ambient.new_id("cou")
        self._ready: dict[str, Deliverer] = {}
        self._stopping = asyncio.Event()
        self.heartbeat = ambient.monotonic()

    async def run(self) -> None:
        """Deliver until `stop`; whatever is left stays in the outbox."""
        while not self._stopping.is_set():
            self.heartbeat = self._ambient.monotonic()
            try:
                if await self.deliver_due() == 0:
                    await self._store.wait_for_work(Work.OUTBOX, timedelta(seconds=1))
            except StoreError as error:
                self._witness.store_failed(str(error))
                await asyncio.sleep(1)

    def forget(self) -> None:
        """Build every channel anew at its next message: the settings were read again."""
        self._ready.clear()

    def stop(self) -> None:
        """Start no further delivery."""
        self._stopping.set()

    async def deliver_due(self, limit: int = 20) -> int:
        """Deliver what is due now; return how many deliveries were tried."""

        def claim(tx: Transaction) -> tuple[Delivery, ...]:
            now = self._ambient.now()
            return tx.claim_deliveries(owner=self._owner, lease=LEASE, limit=limit, now=now)

        due = await self._store.submit(claim)
        await asyncio.gather(*(self._deliver(delivery) for delivery in due))
        return len(due)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            deliverer = self._deliverer(delivery.channel)
            async with asyncio.timeout(DELIVERY_TIMEOUT.total_seconds()):
                receipt = await deliverer.deliver(delivery.message, delivery.receipt)
        except DeliveryError as error:
            await self._failed(delivery, error)
        except TimeoutError:
            await self._failed(delivery, DeliveryError("no answer in time"))
        except Exception as error:  # a broken channel must not stop the others
            await self._failed(delivery, DeliveryError(f"{type(error).__name__}: {error}"))
        else:
            await self._store.submit(
                lambda tx: tx.delivered(delivery.id, receipt, self._ambient.now())
            )

    def _deliverer(self, channel: str) -> Deliverer:
        if channel not in self._ready:
            ((name, settings),) = json.loads(channel).items()
            self._ready[channel] = self._build(name, settings)
        return self._ready[channel]

    def _build(self, name: str, settings: Any) -> Deliverer:
        kind = self._channels.get(name)
        if kind is None:
            raise DeliveryError(f"there is no channel {name} in this daemon", final=True)
        raw = settings if isinstance(settings, dict) else {kind.shorthand: settings}
        try:
            return kind.deliverer(self._gateways, kind.settings.model_validate(raw))
        except ValidationError as error:
            raise DeliveryError(f"{name}: {error.errors()[0]['msg']}", final=True) from error

    async def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        self._witness.problem(next(iter(json.loads(delivery.channel))), str(error))
        now = self._ambient.now()
        if error.final or delivery.tries + 1 >= MOST_TRIES:
            await self._store.submit(lambda tx: tx.give_up_delivery(delivery.id, str(error), now))
            return
        wait = min(timedelta(seconds=2 ** min(delivery.tries, 10)), LONGEST_WAIT)
        if error.retry_after is not None:
            wait = timedelta(seconds=error.retry_after)
        await self._store.submit(lambda tx: tx.retry_delivery(delivery.id, now + wait, str(error)))
