"""Growth by replicas: one, two and three of them share five-step runs on one PostgreSQL, each a process of its own.

Goals: two are at least 1.3 times as fast as one where there are two cores; of three, none does less than half of its
share. What the database was busy with is printed below: the statements that took most of its time.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine_house import GUARDS, RealTime
from measuring import finish, report

import tests.parts.postgres as part
from remediator.core.playbook import VerifyOrder
from remediator.engine.worker import Capacity, Worker
from remediator.stores.store import open_store
from tests.engine.house import VERIFY, House, a_playbook, a_step, an_alert

RUNS = int(os.environ.get("RUNS", "240"))
COUNTED = "pg_stat_statements"
BUSIEST = """select round(100 * total_exec_time / sum(total_exec_time) over ()) || ' % '
  || calls || ' calls, ' || round(mean_exec_time::numeric, 2) || ' ms: '
  || left(regexp_replace(query, '\\s+', ' ', 'g'), 70)
  from pg_stat_statements order by total_exec_time desc limit 5"""


async def a_house(url: str) -> House:
    house = House(await open_store(url), RealTime())
    steps = tuple(a_step(f"step-{n}", parameters={"to": n + 1}) for n in range(5))
    verify = VerifyOrder(checks=(VERIFY,), after=timedelta(0))
    house.use(a_playbook(steps=steps, guards=GUARDS, verify=verify))
    return house


async def replica(url: str) -> None:
    """Work from the first line of the standard input to its end, then say how many runs were closed here."""
    house = await a_house(url)
    worker = Worker(
        store=house.store,
        ambient=house.clock.ambient(),
        actor=house.runner(),
        rehearser=house.runner(executor=False),
        listener=house.listener,
        capacity=Capacity(most=32),
    )
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    working = asyncio.create_task(worker.run())
    await asyncio.to_thread(sys.stdin.read)
    worker.stop()
    await working
    closed = [m.after for m in house.listener.moves if m.event.kind == "closed"]
    outcomes = sorted({run.outcome.value for run in closed})
    print(json.dumps([len(closed), outcomes, len(house.world.effects)]), flush=True)
    await house.store.close()


async def fill(url: str) -> None:
    house = await a_house(url)
    alerts = [an_alert(f"r{n}", instance=f"r{n}:9100") for n in range(RUNS)]
    for n in range(0, RUNS, 50):
        await house.take_in(*alerts[n : n + 50])
    await house.store.close()


def begun(url: str) -> subprocess.Popen[str]:
    argv = [sys.executable, __file__, url]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def measured(server: part.Postgres, replicas: int) -> tuple[float, list[int]]:
    """Return runs per second, and how many each replica closed."""
    url = server.new_database()
    database = url.rpartition("/")[2]
    asyncio.run(fill(url))
    processes = [begun(url) for _ in range(replicas)]
    server.query(database, f"create extension {COUNTED}")
    server.query(database, f"select {COUNTED}_reset()")
    start = time.perf_counter()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    while int(server.query(database, "select count(*) from run where phase = 'closed'")) < RUNS:
        time.sleep(0.1)
    took = time.perf_counter() - start
    busiest = server.query(database, BUSIEST)
    told = [json.loads(process.communicate()[0]) for process in processes]
    assert sum(closed for closed, _, _ in told) == RUNS
    assert {outcome for _, outcomes, _ in told for outcome in outcomes} == {"resolved"}
    assert sum(effects for _, _, effects in told) == RUNS * 5
    shares = sorted(closed for closed, _, _ in told)
    print(f"     {replicas}: {RUNS / took:.1f} runs/s, shares {shares}\n{busiest}", flush=True)
    return RUNS / took, shares


def main() -> None:
    if not (shutil.which("pg_config") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))):
        print("     there is no PostgreSQL here")
        finish()
    part.SETTINGS["shared_preload_libraries"] = COUNTED
    with part.Postgres() as server:
        found = {replicas: measured(server, replicas) for replicas in (1, 2, 3)}
    speeds = {replicas: speed for replicas, (speed, _) in found.items()}
    least = found[3][1][0] * 3 / RUNS
    figures = [
        report(f"{replicas} replicas", speed, "runs/s", "is told", is_met=True)
        for replicas, speed in speeds.items()
    ]
    growth = speeds[2] / speeds[1]
    has_room = (os.cpu_count() or 1) > 1
    figures += [
        report(
            "two replicas by one", growth, "times", ">= 1.3", is_met=growth >= 1.3 or not has_room
        ),
        report("the least share of three", least, "of a third", ">= 0.5", is_met=least >= 0.5),
    ]
    finish(*figures)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(replica(sys.argv[1]))
    else:
        main()
