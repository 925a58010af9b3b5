"""The nightly drill: once a night, whoever restarts and however many replicas there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.drill import DrillLimits, DrillReport
from remediator.core.target import Target
from remediator.engine.drill import Drill
from remediator.engine.drill_nights import DrillNights
from remediator.engine.listener import NoListener
from remediator.engine.recorder import Recorder, Routes
from tests.engine.house import House, a_house
from tests.engine.test_drill import answering

AT_THREE = DrillLimits(at=(3, 0))  # the house's clock begins at 03:00


class Heard(NoListener):
    def __init__(self) -> None:
        self.reports: list[DrillReport] = []

    def drilled(self, report: DrillReport) -> None:
        self.reports.append(report)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        house.use(answering())
        yield house


class Replica:
    def __init__(self, house: House, limits: DrillLimits = AT_THREE) -> None:
        ambient, self.heard, self.store = house.clock.ambient(), Heard(), house.store
        self.nights = DrillNights(
            store=house.store,
            ambient=ambient,
            drill=Drill(
                store=house.store,
                ambient=ambient,
                observer=house.runner(executor=False)._observer,
                rules=house.rules,
                protected=lambda: house.protected,
                known=lambda: [Target("host", "web1")],
            ),
            recorder=Recorder(Routes),
            limits=lambda: limits,
            listener=self.heard,
        )

    async def night(self) -> str:
        """Do what a round of the loop does, and wait for the drill."""
        night = await self.nights.taken()
        if night:
            await self.nights.drill(night)
        return night


async def titles(house: House) -> list[str]:
    claimed = await house.store.submit(
        lambda tx: tx.claim_deliveries(
            owner="me", lease=timedelta(hours=9), limit=99, now=house.clock.now()
        )
    )
    return [delivery.message.title for delivery in claimed]


async def test_a_night_is_drilled_once_by_two_replicas_and_after_a_restart(house: House) -> None:
    nights = [await replica.night() for replica in (Replica(house), Replica(house))]
    restarted = await Replica(house).night()

    assert [*nights, restarted] == ["2026-11-20", "", ""]


async def test_the_next_night_is_another(house: House) -> None:
    replica = Replica(house)
    await replica.night()
    house.clock.advance(timedelta(hours=12))
    assert await replica.night() == ""
    house.clock.advance(timedelta(hours=12))

    assert await replica.night() == "2026-11-21"


async def test_without_a_time_there_is_no_drill(house: House) -> None:
    assert await Replica(house, DrillLimits()).night() == ""


async def test_people_hear_when_it_got_worse_and_only_then(house: House) -> None:
    replica = Replica(house)
    await replica.night()
    assert await titles(house) == []

    house.world.broken = True
    house.clock.advance(timedelta(days=1))
    await replica.night()
    house.clock.advance(timedelta(days=1))
    await replica.night()

    assert await titles(house) == ["Drill: it got worse"]
    assert [len(report.worse) for report in replica.heard.reports] == [0, 1, 0]


async def test_the_loop_drills_tells_and_stops(house: House) -> None:
    replica = Replica(house)
    running = asyncio.create_task(replica.nights.run())

    async with asyncio.timeout(30):
        while not replica.heard.reports:
            await asyncio.sleep(0.01)
        replica.nights.stop()
        await running

    assert replica.heard.reports[0].night == "2026-11-20"


async def test_a_loop_that_stops_breaks_its_drill_off(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def hangs(self: Drill, *asked: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Drill, "run", hangs)
    replica = Replica(house)
    running = asyncio.create_task(replica.nights.run())

    async with asyncio.timeout(30):
        await begun.wait()
        replica.nights.stop()
        await running

    assert await house.store.read(lambda reader: reader.last_drill()) is None


async def test_a_start_shows_what_the_last_drill_found(house: House) -> None:
    await Replica(house).night()
    restarted = Replica(house)
    running = asyncio.create_task(restarted.nights.run())

    async with asyncio.timeout(30):
        while not restarted.heard.reports:
            await asyncio.sleep(0.01)
        restarted.nights.stop()
        await running

    assert [report.night for report in restarted.heard.reports] == ["2026-11-20"]
