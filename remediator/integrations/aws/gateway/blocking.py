"""The only bridge from SDKs that block: a bounded pool of threads, and a deadline that the SDK does not know.

Used by gateways whose SDK has no asyncio (boto3). What makes it safe:

* The pool is bounded, and so is what may wait for it. A full one answers `NotStarted` at once: nothing was sent.
* A thread cannot be stopped. A call that is still at work at its deadline is *abandoned*: its answer goes nowhere, its
  thread comes back when the SDK's own time limits end it. These must be shorter than the deadline that is given here,
  so that being abandoned is the exception (a resolver that hangs, a stopped machine), and threads cannot run out.
* Whoever changes the world with an abandoned call must take it for Uncertain; a read is just tried again.
* A cancelled caller (a run that lost its lease, a shutdown) leaves the call behind in the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from remediator.core.errors import RemediatorError

T = TypeVar("T")

WORKERS = 8
WAITING = 64


class NotStarted(RemediatorError):
    """Say that the call never began: the pool was full until the deadline, or is."""


class Abandoned(RemediatorError):
    """Say that the call had begun and has not ended at its deadline: it may still do anything."""


class Blocking:
    """Runs blocking functions on threads of its own."""

    def __init__(self, name: str, *, workers: int = WORKERS, waiting: int = WAITING) -> None:
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix=name)
        self._most = workers + waiting
        self._taken = 0

    @property
    def is_full(self) -> bool:
        """Whether a call would be refused now."""
        return self._taken >= self._most

    async def call(self, function: Callable[[], T], *, limit: timedelta) -> T:
        """Return what the function returns, or raise what it raises; raise NotStarted or Abandoned."""
        if self.is_full:
            raise NotStarted("too many calls are waiting already")
        future = self._pool.submit(function)
        loop = asyncio.get_running_loop()
        self._taken += 1
        future.add_done_callback(lambda _: _tell(loop, self._give_back))
        waiting = asyncio.wrap_future(future)
        try:
            done, _ = await asyncio.wait({waiting}, timeout=limit.total_seconds())
        except asyncio.CancelledError:
            future.cancel()
            waiting.cancel()
            raise
        if waiting.cancelled():
            raise NotStarted("closed before a thread came free")
        if done:
            return waiting.result()
        has_begun = not future.cancel()
        waiting.cancel()  # nobody listens any more
        if not has_begun:
            raise NotStarted("no thread came free in time")
        raise Abandoned("no answer in time")

    async def close(self) -> None:
        """Take no more calls; those at work end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _give_back(self) -> None:
        self._taken -= 1


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """Call back on the loop; one that has closed does not count any more."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(callback)
