"""Fills an empty store with what a large site has after a year: closed runs, decisions, messages, counted things.

Rows go in by the schema's own columns, past the engine, because a million runs would take hours through it. Most of
them are alike, and a few are rare and old: those are what a list has to dig for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Table

from remediator.core.alert import Alert
from remediator.core.canonical import canonical_json
from remediator.core.events import Noted, Outcome
from remediator.core.facts import Counted
from remediator.core.run import Phase
from remediator.core.target import Target
from remediator.ports.codec import adapter, encode_event, encode_message, encode_run
from remediator.stores import schema
from remediator.stores.columns import microseconds
from remediator.testing.builders import a_message, a_run, an_alert, an_order

AGE = timedelta(days=90)
OPEN = 40
WAITING = 10
RARE = 5
PLAYBOOKS, TARGETS, ALERTS = 300, 5000, 20_000
BUSY = "playbook-0"  # a tenth of all runs
_BATCH = 20_000
_CACHE_KIB = 800_000  # the indexes of a million runs are written in no order
_OUTCOMES = (*[Outcome.RESOLVED] * 7, Outcome.FAILED, Outcome.UNRESOLVED, Outcome.BLOCKED)
_DECISIONS = ("run", "not_matched", "skipped", "blocked")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """How large it is, and when it is now."""

    runs: int
    now: datetime = datetime(2026, 11, 29, tzinfo=UTC)

    def at(self, n: int) -> int:
        """Return when run number n was admitted: run 0 is the oldest."""
        return microseconds(self.now - AGE) + n * (AGE // timedelta(microseconds=1)) // self.runs

    def is_rare(self, n: int) -> bool:
        return n < RARE

    def playbook(self, n: int) -> str:
        if self.is_rare(n):
            return "playbook-rare"
        return BUSY if n % 10 == 0 else f"playbook-{n % PLAYBOOKS}"

    def phase(self, n: int) -> Phase:
        if n < self.runs - OPEN:
            return Phase.CLOSED
        return Phase.AWAITING_APPROVAL if n < self.runs - OPEN + WAITING else Phase.VERIFYING

    def outcome(self, n: int) -> str | None:
        if self.phase(n) is not Phase.CLOSED:
            return None
        return (Outcome.CANCELLED if self.is_rare(n) else _OUTCOMES[n % len(_OUTCOMES)]).value


def rows(site: Site) -> Iterator[tuple[Table, Row]]:
    """Return every row of the site, each run with all that belongs to it."""
    order = an_order()
    documents = {p: encode_run(a_run(phase=p, order=order)) for p in Phase}
    alert = adapter(Alert).dump_json(an_alert()).decode()
    message, event = encode_message(a_message()), encode_event(Noted(text="something happened"))
    for n in range(site.runs):
        at, run_id, playbook = site.at(n), f"run_{n:032}", site.playbook(n)
        target, closed = f"host/web{n % TARGETS}", site.phase(n) is Phase.CLOSED
        fingerprint, source = f"{n % ALERTS:016x}", "rare" if site.is_rare(n) else "alertmanager"
        ends = at + 60_000_000
        yield (
            schema.inbox,
            {
                "id": f"ntf_{n:032}",
                "source": source,
                "kind": "rare" if site.is_rare(n) else "alertmanager",
                "body": b"{}" * 400,
                "received_at": at,
                "state": "bad" if site.is_rare(n) else "done",
                "error": "",
            },
        )
        yield (
            schema.episode,
            {
                "id": f"eps_{n:032}",
                "source": source,
                "fingerprint": fingerprint,
                "alert": alert,
                "status": "resolved" if n < site.runs - ALERTS else "firing",
                "opened_at": at,
                "seen_at": at,
                "closed_at": ends if n < site.runs - ALERTS or closed else None,
            },
        )
        yield (
            schema.run,
            {
                "id": run_id,
                "episode": f"eps_{n:032}",
                "playbook": playbook,
                "ordinal": 1,
                "phase": site.phase(n).value,
                "outcome": site.outcome(n),
                "mode": "dry_run" if site.is_rare(n) else "auto",
                "environment": "rare" if site.is_rare(n) else "prod",
                "target": target,
                "source": source,
                "fingerprint": fingerprint,
                "alert_name": f"Alert{n % 50}" if not site.is_rare(n) else "AlertRare",
                "plan_digest": f"{n:064x}",
                "created_at": at,
                "closed_at": ends if closed else None,
                "deadline": at + 3_600_000_000,
                "due_at": None if closed else at,
                "owner": None,
                "lease_until": None,
                "fence": 1,
                "version": 7,
                "document": documents[site.phase(n)].replace("run_1", run_id),
            },
        )
        yield from _of_run(site, n, run_id, playbook, target, message, event)
        for d, decision in enumerate(_DECISIONS[:3]):
            yield (
                schema.decision,
                {
                    "id": f"dec_{n:032}_{d}",
                    "at": at,
                    "notification": f"ntf_{n:032}",
                    "fingerprint": fingerprint,
                    "source": source,
                    "playbook": playbook if d == 0 else f"playbook-{(n + d) % PLAYBOOKS}",
                    "decision": "off" if site.is_rare(n) else decision,
                    "reason": "the matchers do not fit",
                    "by": "rare" if site.is_rare(n) else "",
                    "run_id": run_id if d == 0 else None,
                    "alert_name": f"Alert{n % 50}" if not site.is_rare(n) else "AlertRare",
                },
            )
    for t in range(TARGETS):
        held = site.runs - 1 - t if t < OPEN - WAITING else None
        yield (
            schema.target,
            {
                "name": f"host/web{t}",
                "holder": f"run_{held:032}" if held is not None else None,
                "fence": 9,
                "last_changed_at": site.at(max(site.runs - 1 - t, 0)),
            },
        )


def _of_run(
    site: Site, n: int, run_id: str, playbook: str, target: str, message: str, event: str
) -> Iterator[tuple[Table, Row]]:
    at = site.at(n)
    for seq in range(1, 4):
        yield schema.event, {"run_id": run_id, "seq": seq, "at": at, "document": event, "hash": "h"}
    yield (
        schema.attempt,
        {
            "run_id": run_id,
            "step": "vacuum",
            "n": 1,
            "state": "applied",
            "plan_digest": f"{n:064x}",
            "fence": 1,
            "target_fence": 1,
            "token": run_id,
            "not_after": at,
            "reason": "",
            "measure": "{}",
        },
    )
    if n % 10 == 0:
        yield (
            schema.approval,
            {
                "id": f"apr_{n}",
                "run_id": run_id,
                "digest": f"{n:064x}",
                "reasons": canonical_json(["it cannot be undone"]),
                "requested_at": at,
                "expires_at": at + 1,
                "granted": True,
                "rejected_by": None,
            },
        )
        yield (
            schema.vote,
            {
                "approval_id": f"apr_{n}",
                "n": 1,
                "person": "ana",
                "door": "cli",
                "digest": f"{n:064x}",
                "approve": True,
                "reason": "",
            },
        )
    counted = [Counted.ADMITTED, Counted.ACTED, Counted.CHANGED, Counted.DOMAIN]
    for place, what in enumerate(counted if n % 10 != 7 else [*counted[:3], Counted.FAILED]):
        yield (
            schema.budget,
            {
                "id": n * 4 + place + 1,
                "counted": what.value,
                "at": at,
                "run_id": run_id,
                "playbook": playbook,
                "target": target,
                "source": f"zone-{n % 3}" if what is Counted.DOMAIN else "alertmanager",
            },
        )
    for place in range(5):
        yield schema.seen, {"key": f"slack:{n}:{place}", "until": at}
    for place in range(2):
        waits = n == site.runs - 1
        yield (
            schema.outbox,
            {
                "id": n * 2 + place + 1,
                "run_id": run_id,
                "thread": run_id,
                "channel": '{"type":"webhook"}',
                "deduplication": f"{run_id}:{place}",
                "message": message,
                "while_firing": "",
                "state": "waiting" if waits else "delivered",
                "place": at,
                "due_at": at,
                "tries": 0 if waits else 1,
                "owner": None,
                "lease_until": None,
                "receipt": None if waits else "200",
                "problem": "",
                "finished_at": None if waits else at,
            },
        )


def fill_sqlite(file: Path, site: Site) -> None:
    """Write the rows into a file that the migrations have made."""
    database = sqlite3.connect(file)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}"):
        database.execute(f"PRAGMA {pragma}")
    with database:
        for table, batch in _batches(site):
            marks = ", ".join("?" * len(table.columns))
            database.executemany(f"INSERT INTO {table.name} VALUES ({marks})", batch)
    database.execute("PRAGMA journal_mode=WAL")
    database.close()


async def fill_postgres(url: str, site: Site) -> None:
    """Write the rows into a database that the migrations have made, and let it look at what it has."""
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        for table, batch in _batches(site):
            names = [column.name for column in table.columns]
            await connection.copy_records_to_table(table.name, records=batch, columns=names)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def _batches(site: Site) -> Iterator[tuple[Table, list[tuple[Any, ...]]]]:
    waiting = rows(site)
    while some := list(islice(waiting, _BATCH)):
        by_table: dict[str, list[tuple[Any, ...]]] = {}
        tables = {table.name: table for table, _ in some}
        for table, row in some:
            by_table.setdefault(table.name, []).append(tuple(row[c.name] for c in table.columns))
        for name, batch in by_table.items():
            yield tables[name], batch


def host(n: int) -> Target:
    """Return one of the site's targets."""
    return Target("host", f"web{n}")
