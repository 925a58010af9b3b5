"""Records of playbooks: read for who asks, and in turn, one at a time, for the metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.errors import Refused
from remediator.core.playbook import Mode
from remediator.core.run import Run
from remediator.core.selection import Environment, Index
from remediator.core.trust import Thresholds, Trust
from remediator.engine.admission import Rules
from remediator.engine.listener import NoListener
from remediator.engine.track_records import EVERY, TrackRecords, TrackRecordWatch
from remediator.ports.store import Store
from remediator.stores import track_records
from remediator.stores.store import open_store, sqlite_url
from remediator.testing import builders as make
from remediator.testing.clock import ManualClock
from tests.http.daemon import a_playbook, keep, render


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(sqlite_url(tmp_path))
    yield opened
    await opened.close()


class Heard(NoListener):
    def __init__(self) -> None:
        self.told: list[tuple[Trust, ...]] = []
        self.problems: list[str] = []

    def problem(self, where: str, text: str) -> None:
        self.problems.append(text)

    def weighed(self, found: tuple[Trust, ...]) -> None:
        self.told.append(found)


class House:
    """Records over a store, of playbooks that a test may change."""

    def __init__(self, store: Store, *names: str) -> None:
        self.clock = ManualClock()
        self.ambient = self.clock.ambient()
        self.names = names
        self.heard = Heard()
        self.records = TrackRecords(
            store=store, ambient=self.ambient, rules=self.rules, thresholds=Thresholds
        )
        self.watch = TrackRecordWatch(self.records, self.ambient, self.heard)

    def rules(self) -> Rules:
        return Rules(
            index=Index([a_playbook(name) for name in self.names]),
            environments=(Environment(name="all", match=(), mode=Mode.APPROVE),),
            render=render,
        )

    async def look(self, times: int) -> list[list[str]]:
        for _ in range(times):
            await self.watch.look()
        return [sorted(trust.playbook for trust in told) for told in self.heard.told]


async def test_a_playbooks_record_is_that_of_its_own_runs(store: Store) -> None:
    await keep(store, make.a_run(order=make.an_order(playbook="a", mode=Mode.APPROVE)))
    house = House(store, "a", "b")

    assert (await house.records.of("a")).record.runs == 1
    assert (await house.records.of("b")).record.runs == 0


async def test_a_playbook_that_nobody_knows_has_no_record(store: Store) -> None:
    with pytest.raises(Refused, match="there is no playbook nope"):
        await House(store, "a").records.of("nope")


async def test_each_round_looks_at_one_and_all_are_told_together(store: Store) -> None:
    house = House(store, "a", "b")

    assert await house.look(1) == []
    assert await house.look(1) == [["a", "b"]]


async def test_the_next_round_begins_an_hour_later(store: Store) -> None:
    house = House(store, "a")
    await house.look(5)
    house.clock.advance(EVERY - timedelta(seconds=1))
    assert len(await house.look(5)) == 1

    house.clock.advance(timedelta(seconds=1))

    assert len(await house.look(5)) == 2


async def test_a_playbook_that_a_reload_removed_meanwhile_is_told_no_more(store: Store) -> None:
    house = House(store, "a", "b")
    await house.look(1)
    house.names = ("b",)

    assert await house.look(1) == [["b"]]


async def test_without_playbooks_nothing_is_told_again_and_again(store: Store) -> None:
    assert await House(store).look(5) == [[]]


async def test_a_run_that_another_version_wrote_ends_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(document: str) -> Run:
        raise ValueError("guards.cooldown: unexpected keyword argument")

    await keep(store, make.a_run(order=make.an_order(playbook="a")))
    monkeypatch.setattr(track_records, "decode_run", unreadable)
    house = House(store, "a", "b")

    assert await house.look(2) == [["b"]]
    assert house.heard.problems == ["playbook a: guards.cooldown: unexpected keyword argument"]
