"""An upgrade of PostgreSQL while replicas of the version before are at work: they go on, and nobody is held up."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from remediator.core.site_events import BreakerClosed
from remediator.stores import postgres_upgrade
from remediator.stores.migrations import REVISIONS
from remediator.stores.migrations.versions.v0003_an_index_for_every_question import (
    INDEXES,
    SUPERSEDED,
)
from remediator.stores.schema import METADATA
from remediator.stores.store import open_store, upgrade
from remediator.testing.builders import MOMENT, a_notification
from tests.parts.postgres import Postgres

pytestmark = pytest.mark.slow


async def before(postgres: Postgres) -> tuple[str, Any]:
    """A database as the version before had it, with a replica at work on it."""
    url = postgres.new_database()
    replica = await open_store(url)
    connection = await asyncpg.connect(url)
    for name in INDEXES:
        await connection.execute(f"DROP INDEX {name}")
    await connection.execute(f"CREATE INDEX {SUPERSEDED[0]} ON inbox (received_at)")
    await connection.execute("DROP TABLE site_event")
    await connection.execute("UPDATE alembic_version SET version_num = '0002'")
    await connection.close()
    return url, replica


def indexes(postgres: Postgres, url: str) -> dict[str, str]:
    asked = (
        "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid"
        " WHERE relname LIKE 'ix%'"
    )
    rows = postgres.query(url.rsplit("/", maxsplit=1)[-1], asked).splitlines()
    return dict(row.split("|") for row in rows)


async def test_a_replica_of_the_version_before_stores_while_the_upgrade_waits(postgres: Postgres):
    """A lock that is waited for holds up everybody who comes later, readers too: all replicas stood still."""
    url, replica = await before(postgres)
    reader = await asyncpg.connect(url)
    looking = reader.transaction(isolation="repeatable_read")
    await looking.start()
    await reader.fetch("SELECT count(*) FROM inbox")  # as a backup does for an hour

    upgrading = asyncio.create_task(upgrade(url))
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%CONCURRENTLY%'"
    while postgres.query("postgres", waits) == "0":
        assert not upgrading.done()
        await asyncio.sleep(0.05)
    for n in range(20):
        await replica.submit(lambda tx, n=n: tx.accept(a_notification(id=f"ntf_{n}")))
    assert not upgrading.done()

    await looking.rollback()
    await upgrading
    assert len(await replica.submit(lambda tx: tx.take_notifications(50))) == 20
    found = indexes(postgres, url)
    assert found.keys() >= INDEXES.keys()
    assert not found.keys() & set(SUPERSEDED)
    assert set(found.values()) == {"t"}
    await asyncio.gather(replica.close(), reader.close())


async def test_an_index_that_a_killed_upgrade_left_half_made_is_made_anew(postgres: Postgres):
    url, replica = await before(postgres)
    name = "ix_decision_playbook"
    half = await asyncpg.connect(url)
    await half.execute(f"CREATE INDEX {name} ON {INDEXES[name]}")
    await half.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::regclass", name
    )
    await half.close()

    await upgrade(url)

    assert indexes(postgres, url)[name] == "t"
    revision = postgres.query(url.rsplit("/")[-1], "SELECT version_num FROM alembic_version")
    assert revision == REVISIONS[-1]
    await replica.close()


async def test_a_table_that_is_locked_for_good_is_said_and_not_waited_for_behind(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
):
    url, replica = await before(postgres)
    monkeypatch.setattr(postgres_upgrade, "TRIES", 1)
    monkeypatch.setattr(
        postgres_upgrade, "_MAKING_INDEXES", (postgres_upgrade.text("SET lock_timeout = '100ms'"),)
    )
    locking = await asyncpg.connect(url)
    held = locking.transaction()
    await held.start()
    await locking.execute("LOCK TABLE decision IN ACCESS EXCLUSIVE MODE")

    with pytest.raises(Exception, match="lock timeout"):
        await upgrade(url)

    await held.rollback()
    await upgrade(url)
    assert indexes(postgres, url).keys() >= INDEXES.keys()
    await asyncio.gather(replica.close(), locking.close())


async def test_the_sites_journal_is_made_while_a_replica_of_the_version_before_has_all_tables_in_use(
    postgres: Postgres,
):
    """Its lock on each table would stop one that asked for any of them, and everybody behind it."""
    url = postgres.new_database()
    replica = await open_store(url)
    older = await asyncpg.connect(url)
    await older.execute("DROP TABLE site_event")
    await older.execute("UPDATE alembic_version SET version_num = '0003'")
    tables = [table for table in METADATA.tables if table != "site_event"]
    working = older.transaction()
    await working.start()
    await older.execute(f"LOCK TABLE {', '.join(tables)} IN ROW EXCLUSIVE MODE")

    await upgrade(url)

    await working.commit()
    await replica.submit(lambda tx: tx.append_site(MOMENT, BreakerClosed(playbook="p", who="ana")))
    entries = await replica.read(lambda reader: reader.site_events())
    assert [entry.number for entry in entries] == [1]
    revision = postgres.query(url.rsplit("/")[-1], "SELECT version_num FROM alembic_version")
    assert revision == REVISIONS[-1]
    await asyncio.gather(replica.close(), older.close())
