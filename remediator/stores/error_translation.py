"""What a database error means for whoever submitted the closure: the one place that translates the drivers' errors."""

from __future__ import annotations

import sqlite3
from enum import Enum

from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from remediator.core.errors import StoreError, StoreUnavailable


class Fault(Enum):
    """What to do next about an error that came out of a closure."""

    THEIRS = "theirs"  # not the database's: the closure raised it on purpose
    REFUSED = "refused"  # a constraint or a value; the same again gives the same
    AGAIN = "again"  # another transaction came first; the same again may work
    UNAVAILABLE = "unavailable"  # the database is gone, full, read-only or too slow


# https://www.postgresql.org/docs/current/errcodes-appendix.html, by class or whole code.
_AGAIN = ("40", "23")  # rolled back; a constraint, as somebody else's commit will be seen next time
_UNAVAILABLE = ("08", "25006", "25P03", "53", "55P03", "57", "58", "F0", "XX")
_SQLITE_REFUSED = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.NotSupportedError,
)


def fault_of(error: BaseException) -> Fault:
    """Say what an error means. A closure touches nothing but the database, so a network error is the database's."""
    if isinstance(error, OSError | TimeoutError | PoolTimeout):
        return Fault.UNAVAILABLE
    if not isinstance(error, StatementError):
        is_drivers = type(error).__module__.partition(".")[0] == "asyncpg"
        return Fault.UNAVAILABLE if is_drivers else Fault.THEIRS
    if not isinstance(error, DBAPIError):
        return Fault.REFUSED  # a value that cannot be bound
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _fault_of_state(str(state))
    return Fault.REFUSED if isinstance(error.orig, _SQLITE_REFUSED) else Fault.UNAVAILABLE


def translated(error: Exception) -> Exception:
    """Return our error for a database error, caused by it and without the statement's values; others as they are."""
    fault = fault_of(error)
    if fault is Fault.THEIRS:
        return error
    is_down = fault is Fault.UNAVAILABLE
    ours: StoreError = (
        StoreUnavailable(f"the database cannot store now: {_words(error)}")
        if is_down
        else StoreError(f"the database refused the change: {_words(error)}")
    )
    ours.__cause__ = error
    return ours


def _fault_of_state(state: str) -> Fault:
    if state.startswith(_AGAIN):
        return Fault.AGAIN
    return Fault.UNAVAILABLE if state.startswith(_UNAVAILABLE) else Fault.REFUSED


def _words(error: Exception) -> str:
    origin = error.orig if isinstance(error, StatementError) else error
    lines = str(origin).splitlines()
    return lines[0] if lines else type(origin).__name__
