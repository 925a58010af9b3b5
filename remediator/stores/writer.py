"""The one writer of an SQLite store: a thread with the only connection that writes.

It drains the queue of waiting closures into one transaction (group commit: one fsync for all who waited), and hands the
results to the event loop after the commit. Where a batch fails, each of its closures is tried alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from remediator.core.errors import StoreUnavailable
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
from remediator.stores.notifier import Notifier
from remediator.stores.session import Dialect

MOST_TOGETHER = 128


class Writer:
    """Takes closures on the event loop and runs them on its thread."""

    def __init__(self, engine: Engine, dialect: Dialect, notifier: Notifier) -> None:
        self._connection = engine.connect()
        self._dialect = dialect
        self._notifier = notifier
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Submitted | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="remediator-store-writer", daemon=True)
        self._closing = False
        self._thread.start()

    def submit(self, closure: Callable[[Any], object]) -> asyncio.Future[Any]:
        """Queue a closure; the future has its result once it is durable."""
        if self._closing:
            raise StoreUnavailable("the store is closed")
        future: asyncio.Future[object] = self._loop.create_future()
        self._queue.put(Submitted(closure, future))
        return future

    async def close(self) -> None:
        """Finish what was accepted, then end the thread; may be repeated."""
        if not self._closing:
            self._closing = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        with self._connection as connection:
            while batch := self._next_batch():
                answers = self._answers_or_why_not(connection, batch)
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    self._loop.call_soon_threadsafe(self._hand_out, batch, answers)

    def _answers_or_why_not(self, connection: Connection, batch: list[Submitted]) -> list[Answer]:
        """Whatever goes wrong, somebody waits for an answer and the next batch has to work."""
        with Caught() as caught:
            return self._answers(connection, batch)
        with Caught():
            connection.rollback()
        return [Answer(error=caught.error)] * len(batch)

    def _next_batch(self) -> list[Submitted]:
        """Wait for the first closure and take all that wait behind it; empty at the end."""
        batch: list[Submitted] = []
        following = self._queue.get()
        while following is not None:
            batch.append(following)
            if len(batch) == MOST_TOGETHER:
                return batch
            try:
                following = self._queue.get_nowait()
            except Empty:
                return batch
        if batch:
            self._queue.put(None)  # the end stays the end
        return batch

    def _answers(self, connection: Connection, batch: list[Submitted]) -> list[Answer]:
        if len(batch) > 1:
            for work in (answers_hopefully, answers_together):
                with suppress(BatchBroken, DBAPIError):
                    return self._together(connection, batch, work)
        return [self._alone(connection, submitted) for submitted in batch]

    def _together(
        self, connection: Connection, batch: list[Submitted], work: Together
    ) -> list[Answer]:
        with connection.begin():
            answers = work(connection, self._dialect, batch)
            if not _is_in_transaction(connection):
                raise BatchBroken
        return answers

    def _alone(self, connection: Connection, submitted: Submitted) -> Answer:
        try:
            with connection.begin() as transaction:
                answer = answer_alone(connection, self._dialect, submitted)
                if answer.error is None and not _is_in_transaction(connection):
                    answer = Answer(error=StoreUnavailable("the database gave the change up"))
                if answer.error is not None:
                    transaction.rollback()
            return answer
        except DBAPIError as error:
            return Answer(error=error)

    def _hand_out(self, batch: list[Submitted], answers: list[Answer]) -> None:
        hand_out(batch, answers)
        self._notifier.ring(work_of(answers))


def _is_in_transaction(connection: Connection) -> bool:
    # SQLite rolls back by itself when the disk is full (https://www.sqlite.org/lang_transaction.html); Python's
    # commit() then does nothing and reports success.
    return bool(connection.connection.driver_connection.in_transaction)  # type: ignore[union-attr]
