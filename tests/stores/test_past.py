"""Stored notifications are read beside an open store, oldest first, and no others than are asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remediator.core.errors import StoreUnavailable
from remediator.ports.store import Notification, Store
from remediator.stores.past import stored_notifications
from remediator.stores.store import sqlite_url

START = datetime(2026, 3, 1, tzinfo=UTC)


async def test_what_was_taken_since_is_read_oldest_first(store: Store, url: str) -> None:
    taken = [
        Notification(
            id=f"ntf_{number:04d}",
            source="prod",
            kind="alertmanager",
            body=b"%d" % number,
            received_at=START + timedelta(minutes=number),
        )
        for number in range(1203)
    ]
    await store.submit(lambda tx: tx.accept(*taken))

    found = await stored_notifications(url, START + timedelta(minutes=100))

    assert [each.id for each in found] == [each.id for each in taken[100:]]
    assert found[0].body == b"100"


async def test_a_store_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        await stored_notifications(sqlite_url(tmp_path / "nothing"), START)
