"""Leases that end when a test says so: PostgreSQL measures them by its own clock, which no test can set."""

from datetime import timedelta

from sqlalchemy import type_coerce, update

from remediator.ports.store import Store
from remediator.stores.columns import RowNumber
from remediator.stores.schema import outbox, run


async def let_pass(store: Store, time: timedelta) -> None:
    """Let every lease end so much sooner, on whichever clock."""
    microseconds = time // timedelta(microseconds=1)

    def bring_forward(tx) -> None:
        for table in (run, outbox):
            until = type_coerce(table.c.lease_until, RowNumber)
            tx._connection.execute(update(table).values(lease_until=until - microseconds))

    await store.submit(bring_forward)
