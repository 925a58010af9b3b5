"""How fast old runs go, and what a notification waits for meanwhile.

python benchmarks/bench_retention.py [--runs 10000] [--rate 20]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from large_site import AGE, OPEN, Site, fill_sqlite
from measuring import finish, report

from remediator.engine.housekeeping import Housekeeping, Retention
from remediator.engine.listener import NoListener
from remediator.engine.recorder import Recorder, Routes
from remediator.ports.ambient import system_ambient
from remediator.ports.store import Listing, Store
from remediator.stores.store import FILE_NAME, open_store, sqlite_url, upgrade
from remediator.testing.builders import a_notification

GOAL = 500_000 / 3600
QUIET_SECONDS = 10


async def _accept(store: Store, rate: float, waited: list[float]) -> None:
    ambient = system_ambient()
    while True:
        one = a_notification(id=ambient.new_id("ntf"), received_at=ambient.now(), state="done")
        began = time.perf_counter()
        await store.submit(lambda tx, one=one: tx.accept(one))
        waited.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(1 / rate)


def _p99(waited: list[float]) -> float:
    return sorted(waited)[len(waited) * 99 // 100]


async def _has_old_ones(store: Store) -> bool:
    """Those that were open are closed now, and young."""
    page = await store.read(lambda r: r.runs(Listing(limit=OPEN + 1)))
    return len(page.items) > OPEN


async def _run(runs: int, rate: float, directory: Path) -> list[bool]:
    ambient = replace(system_ambient(), clock=None)
    site = Site(runs=runs, now=ambient.now() - AGE - timedelta(days=1))
    url, file = sqlite_url(directory), directory / FILE_NAME
    await upgrade(url)
    fill_sqlite(file, site)
    size = file.stat().st_size
    store = await open_store(url)
    housekeeping = Housekeeping(
        store=store,
        recorder=Recorder(Routes),
        ambient=ambient,
        retention=Retention(),
        listener=NoListener(),
    )
    waited: list[float] = []
    accepting = asyncio.create_task(_accept(store, rate, waited))
    await asyncio.sleep(QUIET_SECONDS)
    alone, waited[:] = _p99(waited), []
    keeping = asyncio.create_task(housekeeping.run())
    began = time.perf_counter()
    while await _has_old_ones(store) and not keeping.done():
        await asyncio.sleep(0.1)
    took = time.perf_counter() - began
    accepting.cancel()
    housekeeping.stop()
    await keeping
    await store.close()
    p99 = _p99(waited)
    grown = file.stat().st_size / size
    return [
        report(
            "old runs pruned",
            (runs - OPEN) / took,
            "/s",
            f"> {GOAL:.0f}",
            is_met=(runs / took) > GOAL,
        ),
        report("p99 of storing a notification, without", alone, "ms", "none", is_met=True),
        report("p99 of storing a notification", p99, "ms", "< 50", is_met=p99 < 50),
        report("the file against before", grown, "times", "<= 1.05", is_met=grown <= 1.05),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        finish(*asyncio.run(_run(options.runs, options.rate, Path(made))))
