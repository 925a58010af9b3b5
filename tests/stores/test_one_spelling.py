"""Rows of an older version, which kept what somebody had written, are found under the one spelling of today."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import create_engine, text

from remediator.core.facts import Counted, Scope, Tally
from remediator.core.target import Target
from remediator.stores.store import open_store, sqlite_url, upgrade
from remediator.testing.builders import MOMENT

HOST = Target("host", "db1.example.com")
OLD = "host/DB1.example.com."
SIX = Target("host", "2001:db8::11")


def micros(moment) -> int:
    return int(moment.timestamp() * 1_000_000)


async def as_before(folder: Path, *statements: str) -> None:
    """Make a database as the version before had it."""
    await upgrade(sqlite_url(folder))
    engine = create_engine(sqlite_url(folder))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


async def test_a_hold_and_a_cooldown_under_an_old_spelling_are_not_lost(tmp_path):
    at = micros(MOMENT)
    await as_before(
        tmp_path,
        f"INSERT INTO target VALUES ('{OLD}', 'run_1', 7, {at})",
        f"INSERT INTO target VALUES ('host/[2001:DB8::11]:9100', NULL, 2, {at})",
    )

    store = await open_store(sqlite_url(tmp_path))
    try:
        held, rests = await store.read(lambda reader: reader.holds((HOST, SIX)))
        taken = await store.submit(lambda tx: tx.hold(HOST, "run_2"))
    finally:
        await store.close()

    assert (held.holder, held.fence, held.last_changed_at) == ("run_1", 7, MOMENT)
    assert rests.last_changed_at == MOMENT
    assert taken is None


async def test_two_spellings_become_one_row_that_keeps_what_is_stricter(tmp_path):
    early, late = micros(MOMENT), micros(MOMENT + timedelta(hours=1))
    await as_before(
        tmp_path,
        f"INSERT INTO target VALUES ('{OLD}', 'run_1', 7, {early})",
        f"INSERT INTO target VALUES ('host/db1.example.com', NULL, 9, {late})",
        "INSERT INTO target VALUES ('host/DB1.example.com', NULL, 1, NULL)",
    )

    store = await open_store(sqlite_url(tmp_path))
    try:
        (held,) = await store.read(lambda reader: reader.holds((HOST,)))
    finally:
        await store.close()

    assert (held.holder, held.fence) == ("run_1", 9)
    assert held.last_changed_at == MOMENT + timedelta(hours=1)


async def test_what_was_counted_under_an_old_spelling_counts(tmp_path):
    columns = "(counted, at, run_id, playbook, target, source)"
    await as_before(
        tmp_path,
        f"INSERT INTO budget {columns} VALUES ('acted', {micros(MOMENT)}, 'r', 'p', '{OLD}', 's')",
    )
    tally = Tally(counted=Counted.ACTED, scope=Scope.TARGET, per=timedelta(hours=1))

    store = await open_store(sqlite_url(tmp_path))
    try:
        asked = {"playbook": "p", "now": MOMENT}
        by_name = await store.read(lambda r: r.tallies((tally,), target=HOST, **asked))
        names = (Target("instance", "i-0abcdef1"), HOST)
        by_names = await store.read(lambda r: r.tallies((tally,), target=names, **asked))
    finally:
        await store.close()

    assert by_name[tally].count == 1
    assert by_names[tally].count == 1
