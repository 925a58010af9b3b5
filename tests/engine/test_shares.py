"""Three replicas on one PostgreSQL: each is given its share of what is due, also where one had room for all of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from benchmarks.engine_house import GUARDS, RealTime
from remediator.core.playbook import VerifyOrder
from remediator.engine.worker import Capacity, Worker
from remediator.stores.store import open_store
from tests.engine.house import VERIFY, House, a_playbook, a_step, an_alert
from tests.parts.postgres import Postgres

pytestmark = pytest.mark.slow

RUNS = 30
MINUTE = 60


class Replica:
    """One of several engines on a database, with a world of its own."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.worker = Worker(
            store=house.store,
            ambient=house.clock.ambient(),
            actor=house.runner(),
            rehearser=house.runner(executor=False),
            listener=house.listener,
            capacity=Capacity(most=RUNS + 2),
        )

    @property
    def closed(self) -> int:
        return self.house.listener.kinds.count("closed")


async def a_replica(url: str) -> Replica:
    house = House(await open_store(url), RealTime())  # type: ignore[arg-type]
    verify = VerifyOrder(checks=(VERIFY,), after=timedelta(0))
    house.use(a_playbook(steps=(a_step(),), guards=GUARDS, verify=verify))
    return Replica(house)


async def test_replicas_share_what_is_due(postgres: Postgres) -> None:
    url = postgres.new_database()
    replicas = [await a_replica(url) for _ in range(3)]
    await replicas[0].house.take_in(
        *(an_alert(f"f{n}", instance=f"web{n}:9100") for n in range(RUNS))
    )

    for replica in replicas:
        await replica.house.store.submit(lambda tx: None)  # its connection stands

    working = [asyncio.create_task(replica.worker.run()) for replica in replicas]
    async with asyncio.timeout(MINUTE):
        while sum(replica.closed for replica in replicas) < RUNS:
            await asyncio.sleep(0.05)

    for replica in replicas:
        replica.worker.stop()
    await asyncio.gather(*working)
    assert min(replica.closed for replica in replicas) >= RUNS // 3 // 2
    assert sum(len(replica.house.world.effects) for replica in replicas) == RUNS
    for replica in replicas:
        await replica.house.store.close()
