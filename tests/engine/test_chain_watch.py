"""Housekeeping follows all journals once a day, a small share at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from remediator.engine import chain_watch
from remediator.engine.chain_watch import ChainWatch
from remediator.engine.listener import NoListener
from remediator.ports.chains import ChainBreak, ChainHead
from tests.engine.house import House, a_house, an_alert

DAY = timedelta(days=1)


class Ears(NoListener):
    """Remembers what it hears of chains."""

    def __init__(self) -> None:
        self.broken: list[tuple[str, int]] = []
        self.rounds: list[tuple[int, int, int]] = []
        self.heads: list[ChainHead] = []
        self.sites: list[ChainHead] = []

    def chain_broken(self, broken: ChainBreak, journals: int) -> None:
        self.broken.append((broken.run_id, journals))

    def chains_followed(
        self, head: ChainHead, site: ChainHead, runs: int, entries: int, broken: int, now: datetime
    ) -> None:
        self.rounds.append((runs, entries, broken))
        self.heads.append(head)
        self.sites.append(site)


@pytest.fixture
async def house(tmp_path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        await house.take_in(an_alert())
        await house.live()
        yield house


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def watch(house: House, ears: Ears) -> ChainWatch:
    return ChainWatch(house.store, house.clock.ambient(), ears)


async def entries(house: House) -> int:
    run = await house.run()
    return len(await house.store.read(lambda reader: reader.events(run.id)))


async def test_a_round_takes_a_bounded_share_each_time_and_is_over_for_a_day(
    house: House, watch: ChainWatch, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_watch, "SHARE", 4)
    count = await entries(house)
    looks = 0
    while not ears.rounds:
        await watch.look()
        looks += 1

    assert looks == count // 4 + 2  # the first one finds that the site's journal is empty
    assert ears.rounds == [(1, count, 0)]
    assert ears.heads[0].seq == count

    for _ in range(looks):
        await watch.look()
    assert len(ears.rounds) == 1

    house.clock.advance(DAY)
    for _ in range(looks):
        await watch.look()
    assert ears.rounds == [(1, count, 0)] * 2


async def test_a_broken_journal_is_told_once_a_round_and_counted_until_it_is_mended(
    house: House, watch: ChainWatch, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_watch, "SHARE", 4)
    run = await house.run()
    forged = text("update event set document = document || ' '")
    await house.store.submit(lambda tx: tx._change(forged, {}))
    while not ears.rounds:
        await watch.look()

    assert ears.broken == [(run.id, 1)]
    assert ears.rounds[0][2] == 1

    mended = text("update event set document = rtrim(document)")
    await house.store.submit(lambda tx: tx._change(mended, {}))
    house.clock.advance(DAY)
    while len(ears.rounds) < 2:
        await watch.look()
    assert ears.rounds[1][2] == 0
    assert len(ears.broken) == 1
