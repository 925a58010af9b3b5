"""5,000 runs that wait for an approval (goals: under +5 MB resident, under 1 % of a core).

They are made by the engine in this process; then the real daemon is started on that database, and on an empty one.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine_house import GUARDS, RealTime
from measuring import finish, report
from servers import cpu_seconds, daemon, get, resident_megabytes

from remediator.core.playbook import ApprovalPolicy, Mode
from remediator.engine.worker import Capacity, Worker
from remediator.stores.store import open_store
from tests.engine.house import House, a_playbook, an_alert

RUNS, WATCHED, ROUNDS = 5000, 10.0, 3


async def make_waiting(file: Path) -> None:
    """Fill a database with runs that wait for people."""
    store = await open_store(f"sqlite:///{file}")
    house = House(store, RealTime())
    policy = ApprovalPolicy(expires=timedelta(days=1))
    house.use(a_playbook(mode=Mode.APPROVE, approval=policy, guards=GUARDS))
    worker = Worker(
        store=store,
        ambient=house.clock.ambient(),
        actor=house.runner(),
        rehearser=house.runner(executor=False),
        listener=house.listener,
        capacity=Capacity(most=64),
    )
    working = asyncio.create_task(worker.run())
    for n in range(0, RUNS, 100):
        alerts = [an_alert(f"f{n + i}", instance=f"web{n + i}:9100") for i in range(100)]
        await house.take_in(*alerts)
    while sum(kind == "approval_requested" for kind in house.listener.kinds) < RUNS:
        await asyncio.sleep(0.1)
    worker.stop()
    await working
    await store.close()
    with sqlite3.connect(file) as database:  # as if all of it had been told
        database.execute("update outbox set state = 'delivered', finished_at = due_at")


def watched(database: Path | None) -> tuple[float, float, int]:
    """Return resident megabytes, the share of a core in percent, and how many approvals wait."""
    with daemon(database=database) as (port, process, _):
        while get(port, "/api/v1/status")["outbox_pending"]:
            time.sleep(0.5)
        time.sleep(3)
        before = cpu_seconds(process.pid)
        time.sleep(WATCHED)
        share = 100 * (cpu_seconds(process.pid) - before) / WATCHED
        waiting = get(port, "/api/v1/status")["approvals_pending"]
        return resident_megabytes(process.pid), share, waiting


with tempfile.TemporaryDirectory() as folder:
    full = Path(folder) / "full.sqlite3"
    asyncio.run(make_waiting(full))
    empty = [watched(None) for _ in range(ROUNDS)]
    waiting = [watched(full) for _ in range(ROUNDS)]

assert {found[2] for found in waiting} == {RUNS}
bare, bare_share = (statistics.median(e[n] for e in empty) for n in (0, 1))
more = statistics.median(w[0] for w in waiting) - bare
share = statistics.median(w[1] for w in waiting)
without, idle = f"{bare:.0f} MB without them", f"{bare_share:.2f} % without them"
finish(
    report("memory for 5,000 waiting runs", more, "MB", "< 5", is_met=more < 5, beside=without),
    report(
        "a core's share with 5,000 waiting runs",
        share,
        "%",
        "< 1",
        is_met=share < 1,
        beside=idle,
    ),
)
