"""How fast old runs go, and what a notification waits for meanwhile; on SQLite, and on PostgreSQL where there is one.

python benchmarks/bench_retention.py [--runs 5000] [--rate 20] [--store postgresql://…]

A PostgreSQL database that is named must be empty; then only that one is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from large_site import AGE, OPEN, Site, fill_postgres, fill_sqlite
from measuring import finish, report
from servers import has_postgres

from remediator.engine.housekeeping import Housekeeping, Retention
from remediator.engine.listener import NoListener
from remediator.engine.recorder import Recorder, Routes
from remediator.ports.ambient import system_ambient
from remediator.ports.store import Listing, Store
from remediator.stores.store import FILE_NAME, open_store, sqlite_url, upgrade
from remediator.testing.builders import a_notification
from tests.parts.postgres import Postgres

GOAL = 500_000 / 3600
QUIET_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A store to be filled; `file` is SQLite's."""

    name: str
    url: str
    file: Path | None = None

    async def fill(self, site: Site) -> None:
        await upgrade(self.url)
        if self.file:
            fill_sqlite(self.file, site)
        else:
            await fill_postgres(self.url, site)


@contextmanager
def sqlite() -> Iterator[Where]:
    with tempfile.TemporaryDirectory() as made:
        yield Where(name="SQLite", url=sqlite_url(Path(made)), file=Path(made) / FILE_NAME)


@contextmanager
def postgres(url: str = "") -> Iterator[Where]:
    if url:
        yield Where(name="PostgreSQL", url=url)
        return
    with Postgres() as server:
        yield Where(name="PostgreSQL", url=server.new_database())


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


async def _run(runs: int, rate: float, where: Where) -> list[bool]:
    ambient = replace(system_ambient(), clock=None)
    await where.fill(Site(runs=runs, now=ambient.now() - AGE - timedelta(days=1)))
    size = where.file.stat().st_size if where.file else 0
    store = await open_store(where.url)
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
    return list(_figures(where, (runs - OPEN) / took, alone, _p99(waited), size))


def _figures(where: Where, gone: float, alone: float, p99: float, size: int) -> Iterator[bool]:
    on = f" on {where.name}"
    yield report(f"old runs pruned{on}", gone, "/s", f"> {GOAL:.0f}", is_met=gone > GOAL)
    beside = f"{alone:.3g} ms without"
    stored = f"p99 of storing a notification{on}"
    yield report(stored, p99, "ms", "< 50", is_met=p99 < 50, beside=beside)
    if where.file:
        grown = where.file.stat().st_size / size
        yield report("the file against before", grown, "times", "<= 1.05", is_met=grown <= 1.05)


def main() -> list[bool]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--store", default="")
    options = parser.parse_args()
    wheres = [postgres(options.store)] if options.store else [sqlite()]
    if not options.store and has_postgres():
        wheres.append(postgres())
    met = []
    for each in wheres:
        with each as where:
            met += asyncio.run(_run(options.runs, options.rate, where))
    return met


if __name__ == "__main__":
    finish(*main())
