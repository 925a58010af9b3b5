"""A fresh store of each kind for every test of the contract."""

from collections.abc import AsyncIterator

import pytest

from remediator.ports.store import Store
from remediator.stores.store import open_store, sqlite_url

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "state")
    return request.getfixturevalue("postgres").new_database()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await open_store(url)
    yield opened
    await opened.close()
