"""The running loop's clock, put forward: a deadline is over when a test says so, however fast the machine is."""

import asyncio
from datetime import timedelta
from typing import Any


def put_forward(time: timedelta) -> None:
    """Let this much time have passed for all that waits on this loop."""
    loop: Any = asyncio.get_running_loop()
    ahead = loop.time() - type(loop).time(loop) + time.total_seconds()
    loop.time = lambda: type(loop).time(loop) + ahead


async def outlast(waiting: asyncio.Future[Any], time: timedelta) -> None:
    """Let this much time have passed, again where nothing waited for it yet, until this has ended."""
    while not waiting.done():
        put_forward(time)
        await asyncio.sleep(0.01)
