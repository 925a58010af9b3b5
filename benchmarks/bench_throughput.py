"""Runs per second: five steps of no-op actions, all guards and the whole protocol, on SQLite and on PostgreSQL.

Goals: at least 60 runs/s on SQLite, 40 on PostgreSQL. PostgreSQL is left out where it is not installed.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine_house import GUARDS, RealTime
from measuring import finish, median, report
from servers import has_postgres

from remediator.core.playbook import VerifyOrder
from remediator.engine.worker import Capacity, Worker
from remediator.stores.store import open_store
from tests.engine.house import VERIFY, House, a_playbook, a_step, an_alert
from tests.parts.postgres import Postgres

RUNS = 150


async def runs_per_second(url: str, prefix: str) -> float:
    store = await open_store(url)
    house = House(store, RealTime())
    steps = tuple(a_step(f"step-{n}", parameters={"to": n + 1}) for n in range(5))
    house.use(
        a_playbook(
            steps=steps,
            guards=GUARDS,
            verify=VerifyOrder(checks=(VERIFY,), after=timedelta(0)),
        )
    )
    alerts = [an_alert(f"{prefix}{n}", instance=f"{prefix}{n}:9100") for n in range(RUNS)]
    for n in range(0, RUNS, 50):
        await house.take_in(*alerts[n : n + 50])
    worker = Worker(
        store=store,
        ambient=house.clock.ambient(),
        actor=house.runner(),
        rehearser=house.runner(executor=False),
        listener=house.listener,
        capacity=Capacity(most=32),
    )
    start = time.perf_counter()
    working = asyncio.create_task(worker.run())
    while sum(m.event.kind == "closed" for m in house.listener.moves) < RUNS:
        await asyncio.sleep(0.01)
    took = time.perf_counter() - start
    worker.stop()
    await working
    outcomes = {m.after.outcome.value for m in house.listener.moves if m.event.kind == "closed"}
    assert outcomes == {"resolved"}, outcomes
    assert len(house.world.effects) == RUNS * 5
    await store.close()
    return RUNS / took


def on_sqlite() -> float:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(runs_per_second(f"sqlite:///{folder}/remediator.db", "s"))


sqlite = median(on_sqlite)
figures = [report("5-step runs on SQLite", sqlite, "runs/s", ">= 60", is_met=sqlite >= 60)]
if has_postgres():
    with Postgres() as server:
        postgres = median(lambda: asyncio.run(runs_per_second(server.new_database(), "p")))
    figures.append(
        report("5-step runs on PostgreSQL", postgres, "runs/s", ">= 40", is_met=postgres >= 40)
    )
finish(*figures)
