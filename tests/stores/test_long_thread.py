"""A thread that has been told for years: the next delivery in it costs the database as much as in a new one."""

from datetime import timedelta
from pathlib import Path

from remediator.ports.store import Store, Transaction
from remediator.stores.store import open_store, sqlite_url
from remediator.testing.builders import MOMENT, a_message

CHANNELS = ("#sre", "pager", "mail")
SHORT, LONG = 4, 400
LATER = MOMENT + timedelta(days=1)


async def claimed_in(store: Store, thread: str, told: int) -> int:
    """Tell a thread so often by every channel; return the steps of SQLite's machine that claiming once more takes."""

    def tell(tx: Transaction) -> None:
        for n in range(told):
            at = MOMENT + timedelta(seconds=n)
            tx.enqueue(a_message(thread=thread, deduplication=f"{thread}:{n}"), CHANNELS, at)
            for each in claim(tx):
                tx.delivered(each.id, f"receipt-{n}", at)
        tx.enqueue(a_message(thread=thread, deduplication=f"{thread}:last"), CHANNELS[:1], LATER)

    def claim_counted(tx: Transaction) -> int:
        steps = []
        driver = tx._connection.connection.driver_connection
        driver.set_progress_handler(lambda: steps.append(1) and 0, 10)
        (found,) = claim(tx)
        driver.set_progress_handler(None, 0)
        last = f"receipt-{told - 1}"
        assert sorted(found.elsewhere) == [("mail", last), ("pager", last)]
        assert found.receipt == last
        return len(steps)

    await store.submit(tell)
    return await store.submit(claim_counted)


def claim(tx: Transaction):
    return tx.claim_deliveries(owner="me", lease=timedelta(minutes=1), limit=10, now=LATER)


async def test_what_was_told_elsewhere_is_found_without_reading_the_thread(tmp_path: Path) -> None:
    store = await open_store(sqlite_url(tmp_path))

    few = await claimed_in(store, "new", SHORT)
    many = await claimed_in(store, "old", LONG)

    assert many < 3 * few
    await store.close()
