"""The real worker in virtual time: what it does with runs that it has lost, and with its own end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from remediator.core.alert import AlertGroup
from remediator.core.change import Change
from remediator.core.events import Measure
from remediator.engine.intake import Arrivals, Intake
from remediator.engine.observer import Executor, Observer
from remediator.engine.run_writer import RunWriter
from remediator.engine.runner import Runner
from remediator.engine.worker import (
    AFTER_A_BUG,
    GRACE,
    LEASE,
    Capacity,
    Worker,
)
from remediator.ports.action import Ticket
from remediator.ports.store import Notification
from remediator.ports.traffic import Backlog
from remediator.rehearsal.virtual_time import run_virtually
from remediator.testing.clock import START, ManualClock
from remediator.testing.world import PlainConditions, World, world_actions, world_checks
from tests.bound import reads_of, writes_of
from tests.engine.house import House, a_playbook, a_step, an_alert
from tests.simulation.inline_store import Door, InlineStore

HOUR = timedelta(hours=1)


class LoopClock(ManualClock):
    """The running loop's time."""

    def wall(self) -> Any:
        return START + timedelta(seconds=asyncio.get_running_loop().time())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


class Busy(World):
    """A world in which something else happens in the middle of a change."""

    def __init__(self, meanwhile: Callable[[], Any]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def write(self, token: str, target: Any, value: int) -> None:
        super().write(token, target, value)
        self.meanwhile()


class Works:
    """A worker over tables in memory, and a thief who can take its runs."""

    def __init__(self, *, most: int = 32, backlog: Backlog | None = None) -> None:
        self.clock = LoopClock()
        self.store = InlineStore(lambda: self.clock.now().timestamp(), longest=1.0)
        self.door = Door(self.store, _at_once)
        self.house = House(self.door, self.clock)  # type: ignore[arg-type]
        self.house.use(a_playbook())
        self.hangs = False
        self.house.world = Busy(lambda: None)
        ambient = self.clock.ambient()
        self.worker = Worker(
            store=self.door,  # type: ignore[arg-type]
            ambient=ambient,
            actor=self._runner(),
            rehearser=self._runner(),
            listener=self.house.listener,
            capacity=Capacity(most=most, backlog=backlog),
        )

    def _runner(self) -> Runner:
        actions = world_actions(self.house.world)
        observer = Observer(
            actions=actions,
            checks=world_checks(self.house.world),
            probes={},
            reads=reads_of(),
            conditions=PlainConditions(),
        )
        ambient = self.clock.ambient()
        return Runner(
            store=self.door,  # type: ignore[arg-type]
            run_writer=RunWriter(
                store=self.door,  # type: ignore[arg-type]
                recorder=self.house.recorder,
                ambient=ambient,
                listener=self.house.listener,
            ),
            ambient=ambient,
            observer=observer,
            executor=_Hanging(
                self, Executor(actions=actions, reads=reads_of(), writes=writes_of())
            ),  # type: ignore[arg-type]
        )

    def steal(self) -> Any:
        """Claim everything as another replica whose clock says that the leases are over."""
        later = self.clock.now() + HOUR
        return self.store.do(
            lambda tx: tx.claim_due(owner="thief", lease=2 * HOUR, limit=9, now=later)
        )

    def owners(self) -> list[Any]:
        """Return who has which run now, and when each is due."""
        query = "SELECT owner, lease_until, due_at FROM run ORDER BY id"
        return [tuple(row) for row in self.store._raw.execute(query)]


class _Hanging:
    """Hands that make the change, and then stand still where they are told to."""

    def __init__(self, works: Works, executor: Executor) -> None:
        self._works, self._executor = works, executor

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        measure = await self._executor.apply(change, ticket)
        if self._works.hangs:
            await asyncio.Event().wait()
        return measure


async def _at_once() -> None:
    await asyncio.sleep(0)


async def first_work_in_a_flood(seconds: float) -> float:
    """Let a notification arrive every tenth of a second for so long; return when the first run was worked on."""
    backlog = Backlog()
    works = Works(backlog=backlog)

    async def read(notification: Notification) -> AlertGroup:
        await asyncio.sleep(0.11)
        return works.house.groups[notification.id]

    intake = Intake(
        store=works.door,  # type: ignore[arg-type]
        recorder=works.house.recorder,
        ambient=works.clock.ambient(),
        rules=works.house.rules,
        listener=works.house.listener,
        arrivals=Arrivals(read=read, backlog=backlog),
    )
    running = [asyncio.create_task(each.run()) for each in (intake, works.worker)]
    for number in range(int(seconds * 10)):
        await works.house.post(an_alert(f"f{number}", instance=f"web{number}:9100"))
        await asyncio.sleep(0.1)
    await asyncio.sleep(60)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    moves = works.house.listener.moves
    assert sum(m.event.kind == "admitted" for m in moves) == int(seconds * 10)
    return min((m.at - START).total_seconds() for m in moves if m.event.kind != "admitted")


def test_runs_wait_until_intake_has_emptied_the_inbox() -> None:
    assert 1.5 <= run_virtually(first_work_in_a_flood(1.5)) < 3


def test_a_flood_without_end_holds_no_run_up_for_ever() -> None:
    assert run_virtually(first_work_in_a_flood(20)) < 4


def test_a_run_that_somebody_else_has_claimed_is_dropped_within_a_lease() -> None:
    async def story() -> None:
        works = Works()
        works.hangs = True
        await works.house.take_in(an_alert())
        working = asyncio.create_task(works.worker.run())
        await asyncio.sleep(1)  # virtually
        assert len(works.worker.under_way()) == 1

        assert len(works.steal()) == 1
        await asyncio.sleep(LEASE.total_seconds() / 3 + 0.1)

        assert works.worker.under_way() == ()
        assert works.owners()[0][0] == "thief"
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    run_virtually(story())


def test_a_run_under_way_is_kept_by_renewing_its_lease_for_as_long_as_it_takes() -> None:
    async def story() -> None:
        works = Works()
        works.hangs = True
        await works.house.take_in(an_alert())
        working = asyncio.create_task(works.worker.run())
        await asyncio.sleep(10 * LEASE.total_seconds())

        assert len(works.worker.under_way()) == 1
        ((owner, lease, _),) = works.owners()
        assert owner.startswith("wrk")
        left = lease / 1e6 - works.clock.now().timestamp()
        assert LEASE.total_seconds() / 2 < left <= LEASE.total_seconds()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    run_virtually(story())


def test_a_run_that_broke_under_somebody_elses_claim_is_not_laid_to_rest_by_us() -> None:
    async def story(stolen: bool) -> tuple[Any, ...]:
        works = Works()
        works.house.world.mishaps.append("bug")
        if stolen:
            works.house.world.meanwhile = works.steal  # type: ignore[attr-defined]
        await works.house.take_in(an_alert())
        working = asyncio.create_task(works.worker.run())
        await asyncio.sleep(1)
        (row,) = works.owners()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        assert works.house.listener.problems
        now = works.clock.now().timestamp()
        return row[0], (row[2] / 1e6 - now) if row[2] else None

    owner, rests = run_virtually(story(stolen=True))
    assert owner == "thief"
    assert rests < 2, "what is due is the thief's business"
    owner, rests = run_virtually(story(stolen=False))
    assert owner is None
    assert rests > AFTER_A_BUG.total_seconds() - 2


def test_no_more_runs_are_driven_at_once_than_there_is_room_for() -> None:
    async def story() -> None:
        works = Works(most=3)
        works.hangs = True
        alerts = [an_alert(f"f{n}", instance=f"web{n}:9100") for n in range(7)]
        await works.house.take_in(*alerts)
        working = asyncio.create_task(works.worker.run())
        await asyncio.sleep(30)  # virtually

        assert len(works.worker.under_way()) == 3
        assert sum(owner is not None for owner, _, _ in works.owners()) == 3
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    run_virtually(story())


def test_a_worker_that_stops_finishes_what_is_quick_and_hands_over_what_hangs() -> None:
    async def story(hangs: bool) -> tuple[float, int, str]:
        works = Works()
        works.hangs = hangs
        await works.house.take_in(an_alert())
        working = asyncio.create_task(works.worker.run())
        await asyncio.sleep(1)
        works.worker.stop()
        began = works.clock.monotonic()
        await working
        (run,) = await works.house.runs()
        return works.clock.monotonic() - began, len(works.worker.under_way()), run.phase.value

    took, left, phase = run_virtually(story(hangs=False))
    assert (took < 2, left, phase) == (True, 0, "verifying")
    took, left, phase = run_virtually(story(hangs=True))
    assert (round(took), left, phase) == (GRACE.total_seconds(), 0, "acting")


def test_a_store_that_is_away_for_a_while_stops_no_loop() -> None:
    async def story() -> None:
        works = Works()
        works.house.use(a_playbook(steps=(a_step("one"), a_step("two", parameters={"to": 2}))))
        intake: Intake = works.house.intake()
        tasks = [asyncio.create_task(loop.run()) for loop in (intake, works.worker)]
        await works.house.post(an_alert())
        works.door.go_away(30)
        await asyncio.sleep(29)  # virtually
        assert works.house.world.effects == []
        await asyncio.sleep(40)

        (run,) = await works.house.runs()
        assert run.outcome is not None and run.outcome.value == "resolved"
        assert [value for _, _, value in works.house.world.effects] == [1, 2]
        intake.stop()
        works.worker.stop()
        await asyncio.sleep(130)  # virtually
        assert all(task.done() for task in tasks)

    run_virtually(story())
