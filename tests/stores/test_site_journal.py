"""The site's own journal: written with what it tells, one chain over all replicas, and whatever is changed in it is
found."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing
from datetime import timedelta

import pytest
from sqlalchemy import text

from remediator.core.facts import Pause
from remediator.core.site_events import BreakerClosed, PauseEnded, PauseSet, SiteEvent
from remediator.ports.chains import SITE, ChainBreak, ChainHead, ChainLook
from remediator.ports.store import Store, Transaction
from remediator.stores.chain_check import follow_all
from remediator.stores.store import open_store
from remediator.testing.builders import MOMENT

HOUR = timedelta(hours=1)


def a_pause(pause_id: str = "pau_1", scope: str = "all") -> Pause:
    return Pause(
        id=pause_id, scope=scope, who="ana", reason="moving", since=MOMENT, until=MOMENT + HOUR
    )


def closed(playbook: str) -> BreakerClosed:
    return BreakerClosed(playbook=playbook, who="ana")


async def told(store: Store) -> list[SiteEvent]:
    """Oldest first."""
    entries = await store.read(lambda reader: reader.site_events(limit=1000))
    return [entry.event for entry in reversed(entries)]


async def followed(store: Store, share: int = 100) -> ChainLook:
    whole = ChainLook(head=ChainHead())
    while not whole.is_last:
        head = whole.head
        whole = whole.joined(await store.read(lambda reader, h=head: reader.follow_site(h, share)))
    return whole


async def from_outside(url: str) -> ChainLook:
    whole = ChainLook(head=ChainHead())
    async with aclosing(follow_all(url)) as looks:
        while not whole.is_last:
            whole = whole.joined(await anext(looks))
    return whole


async def test_that_a_pause_was_set_and_ended_is_written_with_it(store: Store) -> None:
    await store.submit(lambda tx: tx.add_pause(a_pause()))
    await store.submit(lambda tx: tx.end_pause("pau_1", "bo", MOMENT))
    assert not await store.submit(lambda tx: tx.end_pause("pau_1", "bo", MOMENT))

    assert await told(store) == [
        PauseSet(pause_id="pau_1", scope="all", who="ana", reason="moving", until=MOMENT + HOUR),
        PauseEnded(pause_id="pau_1", scope="all", who="bo"),
    ]


async def test_what_did_not_happen_is_not_told(store: Store) -> None:
    def halfway(tx: Transaction) -> None:
        tx.add_pause(a_pause())
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.submit(halfway)
    await store.submit(lambda tx: tx.add_pause(a_pause("pau_2")))

    assert [e.pause_id for e in await told(store)] == ["pau_2"]
    assert (await followed(store)).head.seq == 1


async def test_a_list_goes_on_below_a_number(store: Store) -> None:
    for name in "abcde":
        await store.submit(lambda tx, n=name: tx.append_site(MOMENT, closed(n)))

    page = await store.read(lambda reader: reader.site_events(limit=2))
    rest = await store.read(lambda reader: reader.site_events(before=4, limit=2))

    assert [(e.number, e.event.playbook) for e in page] == [(5, "e"), (4, "d")]
    assert [(e.number, e.event.playbook) for e in rest] == [(3, "c"), (2, "b")]


async def test_after_a_restart_the_chain_goes_on(store: Store, url: str) -> None:
    await store.submit(lambda tx: tx.append_site(MOMENT, closed("a")))
    await store.close()
    again = await open_store(url)
    await again.submit(lambda tx: tx.append_site(MOMENT, closed("b")))

    look = await followed(again, share=1)
    head = await again.read(lambda reader: reader.site_head())
    await again.close()

    assert (look.runs, look.entries, look.breaks) == (0, 2, ())
    assert look.head == head


@pytest.fixture
async def three(store: Store) -> Store:
    for name in ("one", "two", "three"):
        await store.submit(lambda tx, n=name: tx.append_site(MOMENT, closed(n)))
    return store


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("update site_event set document = replace(document, 'two', 'too') where number = 2", 2),
        ("update site_event set at = at + 1 where number = 3", 3),
        ("delete from site_event where number = 1", 1),
        ("delete from site_event where number = 2", 2),
    ],
    ids=["changed", "dated otherwise", "the first is left out", "one is left out"],
)
@pytest.mark.parametrize("share", [1, 2, 100])
async def test_what_was_tampered_with_is_found_inside_and_outside(
    three: Store, url: str, statement: str, seq: int, share: int
) -> None:
    await three.submit(lambda tx: tx._change(text(statement), {}))

    assert (await followed(three, share)).breaks == (ChainBreak(run_id=SITE, seq=seq),)
    assert (await from_outside(url)).breaks == (ChainBreak(run_id=SITE, seq=seq),)


async def test_from_outside_the_site_is_followed_too(three: Store, url: str) -> None:
    found = await from_outside(url)

    assert (found.entries, found.head.seq, found.breaks) == (3, 3, ())
    assert found.head == await three.read(lambda reader: reader.site_head())


@pytest.mark.slow
async def test_replicas_that_write_at_once_write_one_chain_and_none_has_to_try_again(
    postgres,
) -> None:
    url, tries = postgres.new_database(), Counter[str]()
    replicas = [await open_store(url) for _ in range(3)]

    def pausing(pause_id: str):
        def closure(tx: Transaction) -> None:
            tries[pause_id] += 1
            tx.add_pause(a_pause(pause_id, "target/host/web1"))

        return closure

    ids = [f"pau_{number}" for number in range(120)]
    await asyncio.gather(
        *(replicas[n % 3].submit(pausing(pause_id)) for n, pause_id in enumerate(ids))
    )

    look = await followed(replicas[0])
    events = await told(replicas[1])
    await asyncio.gather(*(replica.close() for replica in replicas))
    assert (look.entries, look.breaks) == (120, ())
    assert sorted(e.pause_id for e in events) == sorted(ids)
    assert set(tries.values()) == {1}
