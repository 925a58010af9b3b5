"""Commits closures to PostgreSQL: a few committers, each taking several waiting closures into one transaction.

Those that let runs act by what was counted have a committer of their own: they wait for each other over all replicas,
and nobody else has to wait with them.

Run again is what failed before its COMMIT was sent (deadlock, lost connection, a constraint that another commit made
true meanwhile). A connection that is lost during the COMMIT leaves doubt: the submitter is told StoreUnavailable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from remediator.core.errors import StoreUnavailable
from remediator.ports.on_run import OnRun
from remediator.stores.batch import (
    Answer,
    BatchBroken,
    Caught,
    Submitted,
    Together,
    answer_alone,
    answers_hopefully,
    answers_together,
    hand_out,
    work_of,
)
from remediator.stores.error_translation import Fault, fault_of
from remediator.stores.notifier import Notifier
from remediator.stores.postgres_server import UNREACHABLE
from remediator.stores.session import Dialect

COMMITTERS = 5
MOST_TOGETHER = 32
TRIES = 5
_PAUSE_SECONDS = 0.02


class Queue(asyncio.Queue[Submitted | None]):
    """Closures that wait; None is the end for one committer."""


class Committers:
    """Takes closures on the event loop and commits them by its own asyncio tasks."""

    def __init__(self, engine: AsyncEngine, dialect: Dialect, notifier: Notifier) -> None:
        self._engine = engine
        self._dialect = dialect
        self._notifier = notifier
        self._closing = False
        self._queue, self._counting = Queue(), Queue()
        queues = (self._counting, *[self._queue] * (COMMITTERS - 1))
        self._running = [(queue, asyncio.create_task(self._commit_all(queue))) for queue in queues]

    def submit(self, closure: Callable[[Any], object]) -> asyncio.Future[Any]:
        """Queue a closure; the future has its result once it is durable."""
        if self._closing:
            raise StoreUnavailable("the store is closed")
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        counts = isinstance(closure, OnRun) and closure.counts
        (self._counting if counts else self._queue).put_nowait(Submitted(closure, future))
        return future

    async def close(self) -> None:
        """Finish what was accepted; may be repeated."""
        if not self._closing:
            self._closing = True
            for queue, _ in self._running:
                queue.put_nowait(None)
        await asyncio.gather(*(task for _, task in self._running))

    async def _commit_all(self, queue: Queue) -> None:
        while (first := await queue.get()) is not None:
            batch = [first, *_more(queue)]
            answers = await self._answers_or_why_not(batch)
            hand_out(batch, answers)
            self._notifier.ring(work_of(answers))

    async def _answers_or_why_not(self, batch: list[Submitted]) -> list[Answer]:
        """Whatever goes wrong, somebody waits for an answer and the next batch has to work."""
        with Caught() as caught:
            return await self._answers(batch)
        return [Answer(error=caught.error)] * len(batch)

    async def _answers(self, batch: list[Submitted]) -> list[Answer]:
        for work in (answers_hopefully, answers_together) if len(batch) > 1 else ():
            with suppress(BatchBroken, *UNREACHABLE):
                return await self._transact(partial(_all_of, work, self._dialect, batch))
        return [await self._alone(submitted) for submitted in batch]

    async def _alone(self, submitted: Submitted) -> Answer:
        answer = await self._try(submitted)
        for tried in range(1, TRIES):
            if answer.error is None or not _is_worth_another_try(answer.error, tried):
                return answer
            await asyncio.sleep(_PAUSE_SECONDS * tried)
            answer = await self._try(submitted)
        return answer

    async def _try(self, submitted: Submitted) -> Answer:
        try:
            answers = await self._transact(
                lambda connection: [answer_alone(connection, self._dialect, submitted)]
            )
        except UNREACHABLE as error:
            return Answer(error=error)
        return answers[0]

    async def _transact(self, work: Callable[[Connection], list[Answer]]) -> list[Answer]:
        async with self._engine.connect() as connection:
            await connection.begin()
            answers = await connection.run_sync(work)
            if len(answers) == 1 and answers[0].error is not None:
                await connection.rollback()
                return answers
            doubt = await _doubt_after_commit(connection)
        return answers if doubt is None else [Answer(error=doubt)] * len(answers)


def _all_of(
    work: Together, dialect: Dialect, batch: list[Submitted], connection: Connection
) -> list[Answer]:
    return work(connection, dialect, batch)


def _more(queue: Queue) -> list[Submitted]:
    """Take all that waits: few large transactions ask less of everybody than many small ones."""
    more: list[Submitted] = []
    for _ in range(min(queue.qsize(), MOST_TOGETHER - 1)):
        following = queue.get_nowait()
        if following is None:
            queue.put_nowait(None)
            return more
        more.append(following)
    return more


async def _doubt_after_commit(connection: AsyncConnection) -> StoreUnavailable | None:
    """Commit. Return an error where nobody can say whether it happened; raise where it surely did not."""
    try:
        await connection.commit()
    except UNREACHABLE as error:
        if fault_of(error) is Fault.AGAIN:
            raise
        doubt = StoreUnavailable("the connection was lost while committing: it may be stored")
        doubt.__cause__ = error
        return doubt
    return None


def _is_worth_another_try(error: Exception, tried: int) -> bool:
    match fault_of(error):
        case Fault.AGAIN:
            return True
        case Fault.UNAVAILABLE:
            return tried == 1  # a pooled connection that was lost while idle
        case _:
            return False
