"""What PostgreSQL's codes mean for whoever asked; test_questions.py has some of it from a server."""

from __future__ import annotations

import asyncpg
import pytest

from remediator.core.errors import Permanent, Transient
from remediator.integrations.postgres.gateway.connection import translated


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (asyncpg.TooManyConnectionsError("x"), Transient, "no connection is free (x); from 16 on"),
        (asyncpg.InsufficientPrivilegeError("x"), Permanent, "x: "),
        (asyncpg.InvalidPasswordError("x"), Permanent, "x"),
        (asyncpg.InvalidCatalogNameError("x"), Permanent, "x"),
        (asyncpg.SyntaxOrAccessError("x"), Permanent, "x"),
        (asyncpg.PostgresError("x"), Permanent, "x"),
        (asyncpg.CannotConnectNowError("x"), Transient, "x"),
        (asyncpg.AdminShutdownError("x"), Transient, "x"),
        (asyncpg.QueryCanceledError("x"), Transient, "x"),
        (asyncpg.DiskFullError("x"), Transient, "x"),
        (asyncpg.ConnectionFailureError("x"), Transient, "x"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_a_refusal_says_whether_it_is_worth_another_try(
    error: asyncpg.PostgresError, kind: type, words: str
) -> None:
    told = translated(error, "postgres/shop")

    assert type(told) is kind
    assert told.detail.startswith(words)
    assert told.target == "postgres/shop"
