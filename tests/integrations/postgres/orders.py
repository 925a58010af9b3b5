"""A database with a role for remediator, and sessions of an application that hold each other up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from remediator.core.target import Target
from remediator.integrations.postgres.gateway.databases import DatabasesLooker, DatabasesWriter
from remediator.integrations.postgres.settings import DatabaseSettings, Tls
from tests.parts.postgres import Postgres

ORDERS = Target("postgres", "orders")
CHECKS = {
    "room": "SELECT count(*) < 90 FROM pg_stat_activity",
    "number": "SELECT 1",
    "nothing": "SELECT true WHERE false",
    "writes": "CREATE TABLE public.x (a int)",
}


@dataclass
class Orders:
    """One database of the shared server. Roles are the server's: they are made once."""

    server: Postgres
    name: str

    @classmethod
    def made(cls, server: Postgres) -> "Orders":
        name = server.new_database().rsplit("/", 1)[-1]
        roles = ("ops", "blind", "shop", "report")
        for role in roles:
            there = server.query(name, f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'")
            if not there:
                server.query(name, f"CREATE ROLE {role} LOGIN")
        server.query(name, "GRANT pg_signal_backend, pg_read_all_stats TO ops")
        server.query(name, "GRANT pg_signal_backend TO blind")
        server.query(name, "CREATE TABLE orders (id int); GRANT ALL ON orders TO shop, report")
        return cls(server, name)

    def settings(
        self, user: str = "ops", users: frozenset[str] = frozenset({"shop"})
    ) -> DatabaseSettings:
        return DatabaseSettings(
            name="orders",
            url=f"postgresql://{user}@127.0.0.1:{self.server.port}/{self.name}",
            tls=Tls.OFF,
            users=tuple(users),
            checks=CHECKS,
        )

    def looker(self, user: str = "ops") -> DatabasesLooker:
        return DatabasesLooker((self.settings(user),))

    def writer(self, user: str = "ops") -> DatabasesWriter:
        return DatabasesWriter((self.settings(user),))

    @asynccontextmanager
    async def session(
        self, user: str = "shop", application: str = "migrate", begin: bool = True
    ) -> AsyncIterator[asyncpg.Connection]:
        """Somebody's session, idle in a transaction that holds a lock on `orders`."""
        connection = await asyncpg.connect(
            host="127.0.0.1",
            port=self.server.port,
            user=user,
            database=self.name,
            server_settings={"application_name": application},
        )
        try:
            if begin:
                await connection.execute("BEGIN")
                await connection.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
            yield connection
        finally:
            connection.terminate()

    @asynccontextmanager
    async def query(
        self, words: str, application: str = "web"
    ) -> AsyncIterator[asyncio.Task[object]]:
        """Somebody's query that runs."""
        async with self.session(application=application, begin=False) as connection:
            task = asyncio.create_task(connection.execute(words))
            await asyncio.sleep(0.2)
            try:
                yield task
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
