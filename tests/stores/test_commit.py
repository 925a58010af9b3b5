"""The store's contract: what a commit means; group commit, failures, waking and closing."""

import asyncio
from datetime import timedelta

import pytest

from remediator.core.errors import StoreError, StoreUnavailable
from remediator.ports.store import Store, Work
from remediator.stores.postgres import PostgresStore
from remediator.stores.store import open_store
from remediator.testing.builders import MOMENT, a_message, a_notification, a_run

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

SECOND = timedelta(seconds=1)


class Mishap(Exception):
    """What a closure raises on purpose."""


def accept(number: int, *, fails: bool = False):
    def closure(tx):
        tx.accept(a_notification(id=f"ntf_{number:03}"))
        if fails:
            raise Mishap(number)
        return number

    return closure


async def kept(store: Store) -> set[str]:
    taken = await store.submit(lambda tx: tx.take_notifications(1000))
    return {notification.id for notification in taken}


async def test_a_failing_closure_takes_no_other_with_it(store: Store):
    closures = (store.submit(accept(n, fails=n % 7 == 3)) for n in range(100))

    results = await asyncio.gather(*closures, return_exceptions=True)

    failed = [n for n in range(100) if n % 7 == 3]
    assert [r.args[0] for r in results if isinstance(r, Mishap)] == failed
    assert [r for r in results if not isinstance(r, Mishap)] == [
        n for n in range(100) if n not in failed
    ]
    assert await kept(store) == {f"ntf_{n:03}" for n in range(100) if n not in failed}


async def test_a_refused_closure_takes_no_other_with_it(store: Store):
    numbers = [n // 2 for n in range(100)]

    results = await asyncio.gather(
        *(store.submit(accept(n)) for n in numbers), return_exceptions=True
    )

    refused = [r for r in results if isinstance(r, Exception)]
    assert len(refused) == 50
    assert {type(error) for error in refused} == {StoreError}
    assert len(await kept(store)) == 50


async def test_a_refusal_does_not_tell_the_values(store: Store):
    await store.submit(lambda tx: tx.accept(a_notification(body=b"hunter2")))

    with pytest.raises(StoreError) as caught:
        await store.submit(lambda tx: tx.accept(a_notification(body=b"hunter2")))

    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__cause__}"


async def test_a_result_is_there_for_every_reader_when_it_is_handed_out(store: Store):
    async def write_and_look(number: int) -> bool:
        await store.submit(accept(number))
        return await store.read(lambda r: r.notification(f"ntf_{number:03}")) is not None

    assert all(await asyncio.gather(*(write_and_look(number) for number in range(100))))


async def test_a_submitter_that_stops_waiting_does_not_hurt_the_others(store: Store):
    waiting = [asyncio.create_task(store.submit(accept(n))) for n in range(20)]
    await asyncio.sleep(0)
    for impatient in waiting[::2]:
        impatient.cancel()

    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert [r for r in results if not isinstance(r, asyncio.CancelledError)] == list(
        range(1, 20, 2)
    )
    assert await store.submit(accept(99)) == 99


async def test_a_reader_cannot_write(store: Store):
    from sqlalchemy import text

    with pytest.raises(StoreError):
        await store.read(lambda r: r._connection.execute(text("DELETE FROM inbox")))


async def test_after_closing_nothing_is_taken_any_more(url: str):
    store = await open_store(url)
    accepted = [asyncio.create_task(store.submit(accept(n))) for n in range(50)]
    await asyncio.sleep(0)

    await store.close()

    assert await asyncio.gather(*accepted) == list(range(50))
    with pytest.raises(StoreUnavailable):
        await store.submit(accept(99))
    with pytest.raises(StoreUnavailable):
        await store.read(lambda r: r.notification("ntf_000"))
    await store.close()


async def test_what_was_stored_is_there_after_opening_again(url: str):
    store = await open_store(url)
    await store.submit(accept(1))
    await store.close()

    store = await open_store(url)

    assert await kept(store) == {"ntf_001"}
    await store.close()


