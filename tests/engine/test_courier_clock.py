"""The courier under a clock that jumps: leases look over, and what is under way is not begun a second time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from .post_office import PAGER, a_post_office, tell


async def test_what_is_under_way_is_not_begun_again_when_the_clock_jumps_over_its_lease(
    tmp_path,
) -> None:
    async with a_post_office(tmp_path) as office:
        goes_on, take = asyncio.Event(), office.chat.take

        async def slowly(*asked) -> str:
            receipt = await take(*asked)
            await goes_on.wait()
            return receipt

        office.chat.take = slowly
        await office.queue(tell("a"), destinations=(PAGER,))
        first = asyncio.create_task(office.courier.deliver_due())
        while not office.chat.posts:
            await asyncio.sleep(0.001)

        office.clock.advance(timedelta(hours=1))
        again = asyncio.create_task(office.courier.deliver_due())
        while not again.done() and office.chat.calls == 1:
            await asyncio.sleep(0.001)
        goes_on.set()
        await asyncio.gather(first, again)

        assert office.chat.titles == ["a"]
        assert await office.waiting() == 0
