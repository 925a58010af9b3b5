"""What a PostgreSQL is asked and told. A database is a target `postgres/NAME`, by its name in the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from remediator.core.target import Target
from remediator.ports.gateways import ReadKey, WriteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One row of `pg_stat_activity`, for whoever may read it all. Moments are the server's own texts; `seconds` is how
    long it has been in its transaction (or, idle, in its state), `waits_for` whom it waits for by pid."""

    pid: int
    began: str
    transaction: str
    query_began: str
    user: str
    application: str
    client: str
    state: str
    kind: str
    query: str
    seconds: float
    waits_for: tuple[int, ...] = ()
    is_parallel: bool = False
    is_superuser: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a server says of itself and of us."""

    version: int
    may_signal: bool
    may_read: bool
    is_superuser: bool


class Databases(Protocol):
    """Looks. Raises Transient (unreachable, no free connection) or Permanent (unknown name, refused, no rights)."""

    def users(self, target: Target) -> frozenset[str]:
        """Return whose sessions the settings allow to be ended."""
        ...

    async def sessions(self, target: Target) -> tuple[Session, ...]:
        """Return the sessions of this database but our own, the oldest transaction first."""
        ...

    async def answer(self, target: Target, check: str) -> object:
        """Return the first column of the first row of a check of the settings, in a read-only transaction; None where
        there is no row."""
        ...

    async def known(self, target: Target) -> Known:
        """Return the server's version and our roles."""
        ...


class DatabasesWrites(Protocol):
    """Ends sessions and queries."""

    async def end(
        self, target: Target, session: Session, *, terminate: bool, timeout: timedelta
    ) -> bool:
        """End exactly this session, or its query, in one conditional statement; False where it is another by now.

        Raise Permanent where nobody may, Transient where nothing was sent, Uncertain without an answer.
        """
        ...


_NO_DATABASE = "this daemon knows no PostgreSQL: add `postgres` to the settings"
POSTGRES: ReadKey[Databases] = ReadKey("postgres", _NO_DATABASE)
POSTGRES_WRITES: WriteKey[DatabasesWrites] = WriteKey("postgres", _NO_DATABASE)