WAKING = {
    "a notification": (Work.INBOX, lambda tx: tx.accept(a_notification())),
    "a new run": (
        Work.RUNS,
        lambda tx: tx.insert_run(a_run(id="run_2", episode="eps_2"), MOMENT),
    ),
    "a click on a resting run": (
        Work.RUNS,
        lambda tx: tx.save_run(tx.lock_run("run_1"), MOMENT),
    ),
    "a run given back": (Work.RUNS, lambda tx: tx.release_claim("run_1", 0)),
    "a message": (Work.OUTBOX, lambda tx: tx.enqueue(a_message(), ["a"], MOMENT)),
}
QUIET = {
    "a bad notification": lambda tx: tx.accept(a_notification(state="bad")),
    "a run put to rest": lambda tx: tx.save_run(tx.lock_run("run_1"), None),
    "a note of time": lambda tx: tx.mark_clock(MOMENT),
}


HOUR = timedelta(hours=1)


async def rings(store: Store, kind: Work, *, least: int) -> None:
    """Wait until it has rung so often for this kind of work."""
    async with asyncio.timeout(60):
        while store._notifier._rings[kind] < least:
            await asyncio.sleep(0.01)


async def with_a_run(store: Store) -> None:
    """Insert a run, and wait until all that it rings is heard, also by the way over the database."""
    by_database = isinstance(store, PostgresStore)
    if by_database:
        await rings(store, Work.RUNS, least=1)  # it listens
    await store.submit(lambda tx: tx.insert_run(a_run(), MOMENT))
    await rings(store, Work.RUNS, least=3 if by_database else 1)


async def is_woken(store: Store, kind: Work, closure, *, seconds: float) -> bool:
    """Whether a loop that waits for work hears within so many seconds that this closure is committed."""
    waiting = asyncio.create_task(store.wait_for_work(kind, HOUR))
    await asyncio.sleep(0)
    await store.submit(closure)
    woken, _ = await asyncio.wait((waiting,), timeout=seconds)
    waiting.cancel()
    return bool(woken)


@pytest.mark.parametrize("what", WAKING)
async def test_what_is_due_at_once_wakes_the_loops(store: Store, what: str):
    await with_a_run(store)

    assert await is_woken(store, *WAKING[what], seconds=60)


@pytest.mark.parametrize("what", QUIET)
async def test_what_is_not_due_wakes_nobody(store: Store, what: str):
    await with_a_run(store)

    assert not await is_woken(store, Work.RUNS, QUIET[what], seconds=0.3)


@pytest.mark.parametrize("what", WAKING)
async def test_a_loop_is_not_woken_for_another_kind_of_work(store: Store, what: str):
    kind, closure = WAKING[what]
    other = Work.INBOX if kind is not Work.INBOX else Work.OUTBOX
    await with_a_run(store)

    assert not await is_woken(store, other, closure, seconds=0.3)


async def test_a_loop_that_was_busy_when_it_rang_does_not_wait(store: Store):
    by_database = isinstance(store, PostgresStore)
    await rings(store, Work.INBOX, least=1 if by_database else 0)
    await store.wait_for_work(Work.INBOX, timedelta(milliseconds=1))
    await store.submit(accept(1))
    await rings(store, Work.INBOX, least=3 if by_database else 1)

    await store.wait_for_work(Work.INBOX, HOUR)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await store.wait_for_work(Work.INBOX, HOUR)


@pytest.mark.slow
async def test_a_commit_wakes_the_other_replica(postgres):
    url = postgres.new_database()
    here, there = await open_store(url), await open_store(url)
    await rings(there, Work.INBOX, least=1)

    waiting = asyncio.create_task(there.wait_for_work(Work.INBOX, HOUR))
    await asyncio.sleep(0)
    await here.submit(accept(1))

    async with asyncio.timeout(60):
        await waiting
    await asyncio.gather(here.close(), there.close())
