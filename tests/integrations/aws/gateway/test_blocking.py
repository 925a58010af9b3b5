"""The bridge from blocking SDKs: deadlines, bounds, and what becomes of a call that nobody waits for."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from remediator.integrations.aws.gateway.blocking import Abandoned, Blocking, NotStarted
from tests.parts.loop_clock import put_forward

SOON = timedelta(milliseconds=50)
LONG = timedelta(seconds=100)


class Door:
    """A function that blocks until it is opened; it counts who came in and who went out."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self.entered = 0
        self.left = 0

    def __call__(self) -> str:
        self.entered += 1
        self._opened.wait(100)
        self.left += 1
        return "through"

    def open(self) -> None:
        self._opened.set()


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = Door()
    yield door
    door.open()


async def eventually(claim: object) -> None:
    async with asyncio.timeout(60):
        while not claim():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def test_an_answer_and_an_error_come_back_as_they_are() -> None:
    blocking = Blocking("t")

    assert await blocking.call(lambda: 7, limit=LONG) == 7
    with pytest.raises(KeyError):
        await blocking.call(lambda: {}["x"], limit=LONG)
    with pytest.raises(TimeoutError, match="the SDK's own"):
        await blocking.call(_raise_timeout, limit=LONG)
    await blocking.close()


def _raise_timeout() -> None:
    raise TimeoutError("the SDK's own")


async def test_the_loop_goes_on_while_a_thread_waits(door: Door) -> None:
    blocking = Blocking("t")
    call = asyncio.create_task(blocking.call(door, limit=LONG))
    await eventually(lambda: door.entered)
    door.open()

    assert await call == "through"
    await blocking.close()


async def test_a_call_at_work_at_its_deadline_is_abandoned_and_ends_by_itself(door: Door) -> None:
    blocking = Blocking("t")
    call = asyncio.create_task(blocking.call(door, limit=LONG))
    await eventually(lambda: door.entered)
    put_forward(LONG)
    with pytest.raises(Abandoned):
        await call

    door.open()
    await eventually(lambda: door.left == 1)
    assert await blocking.call(lambda: 7, limit=LONG) == 7
    await blocking.close()


async def test_a_call_that_found_no_thread_never_runs(door: Door) -> None:
    blocking, second = Blocking("t", workers=1), Door()
    first = asyncio.create_task(blocking.call(door, limit=LONG))
    await eventually(lambda: door.entered)

    with pytest.raises(NotStarted):
        await blocking.call(second, limit=SOON)
    door.open()
    await first

    assert await blocking.call(lambda: 7, limit=LONG) == 7
    assert second.entered == 0
    await blocking.close()


async def test_what_waits_is_bounded_and_room_comes_back(door: Door) -> None:
    blocking = Blocking("t", workers=1, waiting=1)
    calls = [asyncio.create_task(blocking.call(door, limit=LONG)) for _ in range(2)]
    await eventually(lambda: door.entered)

    with pytest.raises(NotStarted, match="too many"):
        await blocking.call(door, limit=LONG)
    door.open()
    await asyncio.gather(*calls)
    await eventually(lambda: not blocking.is_full)
    assert await blocking.call(lambda: 7, limit=LONG) == 7
    await blocking.close()


async def test_a_cancelled_caller_leaves_the_call_behind(door: Door) -> None:
    blocking = Blocking("t", workers=1)
    call = asyncio.create_task(blocking.call(door, limit=LONG))
    await eventually(lambda: door.entered)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    door.open()
    await eventually(lambda: door.left == 1)
    await blocking.close()


async def test_a_cancelled_caller_takes_a_waiting_call_with_it(door: Door) -> None:
    blocking, second = Blocking("t", workers=1), Door()
    first = asyncio.create_task(blocking.call(door, limit=LONG))
    await eventually(lambda: door.entered)
    waiting = asyncio.create_task(blocking.call(second, limit=LONG))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    door.open()
    await first

    assert await blocking.call(lambda: 7, limit=LONG) == 7
    assert second.entered == 0
    await blocking.close()


async def test_a_call_that_waits_for_a_thread_when_all_is_closed_is_told_so(door: Door) -> None:
    blocking = Blocking("t", workers=1)
    first = asyncio.create_task(blocking.call(door, limit=LONG))
    await eventually(lambda: door.entered)
    waiting = asyncio.create_task(blocking.call(lambda: 7, limit=LONG))
    await asyncio.sleep(0)

    await blocking.close()
    with pytest.raises(NotStarted, match="closed"):
        await waiting

    door.open()
    assert await first == "through"
