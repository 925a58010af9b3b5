"""Old things go as fast as new ones come, however many there are."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.engine.housekeeping import FEW, Housekeeping, Retention
from remediator.ports.store import Listing
from remediator.testing.builders import a_decision, a_notification, an_episode
from tests.engine.house import House, a_house

LONG_AGO = timedelta(days=365)


@pytest.fixture
async def house(tmp_path):
    async with a_house(tmp_path) as house:
        yield house


async def with_old_decisions(house: House, number: int) -> None:
    at = house.clock.now() - LONG_AGO
    old = [a_decision(id=f"dec_{n}", at=at) for n in range(number)]
    await house.store.submit(lambda tx: [tx.decide(each) for each in old])


async def left(house: House) -> int:
    page = await house.store.read(lambda r: r.decisions(Listing(limit=1000)))
    return len(page.items)


def keeper(house: House, monotonic: Callable[[], float]) -> Housekeeping:
    return Housekeeping(
        store=house.store,
        recorder=house.recorder,
        ambient=replace(house.clock.ambient(), monotonic=monotonic),
        retention=Retention(),
        listener=house.listener,
    )


async def test_all_that_is_old_goes_in_one_round_however_much_it_is(house: House) -> None:
    """500 rows of a kind went in a minute: above 8 runs a second the database grew for ever."""
    await with_old_decisions(house, 510)

    await house.housekeeping().keep()

    assert await left(house) == 0


async def test_a_round_has_an_end_and_the_next_goes_on_at_once(house: House) -> None:
    """What watches the clock must not wait for it, and the rest must not wait for the next minute."""
    await with_old_decisions(house, 300)
    ticks = itertools.count()
    housekeeping = keeper(
        house, lambda: next(ticks) / 100
    )  # it seems to take long, and rests are short

    before, rounds = 300, 0
    while now := await left(house):
        await housekeeping.keep()
        assert await left(house) < before
        before, rounds = now, rounds + 1
        assert rounds < 20


async def test_alerts_that_nobody_speaks_of_end_however_many_they_are(house: House) -> None:
    """A hundred ended in a minute."""
    at = house.clock.now() - timedelta(days=2)
    silent = [
        an_episode(id=f"eps_{n}", fingerprint=f"f{n}", opened_at=at, seen_at=at)
        for n in range(5 * FEW)
    ]
    await house.store.submit(lambda tx: [tx.save_episode(each) for each in silent])

    await house.housekeeping().keep()

    assert await house.store.submit(lambda tx: tx.stale_episodes(house.clock.now(), 1)) == ()


async def test_the_room_of_what_went_is_used_again(house: House, tmp_path) -> None:
    def pages() -> int:
        with closing(sqlite3.connect(tmp_path / "remediator.db")) as file:
            return int(file.execute("PRAGMA page_count").fetchone()[0])

    sizes = []
    for turn in range(3):
        at = house.clock.now() - LONG_AGO
        old = [
            a_notification(id=f"ntf_{turn}_{n}", received_at=at, state="done", body=b"x" * 3000)
            for n in range(60)
        ]
        await house.store.submit(lambda tx, old=old: tx.accept(*old))
        sizes.append(pages())
        await house.housekeeping().keep()

    assert sizes[2] <= sizes[0] * 1.05
