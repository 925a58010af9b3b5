"""The store's contract: requests that may come only once."""

import asyncio
from datetime import timedelta

from remediator.ports.store import Store
from remediator.testing.builders import MOMENT

MINUTE = timedelta(minutes=1)


async def remember(store: Store, key: str, until=MOMENT + 5 * MINUTE) -> bool:
    return await store.submit(lambda tx: tx.remember(key, until))


async def pass_time(store: Store, now) -> int:
    await store.submit(lambda tx: tx.mark_clock(now))
    return await store.submit(
        lambda tx: tx.prune(runs_before=MOMENT, notifications_before=MOMENT, limit=10)
    )


async def test_a_key_is_new_once(store: Store):
    assert await remember(store, "v0=a")
    assert not await remember(store, "v0=a")
    assert await remember(store, "v0=b")


async def test_of_many_who_bring_one_key_at_once_one_is_first(store: Store):
    answers = await asyncio.gather(*(remember(store, "v0=a") for _ in range(200)))

    assert answers.count(True) == 1


async def test_a_closure_that_fails_remembers_nothing(store: Store):
    def fails(tx) -> None:
        tx.remember("v0=a", MOMENT)
        raise ZeroDivisionError

    (error,) = await asyncio.gather(store.submit(fails), return_exceptions=True)

    assert isinstance(error, ZeroDivisionError)
    assert await remember(store, "v0=a")


async def test_a_key_whose_time_is_over_is_new_again(store: Store):
    await remember(store, "v0=a", MOMENT + MINUTE)
    await store.submit(lambda tx: tx.mark_clock(MOMENT + MINUTE))
    assert not await remember(store, "v0=a")

    await store.submit(lambda tx: tx.mark_clock(MOMENT + 2 * MINUTE))

    assert await remember(store, "v0=a", MOMENT + 5 * MINUTE)
    assert not await remember(store, "v0=a")


async def test_keys_are_kept_until_their_time_is_over_and_no_longer(store: Store):
    for n in range(20):
        await remember(store, f"v0={n}", MOMENT + (1 + n % 2) * MINUTE)

    assert await pass_time(store, MOMENT) == 0
    assert await pass_time(store, MOMENT + 1.5 * MINUTE) == 10
    assert await pass_time(store, MOMENT + 1.5 * MINUTE) == 0
    assert await pass_time(store, MOMENT + 3 * MINUTE) == 10


async def test_a_clock_that_jumps_back_forgets_nothing(store: Store):
    await remember(store, "v0=a", MOMENT + MINUTE)

    await store.submit(lambda tx: tx.confirm_clock(MOMENT - 60 * MINUTE))

    assert not await remember(store, "v0=a")
    assert await pass_time(store, MOMENT - 59 * MINUTE) == 0
