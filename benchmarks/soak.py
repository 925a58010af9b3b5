"""Endurance: the real daemon on SQLite under alerts for a long time, with one line a minute and a verdict at the end.

python benchmarks/soak.py [--minutes 30] [--alerts 50] [--resolved 25]   (`make soak`)

Half of the firing alerts are new ones, the other half repeats; new ones are answered by dry runs and by real runs whose
changes a simulated host makes (tests/world). What the first minutes were is what the last ones have to be: p99, memory,
descriptors. The inbox and the outbox are looked at each time; at the end every 202 must be found in the store.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import math
import sqlite3
import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from measuring import finish, report
from servers import cpu_seconds, open_files, resident_megabytes
from soak_sender import MOST_WAITING, Sender

from tests.world.site import WorldPart, WorldSite, effect, playbook, world_settings

HOSTS = 2000
ROWS = 6  # at least
SLOWER, FATTER, MORE_FILES, FEW = 1.5, 1.05, 4, 100
PLAYBOOKS = {
    "rehearsed": playbook("Sick", effect("step1"), mode="dry_run"),
    "acted": playbook("Ill", effect("step1"), effect("step2")),
}
COLUMNS = {
    "minute": "6.1f",
    "posts": "7",
    "p50": "8.1f",
    "p99": "8.1f",
    "core": "6.0f",
    "megabytes": "9.1f",
    "files": "6",
    "inbox": "6",
    "outbox": "7",
    "runs": "6",
}
"""p50 and p99 in milliseconds, core in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one minute was."""

    minute: float
    posts: int
    p50: float
    p99: float
    core: float
    megabytes: float
    files: int
    inbox: int
    outbox: int
    runs: int

    def __str__(self) -> str:
        return " ".join(format(getattr(self, name), how) for name, how in COLUMNS.items())


class Soak:
    """One daemon, one sender, and what was seen of them."""

    def __init__(self, site: WorldSite, sender: Sender) -> None:
        self._site, self._sender = site, sender
        self.rows: list[Row] = []

    async def run(self, minutes: float) -> None:
        """Send, and look once a minute; then let the daemon finish."""
        every = min(60.0, minutes * 60 / ROWS)
        sending = asyncio.create_task(self._sender.run())
        print("    ", *(f"{name:>{int(float(how.rstrip('f')))}}" for name, how in COLUMNS.items()))
        began = time.monotonic()
        used = cpu_seconds(self._site.pid)
        while (passed := time.monotonic() - began) < minutes * 60 - 1:
            await asyncio.sleep(every * (len(self.rows) + 1) - passed)
            before, used = used, cpu_seconds(self._site.pid)
            self.rows.append(await self._look(time.monotonic() - began, (used - before) / every))
            print(f"     {self.rows[-1]}", flush=True)
        self._sender.stop()
        await sending
        await self._finished()

    async def _look(self, at: float, core: float) -> Row:
        status = await asyncio.to_thread(self._site.get, "/status")
        waits = sorted(self._sender.waits) or [math.inf]  # nobody was answered
        self._sender.waits.clear()
        return Row(
            minute=at / 60,
            posts=len(waits),
            p50=1e3 * statistics.median(waits),
            p99=1e3 * waits[len(waits) * 99 // 100],
            core=100 * core,
            megabytes=resident_megabytes(self._site.pid),
            files=open_files(self._site.pid),
            inbox=status["inbox_new"],
            outbox=status["outbox_pending"],
            runs=sum(status["runs_active"].values()),
        )

    async def _finished(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            status = await asyncio.to_thread(self._site.get, "/status")
            if not any(
                (status["inbox_new"], status["outbox_pending"], *status["runs_active"].values())
            ):
                return
            await asyncio.sleep(1)


def flatness(rows: list[Row]) -> list[bool]:
    """Compare the last third with the first, which begins when all has been warmed up."""
    warm = rows[1:] if len(rows) > ROWS // 2 else rows
    third = max(len(warm) // 3, 1)
    first, last = warm[:third], warm[-third:]

    def ratio(name: str) -> float:
        before, after = (
            statistics.median(getattr(r, name) for r in each) for each in (first, last)
        )
        return after / before

    slower, fatter = ratio("p99"), ratio("megabytes")
    files = max(r.files for r in last) - max(r.files for r in first)
    inbox, outbox = max(r.inbox for r in rows), max(r.outbox for r in rows)
    return [
        report("p99, last third to first", slower, "x", f"<= {SLOWER}", is_met=slower <= SLOWER),
        report("memory, last third to first", fatter, "x", f"<= {FATTER}", is_met=fatter <= FATTER),
        report(
            "open files, more than at first",
            files,
            "",
            f"<= {MORE_FILES}",
            is_met=files <= MORE_FILES,
        ),
        report("inbox, the most that waited", inbox, "", f"<= {FEW}", is_met=inbox <= FEW),
        report("outbox, the most that waited", outbox, "", f"<= {FEW}", is_met=outbox <= FEW),
    ]


def account(file: Path, sender: Sender) -> list[bool]:
    """Find everything that was accepted in the store."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        stored = {name for (name,) in database.execute("select id from inbox where state = 'done'")}
        episodes = {f for (f,) in database.execute("select fingerprint from episode")}
        ran = {f for (f,) in database.execute("select fingerprint from run")}
        decided = {f for (f,) in database.execute("select fingerprint from decision")}
        unended = database.execute("select count(*) from run where phase <> 'closed'").fetchone()[0]
        bad = database.execute("select count(*) from inbox where state <> 'done'").fetchone()[0]
        failed = database.execute(
            "select count(*) from run where outcome not in ('resolved', 'dry_run')"
        ).fetchone()[0]
    faults = {
        "answered 202 and not in the inbox": len(sender.accepted - stored),
        "in the inbox and not done": bad,
        "accepted alerts without an episode": len(sender.fired - episodes),
        "accepted alerts without a decision": len(sender.fired - decided),
        "accepted alerts without a run": len(sender.fired - ran),
        "runs that did not end": unended,
        "runs that ended badly": failed,
        "posts that were refused or lost": sender.refused,
        f"posts that were not sent, because {MOST_WAITING} waited": sender.unsent,
    }
    print(
        f"     {len(sender.accepted)} posts, {len(sender.fired)} alerts, {len(ran)} runs of alerts"
    )
    return [report(what, count, "", "0", is_met=count == 0) for what, count in faults.items()]


def main() -> list[bool]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--alerts", type=float, default=50, help="firing ones, a second")
    parser.add_argument("--resolved", type=float, default=25, help="a second")
    options = parser.parse_args()
    with ExitStack() as stack:
        world = stack.enter_context(WorldPart(hosts=HOSTS, seconds=0.0))
        settings = world_settings()
        site = stack.enter_context(WorldSite("soak", world, settings=settings, playbooks=PLAYBOOKS))
        sender = Sender(
            port=site.port,
            headers=site.bearer("prom"),
            alerts=options.alerts,
            resolved=options.resolved,
            hosts=HOSTS,
        )
        soak = Soak(site, sender)
        asyncio.run(soak.run(options.minutes))
        met = flatness(soak.rows) + account(site.directory / "state" / "remediator.sqlite3", sender)
        with contextlib.redirect_stdout(io.StringIO()):  # the daemon's log is long
            stack.close()
    return met


if __name__ == "__main__":
    finish(*main())
