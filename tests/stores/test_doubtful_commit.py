"""A connection that is lost while PostgreSQL commits: nobody knows, which is said, and nothing is done twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest

from remediator.core.errors import StoreUnavailable
from remediator.ports.store import Transaction
from remediator.stores.store import open_store
from remediator.testing.builders import a_notification
from tests.parts.postgres import Postgres

pytestmark = pytest.mark.slow


class Cutter:
    """A road to the database that is cut at a word, the next COMMIT, before or after the server has heard it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cuts_at = ""
        self.word = b"COMMIT"
        self.cut = 0
        self._carrying: set[asyncio.Task[None]] = set()

    def accept(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self._carrying.add(asyncio.create_task(self._carry(here, back)))

    async def close(self) -> None:
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)
        await asyncio.sleep(0.05)  # closed transports are told so by the loop

    async def _carry(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, forth = await asyncio.open_connection("127.0.0.1", self._port)
        returning = asyncio.create_task(_copy(there, back))
        try:
            with suppress(OSError):
                while chunk := await here.read(65536):
                    if self.cuts_at and self.word in chunk:
                        return await self._cut(chunk, forth, returning)
                    forth.write(chunk)
                    await forth.drain()
        finally:
            returning.cancel()
            await asyncio.gather(returning, return_exceptions=True)
            forth.close()
            back.close()

    async def _cut(
        self, chunk: bytes, forth: asyncio.StreamWriter, returning: asyncio.Task[None]
    ) -> None:
        self.cut += 1
        cuts_at, self.cuts_at = self.cuts_at, ""
        if cuts_at == "answer":
            returning.cancel()
            forth.write(chunk)
            await forth.drain()
            await asyncio.sleep(0.5)  # a client that leaves at once could stop it


async def _copy(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    try:
        with suppress(OSError):
            while chunk := await source.read(65536):
                to.write(chunk)
                await to.drain()
    finally:
        to.close()


@asynccontextmanager
async def cutting(url: str) -> AsyncIterator[tuple[Cutter, str]]:
    """A cutter, and the URL that leads through it."""
    parts = urlsplit(url)
    assert parts.port is not None
    cutter = Cutter(parts.port)
    server = await asyncio.start_server(cutter.accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield cutter, parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}").geturl()
    finally:
        server.close()
        await cutter.close()


@pytest.mark.parametrize(("cuts_at", "is_stored"), [("request", False), ("answer", True)])
async def test_a_commit_without_an_answer_is_said_to_be_doubtful_and_never_made_again(
    postgres: Postgres, cuts_at: str, is_stored: bool
) -> None:
    runs = 0

    def accept(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        tx.accept(a_notification(id="ntf_1"))

    async with cutting(postgres.new_database()) as (cutter, url):
        store = await open_store(url)
        await store.submit(lambda tx: tx.accept(a_notification(id="ntf_0")))

        cutter.cuts_at = cuts_at
        with pytest.raises(StoreUnavailable, match="it may be stored"):
            await store.submit(accept)

        assert (cutter.cut, runs) == (1, 1)
        found = await store.read(lambda reader: reader.notification("ntf_1"))
        assert (found is not None) is is_stored
        assert await store.read(lambda reader: reader.notification("ntf_0")) is not None
        await store.close()


async def test_of_many_closures_in_a_doubtful_commit_none_is_made_twice(postgres: Postgres) -> None:
    runs: list[int] = []

    def accept(number: int, tx: Transaction) -> None:
        runs.append(number)
        tx.accept(a_notification(id=f"ntf_{number}"))

    async with cutting(postgres.new_database()) as (cutter, url):
        store = await open_store(url)
        cutter.cuts_at = "answer"
        submitted = (store.submit(lambda tx, n=n: accept(n, tx)) for n in range(40))
        answers = await asyncio.gather(*submitted, return_exceptions=True)

        doubtful = {n for n, answer in enumerate(answers) if isinstance(answer, StoreUnavailable)}
        assert cutter.cut == 1 and doubtful
        assert all(answer is None for n, answer in enumerate(answers) if n not in doubtful)
        assert sorted(runs) == list(range(40))
        for number in range(40):
            found = await store.read(lambda reader, n=number: reader.notification(f"ntf_{n}"))
            assert found is not None
        await store.close()
