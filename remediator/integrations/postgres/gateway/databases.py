"""Databases by name: what looks, and what ends sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import asyncpg

from remediator.core.errors import Permanent, Transient, Uncertain
from remediator.core.target import Target
from remediator.integrations.postgres.api import Known, Session
from remediator.integrations.postgres.gateway.connection import QUESTION, connected, translated
from remediator.integrations.postgres.settings import DatabaseSettings

_SESSIONS = """
SELECT a.pid, a.backend_start::text AS began, coalesce(a.xact_start::text, '') AS transaction,
       coalesce(a.query_start::text, '') AS query_began, coalesce(a.usename, '') AS "user",
       coalesce(a.application_name, '') AS application, coalesce(host(a.client_addr), 'local') AS client,
       coalesce(a.state, '') AS state, coalesce(a.backend_type, '') AS kind,
       left(coalesce(a.query, ''), 500) AS query,
       coalesce(extract(epoch FROM clock_timestamp()
         - CASE WHEN a.state = 'active' THEN a.query_start ELSE coalesce(a.xact_start, a.state_change) END
       ), 0)::float8 AS seconds,
       pg_blocking_pids(a.pid) AS waits_for, a.leader_pid IS NOT NULL AS is_parallel,
       coalesce(r.rolsuper OR r.rolreplication, true) AS is_superuser
FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
ORDER BY a.xact_start NULLS LAST, a.pid
"""
_KNOWN = """
SELECT current_setting('server_version_num')::int AS version,
       pg_has_role(current_user, 'pg_signal_backend', 'member') AS may_signal,
       pg_has_role(current_user, 'pg_read_all_stats', 'member') AS may_read,
       rolsuper AS is_superuser
FROM pg_roles WHERE rolname = current_user
"""
_IS_IT = """
FROM pg_stat_activity
WHERE pid = $1 AND backend_start = $2::text::timestamptz AND backend_type = 'client backend'
"""
_TERMINATE = f"SELECT pg_terminate_backend(pid, 5000) AS went {_IS_IT} AND xact_start = $3::text::timestamptz"
_CANCEL = f"SELECT pg_cancel_backend(pid) AS went {_IS_IT} AND query_start = $3::text::timestamptz AND state = 'active'"


class DatabasesLooker:
    """Keep the promises of `postgres.api.Databases`. Every question has a connection of its own, and can only read."""

    def __init__(self, databases: Sequence[DatabaseSettings]) -> None:
        self._databases: Mapping[str, DatabaseSettings] = {each.name: each for each in databases}

    def users(self, target: Target) -> frozenset[str]:
        """See api.Databases."""
        return frozenset(self._of(target).users)

    async def sessions(self, target: Target) -> tuple[Session, ...]:
        """See api.Databases."""
        rows = await self._rows(target, _SESSIONS)
        if any(not row["kind"] for row in rows):
            hint = "GRANT pg_read_all_stats TO the role of the settings"
            raise Permanent(f"other sessions cannot be seen: {hint}", target=str(target))
        return tuple(
            Session(**{**dict(row), "waits_for": tuple(row["waits_for"] or ())}) for row in rows
        )

    async def answer(self, target: Target, check: str) -> object:
        """See api.Databases."""
        checks = self._of(target).checks
        if check not in checks:
            names = ", ".join(sorted(checks)) or "none"
            detail = f"the settings have no check `{check}` for it; there are: {names}"
            raise Permanent(detail, target=str(target))
        rows = await self._rows(target, checks[check])
        return rows[0][0] if rows and len(rows[0]) else None

    async def known(self, target: Target) -> Known:
        """See api.Databases."""
        (row,) = await self._rows(target, _KNOWN)
        return Known(**dict(row))

    async def _rows(self, target: Target, query: str) -> list[asyncpg.Record]:
        async with connected(self._of(target), reads_only=True) as connection:
            try:
                async with asyncio.timeout(QUESTION.total_seconds() + 1):
                    async with connection.transaction(readonly=True):
                        rows: list[asyncpg.Record] = await connection.fetch(query)
                        return rows
            except asyncpg.PostgresError as error:
                raise translated(error, str(target)) from None
            except (OSError, TimeoutError, asyncpg.InterfaceError) as error:
                detail = f"no answer: {type(error).__name__}"
                raise Transient(detail, target=str(target)) from None

    def _of(self, target: Target) -> DatabaseSettings:
        database = self._databases.get(target.name) if target.kind == "postgres" else None
        if database is None:
            known = ", ".join(self._databases) or "none"
            detail = f"the settings name no such database; `postgres` has: {known}"
            raise Permanent(detail, target=str(target))
        return database


class DatabasesWriter(DatabasesLooker):
    """Keep the promises of `postgres.api.DatabasesHands`."""

    async def end(
        self, target: Target, session: Session, *, terminate: bool, timeout: timedelta
    ) -> bool:
        """See api.DatabasesHands."""
        moment = session.transaction if terminate else session.query_began
        query = _TERMINATE if terminate else _CANCEL
        async with connected(self._of(target), reads_only=False) as connection:
            try:
                async with asyncio.timeout(timeout.total_seconds()):
                    rows = await connection.fetch(query, session.pid, session.began, moment)
            except asyncpg.PostgresError as error:
                refusal = translated(error, str(target))
                if isinstance(refusal, Permanent):
                    raise refusal from None
                raise Uncertain(refusal.detail, target=str(target)) from None
            except (OSError, TimeoutError, asyncpg.InterfaceError) as error:
                detail = f"no answer: {type(error).__name__}"
                raise Uncertain(detail, target=str(target)) from None
        return any(row["went"] for row in rows)
