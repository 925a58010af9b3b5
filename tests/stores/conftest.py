"""A fresh store of each kind for every test; those of PostgreSQL share a database, emptied in between."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from benchmarks.large_site import Site, fill_postgres
from remediator.ports.store import Store
from remediator.stores.schema import METADATA
from remediator.stores.store import open_store, sqlite_url, upgrade
from tests.stores.query_plans import RECORDER, SqlitePlans, ask, listen, stop_listening

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)]
TABLES = ", ".join(table.name for table in METADATA.sorted_tables)


@pytest.fixture(scope="session")
def shared_database(postgres) -> str:
    return postgres.new_database()


@pytest.fixture(params=KINDS)
async def url(request: pytest.FixtureRequest, tmp_path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "state")
    postgres = request.getfixturevalue("postgres")
    url = request.getfixturevalue("shared_database")
    await upgrade(url)
    postgres.query(url.rsplit("/")[-1], f"truncate {TABLES} restart identity cascade")
    return url


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await open_store(url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session", autouse=True)
def _recorded() -> Iterator[None]:
    listen(RECORDER)
    yield
    stop_listening(RECORDER)


@pytest.fixture(scope="session")
def sqlite_plans() -> Iterator[SqlitePlans]:
    plans = SqlitePlans()
    yield plans
    plans.close()


@pytest.fixture(scope="session")
def large_database(postgres) -> str:
    """A database with so many rows that PostgreSQL plans as at a large site."""
    url = postgres.new_database()

    async def make() -> None:
        await upgrade(url)
        await fill_postgres(url, Site(runs=20_000))

    asyncio.run(make())
    return url


@pytest.fixture(autouse=True)
def _no_statement_grows_with_history(
    request: pytest.FixtureRequest, _recorded, sqlite_plans: SqlitePlans
) -> Iterator[None]:
    """Whatever a test of this folder has made the program send is looked at behind it."""
    is_on_postgres = "postgres" in request.fixturenames or "[postgres" in request.node.name
    large = request.getfixturevalue("large_database") if is_on_postgres else ""
    yield
    bad = sqlite_plans.complaints(RECORDER.taken("sqlite"))
    if large and (sent := RECORDER.taken("postgresql")):
        bad += asyncio.run(ask(large, sent))
    assert bad == []
