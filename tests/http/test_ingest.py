"""Bundles over a real store: all of a bundle are durable, or all are told that they are not."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from remediator.core.errors import StoreUnavailable
from remediator.http.ingest import Ingest
from remediator.ports.store import Listing
from remediator.stores.store import open_store, sqlite_url
from remediator.testing.builders import a_notification


async def test_every_notification_of_many_at_once_is_stored_once(tmp_path: Path) -> None:
    store = await open_store(sqlite_url(tmp_path / "store"))
    ingest = Ingest(store)

    await asyncio.gather(*(ingest.post(a_notification(id=f"ntf_{n}")) for n in range(300)))

    page = await store.read(lambda reader: reader.notifications(Listing(limit=500)))
    assert sorted(n.id for n in page.items) == sorted(f"ntf_{n}" for n in range(300))
    await store.close()


async def test_where_nothing_can_be_stored_everybody_is_told(tmp_path: Path) -> None:
    store = await open_store(sqlite_url(tmp_path / "store"))
    ingest = Ingest(store)
    await store.close()

    posts = (ingest.post(a_notification(id=f"ntf_{n}")) for n in range(20))
    results = await asyncio.gather(*posts, return_exceptions=True)

    assert [type(result) for result in results] == [StoreUnavailable] * 20


async def test_who_waits_is_told_no_where_the_one_that_carries_the_bundle_is_cancelled(
    tmp_path: Path,
) -> None:
    store = await open_store(sqlite_url(tmp_path / "store"))
    ingest = Ingest(store)
    carrier = asyncio.create_task(ingest.post(a_notification(id="ntf_1")))
    follower = asyncio.create_task(ingest.post(a_notification(id="ntf_2")))
    await asyncio.sleep(0)

    carrier.cancel()

    with pytest.raises(StoreUnavailable):
        await follower
    await ingest.post(a_notification(id="ntf_3"))
    await store.close()


async def test_one_that_stops_waiting_takes_nobody_with_it(tmp_path: Path) -> None:
    store = await open_store(sqlite_url(tmp_path / "store"))
    ingest = Ingest(store)
    posts = [asyncio.create_task(ingest.post(a_notification(id=f"ntf_{n}"))) for n in range(5)]
    await asyncio.sleep(0)

    posts[3].cancel()
    results = await asyncio.gather(*posts, return_exceptions=True)

    assert [isinstance(r, asyncio.CancelledError) for r in results] == [False] * 3 + [True, False]
    await store.close()


async def test_a_store_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    store = await open_store(sqlite_url(tmp_path))
    hasty = Ingest(store, patience=0.2)
    other = sqlite3.connect(tmp_path / "remediator.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # as long as it is open, nothing can be written

    posts = [hasty.post(a_notification(id=f"ntf_{n}")) for n in range(5)]
    async with asyncio.timeout(2):  # the store itself would wait longer
        results = await asyncio.gather(*posts, return_exceptions=True)

    assert [type(result) for result in results] == [StoreUnavailable] * 5
    other.execute("ROLLBACK")
    other.close()
    await Ingest(store).post(a_notification(id="ntf_9"))
    assert await store.read(lambda reader: reader.notification("ntf_9"))
    await store.close()
