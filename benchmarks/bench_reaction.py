"""Webhook received to the first effect of the run, on an idle machine (goals: p50 under 15 ms, p99 under 60 ms).

The effect is a POST of the run's first change to a server in this process; the time begins when the webhook is sent.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine_house import GUARDS, RealTime
from measuring import finish, report

from remediator.core.playbook import VerifyOrder
from remediator.engine.worker import Worker
from remediator.stores.store import open_store
from tests.engine.house import VERIFY, House, a_playbook, an_alert

ALERTS = 200


sys.setswitchinterval(0.0005)  # as the daemon does


async def reactions() -> list[float]:
    """Return seconds from the accepted notification to the first write in the world, one alert at a time."""
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(f"sqlite:///{folder}/remediator.db")
        house = House(store, RealTime())
        verify = VerifyOrder(checks=(VERIFY,), after=timedelta(0))
        house.use(a_playbook(guards=GUARDS, verify=verify))
        intake = house.intake()
        worker = Worker(
            store=store,
            ambient=house.clock.ambient(),
            actor=house.runner(),
            rehearser=house.runner(executor=False),
            listener=house.listener,
        )
        loops = [asyncio.create_task(loop.run()) for loop in (intake, worker)]
        taken = []
        for n in range(ALERTS):
            began = time.perf_counter()
            await house.post(an_alert(f"f{n}", instance=f"web{n}:9100"))
            while len(house.world.effects) <= n:
                await asyncio.sleep(0.0005)
            taken.append(time.perf_counter() - began)
            await asyncio.sleep(0.02)
        intake.stop()
        worker.stop()
        await asyncio.gather(*loops)
        await store.close()
        return taken


milliseconds = sorted(1e3 * seconds for seconds in asyncio.run(reactions()))
p50, p99 = statistics.median(milliseconds), milliseconds[int(len(milliseconds) * 0.99)]
finish(
    report("webhook to first effect, p50", p50, "ms", "< 15", is_met=p50 < 15),
    report("webhook to first effect, p99", p99, "ms", "< 60", is_met=p99 < 60),
)
