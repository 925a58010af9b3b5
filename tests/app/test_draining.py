"""Connected that a reload has replaced: what is under way with them ends first, and nothing is left open."""

import asyncio

from remediator.app.draining import Draining
from remediator.ports.gateways import Reads, Writes
from remediator.ports.integration import Connected

SOON = 0.01


class Door:
    """Notes that it was closed."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    def gateways(self) -> Connected:
        return Connected(reads=Reads(), writes=Writes(), closers=(self.close,))

    async def close(self) -> None:
        self.closed.set()


async def test_they_are_closed_when_what_was_under_way_has_ended() -> None:
    door, change = Door(), asyncio.Event()
    run = asyncio.create_task(change.wait())
    old = Draining(lambda: (run,), seconds=SOON)  # type: ignore[arg-type]

    old.add(door.gateways())
    await asyncio.sleep(0.1)
    assert not door.closed.is_set()

    change.set()
    await asyncio.wait_for(door.closed.wait(), 10)


async def test_what_begins_later_is_not_waited_for() -> None:
    door, running = Door(), list[asyncio.Task[None]]()
    old = Draining(lambda: tuple(running), seconds=SOON)
    old.add(door.gateways())
    running.append(asyncio.create_task(asyncio.sleep(3600)))

    await asyncio.wait_for(door.closed.wait(), 10)
    assert not running[0].done()
    running[0].cancel()


async def test_at_the_end_all_are_closed_at_once() -> None:
    doors = [Door(), Door()]
    run = asyncio.create_task(asyncio.sleep(3600))
    old = Draining(lambda: (run,))
    for door in doors:
        old.add(door.gateways())
    await asyncio.sleep(0)

    await old.close()

    assert all(door.closed.is_set() for door in doors)
    run.cancel()


async def test_even_those_that_were_replaced_a_moment_ago_are_closed_at_the_end() -> None:
    door = Door()
    old = Draining(tuple)
    old.add(door.gateways())

    await old.close()

    assert door.closed.is_set()
