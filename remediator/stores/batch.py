"""Group commit: many closures in one transaction, each in a savepoint, so that none takes another with it.

Both stores run their batches through here; a result is handed out by them only after the commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from sqlalchemy import Connection

from remediator.core.errors import Overloaded
from remediator.core.panics import is_panic
from remediator.ports.on_run import OnRun
from remediator.ports.store import Work
from remediator.stores.error_translation import Fault, fault_of, translated
from remediator.stores.session import Dialect, Shared
from remediator.stores.transaction import SqlTransaction


@dataclass(frozen=True, slots=True, eq=False)
class Submitted:
    """A closure and the future of the one who waits for it."""

    closure: Callable[[object], object]
    future: asyncio.Future[object]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a closure returned or raised, and what its commit makes due."""

    value: object = None
    error: Exception | None = None
    wakes: frozenset[Work] = frozenset()


class Caught:
    """Keeps what a closure raised for the one who submitted it; whatever it is, it is theirs."""

    error: Exception | None = None

    def __enter__(self) -> Caught:
        return self

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Exception):
            self.error = error
        elif is_panic(error):  # else it would end the thread that writes
            self.error = Overloaded("there is no memory for it")
            self.error.__cause__ = error
        return self.error is not None


class BatchBroken(Exception):
    """The transaction cannot go on: roll it back and try each closure alone."""


def answers_hopefully(
    connection: Connection, dialect: Dialect, batch: Sequence[Submitted]
) -> list[Answer]:
    """Run all closures in the open transaction without savepoints, because nearly always all of them work.

    Raise BatchBroken at the first one that does not: nobody knows then what is whose.
    """
    shared = Shared()
    _lock_ahead(connection, dialect, shared, batch)
    answers = []
    for submitted in batch:
        answer = _answer(SqlTransaction(connection, dialect, shared), submitted)
        if answer.error is not None:
            raise BatchBroken from answer.error
        answers.append(answer)
    with Caught() as caught:
        SqlTransaction(connection, dialect, shared).flush(work_of(answers))
    if caught.error is not None:
        raise BatchBroken from caught.error
    return answers


def answers_together(
    connection: Connection, dialect: Dialect, batch: Sequence[Submitted]
) -> list[Answer]:
    """Run all closures in the open transaction; raise BatchBroken where it must be rolled back."""
    return [_answer_in_savepoint(connection, dialect, submitted) for submitted in batch]


def answer_alone(connection: Connection, dialect: Dialect, submitted: Submitted) -> Answer:
    """Run one closure in the open transaction, which the caller rolls back where the answer is an error."""
    shared = Shared()
    transaction = SqlTransaction(connection, dialect, shared)
    with Caught() as caught:
        _lock_ahead(connection, dialect, shared, [submitted])
        answer = _answer(transaction, submitted)
        if answer.error is None:
            transaction.flush(answer.wakes)
        return answer
    return Answer(error=caught.error)


def _answer(transaction: SqlTransaction, submitted: Submitted) -> Answer:
    """Run one closure; what it has still to write may wait for others."""
    with Caught() as caught:
        value = submitted.closure(transaction)
        return Answer(value=value, wakes=frozenset(transaction.wakes))
    return Answer(error=caught.error)


def _lock_ahead(
    connection: Connection, dialect: Dialect, shared: Shared, batch: Sequence[Submitted]
) -> None:
    """Pass the gate where one of the closures will, then lock the runs of all that say so by one statement.

    In this order, because who waits at the gate must not keep others from their runs.
    """
    known = [each.closure for each in batch if isinstance(each.closure, OnRun)]
    if not dialect.gathers or not known:
        return
    transaction = SqlTransaction(connection, dialect, shared)
    with Caught() as caught:
        if any(closure.counts for closure in known):
            transaction.enter_gate()
        if len(known) > 1:
            transaction.lock_ahead([closure.run_id for closure in known])
    if caught.error is not None:
        raise BatchBroken from caught.error


def work_of(answers: Sequence[Answer]) -> frozenset[Work]:
    """Return all kinds of work that these answers' commit has made due."""
    return frozenset(kind for answer in answers for kind in answer.wakes)


def hand_out(batch: Sequence[Submitted], answers: Sequence[Answer]) -> None:
    """Give everybody their answer, database errors as ours; those who stopped waiting get none."""
    for submitted, answer in zip(batch, answers, strict=True):
        if submitted.future.done():
            continue
        if answer.error is None:
            submitted.future.set_result(answer.value)
            continue
        submitted.future.set_exception(translated(answer.error))


def _answer_in_savepoint(connection: Connection, dialect: Dialect, submitted: Submitted) -> Answer:
    connection.exec_driver_sql("SAVEPOINT closure")
    answer = answer_alone(connection, dialect, submitted)
    if answer.error is None:
        connection.exec_driver_sql("RELEASE SAVEPOINT closure")
        return answer
    if fault_of(answer.error) in (Fault.AGAIN, Fault.UNAVAILABLE):
        raise BatchBroken from answer.error
    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT closure")
    connection.exec_driver_sql("RELEASE SAVEPOINT closure")
    return answer


Together = Callable[[Connection, Dialect, Sequence[Submitted]], list[Answer]]
