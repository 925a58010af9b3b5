"""Admission alone: alerts a second from the inbox to a run, ten to a notification, with the daemon's own rules.

Goal: at least 1,500 a second. Beside it stands what SQLite takes for the same rows without a program around it, and
what it takes without the indexes of the history.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from load import ALERT
from measuring import ROUNDS, finish, report

from remediator.app.configuration import InForce, load_configuration
from remediator.config.catalog import find_catalog
from remediator.config.expressions import CelConditions
from remediator.engine.intake import Intake
from remediator.engine.listener import NoListener
from remediator.engine.masked_store import masked_store
from remediator.engine.recorder import Recorder
from remediator.ports.ambient import system_ambient
from remediator.ports.store import Notification
from remediator.stores.store import open_store

ALERTS, TOGETHER, TARGETS = 3000, 10, 300
COMMIT = 100
HEAD, _, TAIL = ALERT.partition('{"status":"firing","labels"')
ONE = f'{{"status":"firing","labels"{TAIL}'.removesuffix("]}")
PLAYBOOK = """\
name: disk-space-low
runbook_url: https://example.com
match: [alertname="DiskSpaceLow"]
target: host/{{ labels.instance | host }}
mode: dry_run
steps: [{journal.vacuum: {keep_size: 500M}}]
verify: {all: [{alert: resolved}]}
"""


def body(first: int) -> bytes:
    """Return one notification of several alerts."""
    numbers = range(first, first + TOGETHER)
    alerts = ((ONE % n).replace("web1:", f"web{n % TARGETS}:") for n in numbers)
    return f"{HEAD}{','.join(alerts)}]}}".encode()


def in_force(folder: Path) -> InForce:
    (folder / "playbooks").mkdir()
    (folder / "playbooks" / "playbook.yaml").write_text(PLAYBOOK)
    file = folder / "remediator.yaml"
    file.write_text(
        f'data_dir: {folder}/site\nplaybooks: [{folder}/playbooks]\nhosts: {{allow: ["web[0-9]+"]}}\n'
    )
    return InForce(load_configuration(file, find_catalog(), CelConditions()))


async def admitted(folder: Path) -> float:
    """Return how many alerts a second are admitted, by the processor's time."""
    rules, ambient = in_force(folder), system_ambient()
    store = masked_store(await open_store(f"sqlite:///{folder}/remediator.db"), rules.mask)
    intake = Intake(
        store=store,
        recorder=Recorder(lambda: rules.now.routes, rules.mask),
        ambient=ambient,
        rules=rules.rules,
        listener=NoListener(),
    )
    accepted = [
        Notification(
            id=ambient.new_id("ntf"),
            source="alertmanager",
            kind="alertmanager",
            body=body(first),
            received_at=ambient.now(),
        )
        for first in range(0, ALERTS, TOGETHER)
    ]
    await store.submit(lambda tx: tx.accept(*accepted))
    began = (time.perf_counter(), time.process_time())
    while await intake.drain():
        pass
    took = (time.perf_counter() - began[0], time.process_time() - began[1])
    await store.close()
    runs = sqlite3.connect(folder / "remediator.db").execute("select count(*) from run").fetchone()
    assert runs == (ALERTS,), runs
    TOOK.append(took)
    return ALERTS / took[0]


TOOK: list[tuple[float, float]] = []


def bare(file: Path, folder: Path, *, indexes: bool) -> float:
    """Return the processor's seconds for the same rows, a hundred to a commit, with all that our tables need."""
    source = sqlite3.connect(file)
    tables = ("episode", "decision", "run", "event", "budget")
    there = sqlite3.connect(folder / f"bare{indexes}.db", isolation_level=None)
    there.executescript("pragma journal_mode=WAL; pragma synchronous=FULL")
    for kind, name, sql in source.execute(
        "select type, name, sql from sqlite_master where sql is not null"
    ):
        is_ours = any(
            f" {table} " in f"{sql} " or f" {table}(" in sql or f'"{table}"' in sql
            for table in tables
        )
        if (
            is_ours
            and (kind == "table" or indexes or sql.startswith("CREATE UNIQUE"))
            and "sqlite_" not in name
        ):
            there.execute(sql)
    rows = {table: source.execute(f"select * from {table}").fetchall() for table in tables}
    began = time.process_time()
    for first in range(0, ALERTS, COMMIT):
        there.execute("begin immediate")
        for table, found in rows.items():
            part = found[first : first + COMMIT]
            there.executemany(f"insert into {table} values ({','.join('?' * len(part[0]))})", part)
        there.execute("commit")
    took = time.process_time() - began
    there.close()
    return took


def once() -> Iterator[tuple[float, float, float]]:
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            rate = asyncio.run(admitted(folder))
            file = folder / "remediator.db"
            yield rate, bare(file, folder, indexes=True), bare(file, folder, indexes=False)


def profile() -> None:
    """Print where the time goes."""
    import threading

    with tempfile.TemporaryDirectory() as name:
        profiles = [cProfile.Profile()]
        work = threading.Thread.run

        def run(thread):
            own = cProfile.Profile()
            profiles.append(own)
            own.runcall(work, thread)

        threading.Thread.run = run
        profiles[0].runcall(asyncio.run, admitted(Path(name)))
    for each in profiles:
        pstats.Stats(each).sort_stats(sys.argv[2] if sys.argv[2:] else "tottime").print_stats(70)


def main() -> None:
    if "profile" in sys.argv:
        profile()
        return
    found = sorted(once())
    rate, sqlite, lean = (sorted(column)[len(column) // 2] for column in zip(*found, strict=True))
    cpu = sorted(cpu for _, cpu in TOOK)[len(TOOK) // 2]
    print(f"     {cpu / ALERTS * 1e3:.2f} ms of the processor's time an alert")
    print(
        f"     SQLite alone: {sqlite / ALERTS * 1e3:.2f} ms, {lean / ALERTS * 1e3:.2f} without indexes of the history"
    )
    finish(report("alerts admitted", rate, "alerts/s", ">= 1500", is_met=rate >= 1500))


if __name__ == "__main__":
    main()
