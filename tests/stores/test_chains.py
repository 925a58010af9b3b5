"""All journals are followed in shares, by the daemon and from outside, and what was tampered with is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from remediator.core.errors import StoreUnavailable
from remediator.core.events import Noted
from remediator.ports.chains import ChainBreak, ChainHead, ChainLook, Chains
from remediator.ports.store import Store
from remediator.stores import chain_check
from remediator.stores.chain_check import follow_all
from remediator.stores.store import sqlite_url
from remediator.testing.builders import MOMENT, a_run

RUNS = ("run_1", "run_2", "run_3")


@pytest.fixture
async def kept(store: Store) -> Store:
    """A store with three runs of three entries each."""
    events = [Noted(text=word) for word in ("one", "two", "three")]
    for number, run_id in enumerate(RUNS):
        run = replace(a_run(), id=run_id, episode=f"eps_{number}")
        await store.submit(lambda tx, run=run: tx.insert_run(run, MOMENT))
        await store.submit(lambda tx, i=run_id: tx.append(i, MOMENT, events))
    return store


async def tamper(store: Store, statement: str) -> None:
    await store.submit(lambda tx: tx._change(text(statement), {}))


async def followed(store: Store, share: int) -> ChainLook:
    whole = ChainLook(head=ChainHead())
    while not whole.is_last:
        head = whole.head
        whole = whole.joined(
            await store.read(lambda reader, h=head: reader.follow_chains(h, share))
        )
    return whole


async def from_outside(url: str) -> ChainLook:
    whole = Chains()
    async for look in follow_all(url):
        whole = whole.joined(look)
    return whole.runs


@pytest.mark.parametrize("share", [1, 2, 9, 100])
async def test_every_entry_of_every_run_is_followed(kept: Store, share: int) -> None:
    whole = await followed(kept, share)

    assert (whole.runs, whole.entries, whole.breaks) == (3, 9, ())
    assert (whole.head.run_id, whole.head.seq) == ("run_3", 3)


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("update event set document = replace(document, 'two', 'too') where run_id = 'run_2'", 2),
        ("delete from event where run_id = 'run_2' and seq = 1", 1),
        ("delete from event where run_id = 'run_2'", 1),
        ("update event set at = at + 1 where run_id = 'run_2' and seq = 3", 3),
    ],
    ids=["changed", "left out", "the whole journal is gone", "dated otherwise"],
)
@pytest.mark.parametrize("share", [2, 100])
async def test_a_run_that_was_tampered_with_is_named_with_its_first_wrong_entry(
    kept: Store, url: str, statement: str, seq: int, share: int
) -> None:
    await tamper(kept, statement)

    assert (await followed(kept, share)).breaks == (ChainBreak(run_id="run_2", seq=seq),)
    assert (await from_outside(url)).breaks == (ChainBreak(run_id="run_2", seq=seq),)


async def test_a_store_is_followed_beside_the_daemon_that_holds_it(
    kept: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_check, "SHARE", 2)

    whole = await from_outside(url)

    assert (whole.runs, whole.entries, whole.breaks) == (3, 9, ())


async def test_a_database_that_is_not_there_is_not_made_by_looking(tmp_path) -> None:
    with pytest.raises(StoreUnavailable, match="is not there"):
        await from_outside(sqlite_url(tmp_path / "nowhere"))

    assert list(tmp_path.iterdir()) == []
