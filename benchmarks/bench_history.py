"""What statements cost beside a long history: lists with every filter, why, approvals, claims, tallies, a prune.

python benchmarks/bench_history.py --runs 1000000 [--store postgresql://…] [--directory D] [--filled] [--rounds 5]

Without --store an SQLite file is made in a temporary directory, or in the one that is named. A PostgreSQL database must
be empty. With --filled either is taken as an earlier run with as many runs has left it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from large_site import AGE, BUSY, Site, fill_postgres, fill_sqlite, host
from measuring import finish, report

from remediator.core.guards import tallies_for
from remediator.ports.store import Listing, Reader, Store, Transaction
from remediator.stores.store import FILE_NAME, open_store, sqlite_url, upgrade
from remediator.testing.builders import an_order

GOAL = 50.0
LEASE = timedelta(seconds=30)
Closure = Callable[[Any], Any]

_RUN_FILTERS = {
    "playbook": ("playbook-rare", BUSY),
    "target": ("host/web3", "host/nobody"),
    "phase": ("awaiting_approval", "planning", "closed"),
    "outcome": ("cancelled", "resolved"),
    "fingerprint": (f"{7:016x}",),
    "episode": (f"eps_{9:032}",),
}
_DECISION_FILTERS = {
    "playbook": ("playbook-rare", BUSY),
    "fingerprint": (f"{7:016x}",),
    "source": ("rare", "alertmanager"),
    "decision": ("off", "blocked", "run"),
    "run_id": (f"run_{9:032}",),
    "notification": (f"ntf_{9:032}",),
}
_INBOX_FILTERS = {"state": ("bad", "new", "done")}


def questions(site: Site) -> Iterator[tuple[str, Closure]]:
    """Return what people and the engine ask, by name."""
    for name, wanted in (
        ("runs", _RUN_FILTERS),
        ("decisions", _DECISION_FILTERS),
        ("notifications", _INBOX_FILTERS),
    ):
        for what, listing in _listings(site, wanted):
            yield f"{name}, {what}", lambda r, n=name, li=listing: getattr(r, n)(li)
    both = Listing(filters={"playbook": BUSY, "outcome": "cancelled"})
    yield "runs, busy playbook and rare outcome", lambda r: r.runs(both)
    print_ = f"{7:016x}"
    alike = Listing(limit=50, filters={"fingerprint": print_})
    yield "why", lambda r: (r.decisions(alike), r.runs(alike), r.latest_episode("rare", print_))
    yield "last run of", lambda r: r.last_run_of("alertmanager", print_, "playbook-7")
    yield "acting", lambda r: r.acting(playbook=BUSY, besides="run_x")
    yield "statistics", lambda r: r.statistics(site.now)
    yield "outcomes of a day", lambda r: r.outcomes(site.now - timedelta(days=1))
    since = site.now - timedelta(hours=1)
    yield "refused alerts", lambda r: r.refused_alerts(BUSY, "", since)
    yield "firing together", lambda r: r.firing_together(playbook=BUSY, since=since, most=5)
    yield "elsewhere", lambda r: r.elsewhere(domain="a", besides="r", since=since)
    yield "tallies", lambda r: _tallies(r, site)


def _tallies(reader: Reader, site: Site) -> Any:
    wanted = tallies_for(an_order(playbook=BUSY))
    besides = (host(1),)
    return reader.tallies(wanted, playbook=BUSY, target=host(1), now=site.now, besides=besides)


def _listings(site: Site, filters: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, Listing]]:
    middle, end = f"{site.at(site.runs // 2)}.z", f"{site.at(site.runs // 100)}.z"
    yield "first page", Listing()
    yield "page in the middle", Listing(before=middle)
    yield "last pages", Listing(before=end)
    for name, values in filters.items():
        for value in values:
            yield f"{name}={value[-20:]}", Listing(filters={name: value})
            yield f"{name}={value[-20:]}, deep", Listing(filters={name: value}, before=middle)


def changes(site: Site) -> Iterator[tuple[str, Closure]]:
    """Return what the engine does all the time; nothing is left to be claimed after the first."""
    mine: dict[str, Any] = {"owner": "bench", "lease": LEASE, "limit": 10, "now": site.now}
    yield "claim runs", lambda tx: tx.claim_due(**mine)
    yield "claim deliveries", lambda tx: tx.claim_deliveries(**mine)
    yield "take notifications", lambda tx: tx.take_notifications(50)
    yield "waiting notifications", lambda tx: tx.waiting_notifications(50, 10**6)
    yield "stale episodes", lambda tx: tx.stale_episodes(site.now - AGE, 100)
    yield "prune, nothing to do", lambda tx: _prune(tx, site, AGE)


def _prune(tx: Transaction, site: Site, age: timedelta) -> int:
    before = site.now - age - timedelta(seconds=1)
    return tx.prune(runs_before=before, notifications_before=before, limit=1000)


async def measure(store: Store, site: Site, rounds: int) -> list[bool]:
    """Measure everything, and print it."""
    met = []
    for ask, asked in ((store.read, questions(site)), (store.submit, changes(site))):
        for name, closure in asked:
            times = []
            for _ in range(rounds):
                began = time.perf_counter()
                await ask(closure)
                times.append((time.perf_counter() - began) * 1000)
            value = statistics.median(times)
            met.append(report(name, value, "ms", f"< {GOAL:.0f}", is_met=value < GOAL))
    return met


async def _run(options: argparse.Namespace, directory: Path) -> list[bool]:
    site = Site(runs=options.runs)
    url = options.store or sqlite_url(directory)
    await upgrade(url)
    if not options.filled:
        await _fill(url if options.store else "", directory / FILE_NAME, site)
    began = time.perf_counter()
    store = await open_store(url)
    took = (time.perf_counter() - began) * 1000
    met = [report("open the store", took, "ms", "< 200", is_met=took < 200)]
    met += await measure(store, site, options.rounds)
    await store.close()
    return met


async def _fill(url: str, file: Path, site: Site) -> None:
    began = time.perf_counter()
    if url:
        await fill_postgres(url, site)
    else:
        fill_sqlite(file, site)
    size = "" if url else f", {file.stat().st_size / 2**20:.0f} MiB"
    print(f"     {site.runs} runs in {time.perf_counter() - began:.0f} s{size}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50_000)
    parser.add_argument("--store", default="")
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--filled", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    options = _options()
    with tempfile.TemporaryDirectory() as made:
        finish(*asyncio.run(_run(options, options.directory or Path(made))))
