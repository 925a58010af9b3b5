"""A fresh store of each kind for every test; those of PostgreSQL share a database, emptied in between."""

from collections.abc import AsyncIterator

import pytest

from remediator.ports.store import Store
from remediator.stores.schema import METADATA
from remediator.stores.store import open_store, sqlite_url, upgrade

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
