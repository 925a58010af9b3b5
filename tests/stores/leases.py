"""Leases that end when a test says so: PostgreSQL measures them by its own clock, which no test can set."""

from datetime import timedelta

from sqlalchemy import text

from remediator.ports.store import Store


async def let_pass(store: Store, time: timedelta) -> None:
    """Let every lease end so much sooner, on whichever clock."""
    microseconds = time // timedelta(microseconds=1)

    def bring_forward(tx) -> None:
        for table in ("run", "outbox"):
            sooner = text(f"UPDATE {table} SET lease_until = lease_until - :by")
            tx._connection.execute(sooner, {"by": microseconds})

    await store.submit(bring_forward)
