"""How a database comes to its schema: from empty, again, under a lock, backed up, and never backwards."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from remediator.core.errors import StoreUnavailable
from remediator.stores import sqlite
from remediator.stores.migrations import REVISIONS
from remediator.stores.store import open_store, sqlite_url, upgrade
from remediator.stores.upgrade import bring_up_to_date, migrate
from remediator.testing.builders import a_notification


@pytest.fixture(autouse=True)
def _in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "bring_up_to_date", bring_up_to_date)


def schema(connection) -> dict:
    """Everything that was declared, without the names that databases make up for primary keys."""
    look = inspect(connection)
    tables = set(look.get_table_names()) - {"alembic_version", "sqlite_sequence"}
    return {table: described(look, table) for table in sorted(tables)}


def stamp(connection) -> tuple:
    """What alembic goes by."""
    look = inspect(connection)
    columns = [
        (c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns("alembic_version")
    ]
    rows = connection.execute(text("SELECT version_num FROM alembic_version")).all()
    return columns, look.get_pk_constraint("alembic_version"), [tuple(row) for row in rows]


def described(look, table: str) -> dict:
    columns = {
        c["name"]: (str(c["type"]).replace("BIGINT", "INTEGER"), c["nullable"], c["default"])
        for c in look.get_columns(table)
    }
    by_name = {
        kind: sorted(getattr(look, f"get_{kind}")(table), key=lambda found: found["name"])
        for kind in ("indexes", "unique_constraints", "check_constraints", "foreign_keys")
    }
    key = look.get_pk_constraint(table)["constrained_columns"]
    return {"columns": columns, "key": key} | {k: plain(v) for k, v in by_name.items()}


def plain(found: list[dict]) -> list[dict]:
    return [
        {
            key: {name: str(value) for name, value in value.items()}
            if key == "dialect_options"
            else value
            for key, value in item.items()
        }
        for item in found
    ]


async def test_the_migrations_make_what_the_schema_says_on_sqlite(tmp_path):
    url = sqlite_url(tmp_path)
    await upgrade(url)
    migrated, declared = create_engine(f"sqlite:///{tmp_path / 'migrated'}"), create_engine(url)
    with migrated.begin() as connection:
        migrate(connection)

    with migrated.connect() as left, declared.connect() as right:
        assert schema(left) == schema(right)
        assert stamp(left) == stamp(right)

    migrated.dispose()
    declared.dispose()


@pytest.mark.slow
async def test_the_migrations_make_what_the_schema_says_on_postgres(postgres):
    schemas = []
    for is_migrated in (False, True):
        url = postgres.new_database()
        engine = create_async_engine(url.replace("://", "+asyncpg://"))
        if not is_migrated:
            await upgrade(url)
        async with engine.begin() as connection:
            if is_migrated:
                await connection.run_sync(migrate)
            schemas.append(await connection.run_sync(lambda c: {**schema(c), "stamp": stamp(c)}))
        await engine.dispose()

    assert schemas[0] == schemas[1]
    assert "run" in schemas[0]


def test_the_program_knows_all_migrations_in_their_order():
    config = Config()
    config.set_main_option("script_location", "remediator.stores:migrations")
    scripts = ScriptDirectory.from_config(config)

    assert tuple(s.revision for s in scripts.walk_revisions())[::-1] == REVISIONS
    assert scripts.get_current_head() == REVISIONS[-1]


async def test_upgrading_again_changes_nothing(url: str):
    await upgrade(url)
    store = await open_store(url)
    await store.submit(lambda tx: tx.accept(a_notification()))
    await store.close()

    await upgrade(url)

    store = await open_store(url)
    assert await store.read(lambda reader: reader.notification("ntf_1")) is not None
    await store.close()


def set_revision(tmp_path: Path, revision: str | None) -> None:
    file = sqlite3.connect(tmp_path / "remediator.sqlite3")
    with file:
        file.execute("DELETE FROM alembic_version")
        if revision is not None:
            file.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
    file.close()


async def test_a_newer_schema_is_refused_and_left_alone(tmp_path):
    await upgrade(sqlite_url(tmp_path))
    set_revision(tmp_path, "9999")

    for opening in (open_store, upgrade):
        with pytest.raises(StoreUnavailable, match=r"schema 9999.*newer remediator"):
            await opening(sqlite_url(tmp_path))

    assert not list(tmp_path.glob("*.before-upgrade"))
    set_revision(tmp_path, REVISIONS[-1])
    await upgrade(sqlite_url(tmp_path))


@pytest.mark.slow
async def test_a_newer_schema_is_refused_on_postgres(postgres):
    url = postgres.new_database()
    await upgrade(url)
    postgres.query(url.rsplit("/")[-1], "update alembic_version set version_num = '9999'")

    for opening in (open_store, upgrade):
        with pytest.raises(StoreUnavailable, match="schema 9999"):
            await opening(url)


@pytest.mark.slow
async def test_an_older_schema_on_postgres_is_upgraded_only_when_asked(postgres):
    url = postgres.new_database()
    name = url.rsplit("/")[-1]
    postgres.query(name, "create table alembic_version (version_num varchar(32) not null)")
    postgres.query(name, "create table keepsake (x int)")

    with pytest.raises(StoreUnavailable, match="remediator db upgrade"):
        await open_store(url)

    store = await open_store(url, upgrade=True)
    await store.close()


async def test_a_file_with_something_in_it_is_backed_up_before_an_upgrade(tmp_path):
    file = sqlite3.connect(tmp_path / "remediator.sqlite3")
    with file:
        file.execute("CREATE TABLE keepsake (word TEXT)")
        file.execute("INSERT INTO keepsake VALUES ('dear')")
    file.close()

    await upgrade(sqlite_url(tmp_path))

    copy = tmp_path / "remediator.sqlite3.before-upgrade"
    assert copy.stat().st_mode & 0o777 == 0o600
    backup = sqlite3.connect(copy)
    assert backup.execute("SELECT word FROM keepsake").fetchall() == [("dear",)]
    assert backup.execute("SELECT count(*) FROM sqlite_master").fetchall() == [(1,)]
    backup.close()


async def test_a_new_file_is_not_backed_up(tmp_path):
    await upgrade(sqlite_url(tmp_path))

    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "remediator.lock",
        "remediator.sqlite3",
    ]


@pytest.mark.slow
async def test_replicas_that_start_at_once_upgrade_one_after_the_other(postgres):
    url = postgres.new_database()

    stores = await asyncio.gather(*(open_store(url) for _ in range(5)))

    await stores[0].submit(lambda tx: tx.accept(a_notification()))
    for store in stores:
        assert await store.read(lambda reader: reader.notification("ntf_1")) is not None
    await asyncio.gather(*(store.close() for store in stores))
