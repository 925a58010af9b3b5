"""Without memory, whoever asks gets an answer, and the daemon goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from remediator.core.errors import Overloaded
from remediator.ports.store import Transaction
from remediator.stores.store import open_store, sqlite_url
from remediator.testing.builders import MOMENT
from tests.core.test_panics import PanicException
from tests.http.daemon import payload, running

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


@pytest.mark.parametrize("kind", [PanicException, MemoryError])
async def test_a_request_for_which_there_is_no_memory_is_503_and_the_next_is_answered(
    tmp_path: Path, kind: type[BaseException]
) -> None:
    async def panicking(subject: str) -> Mapping[str, Any]:
        raise kind("no memory")

    async with running(tmp_path, why=panicking) as daemon:
        answer = await daemon.get("/api/v1/why/run_1")

        assert (answer.status, answer.error["code"]) == (503, "unavailable")
        assert [name for name, _ in daemon.metrics.logged] == ["out_of_memory"]
        assert (await daemon.notify(payload("firing"))).status == 202


async def test_a_panic_in_a_transaction_is_its_submitters_and_the_writer_lives(
    tmp_path: Path,
) -> None:
    store = await open_store(sqlite_url(tmp_path))

    def panicking(tx: Transaction) -> None:
        raise PanicException("no memory")

    with pytest.raises(Overloaded):
        await store.submit(panicking)

    assert await store.submit(lambda tx: tx.remember("a key", MOMENT)) is True
    await store.close()
