"""The store's contract: messages on their way."""

import asyncio
from datetime import timedelta

from remediator.ports.store import Store
from remediator.testing.builders import MOMENT, a_message

SECOND = timedelta(seconds=1)
LONG = timedelta(minutes=5)
SHORT = timedelta(milliseconds=50)
SLACK, PAGER = '{"slack":"#sre"}', '{"pagerduty":{}}'


def message(name: str, thread: str = "run_1", **changes):
    return a_message(deduplication=name, title=name, thread=thread, **changes)


async def enqueue(store: Store, *messages, channels=(SLACK,), due_at=MOMENT):
    await store.submit(lambda tx: [tx.enqueue(m, channels, due_at) for m in messages])


async def claim(store: Store, *, now=MOMENT, limit=10, lease=LONG):
    return await store.submit(
        lambda tx: tx.claim_deliveries(owner="c1", lease=lease, limit=limit, now=now)
    )


async def titles(store: Store, **wanted):
    return [delivery.message.title for delivery in await claim(store, **wanted)]


async def test_a_message_goes_to_each_channel_once(store: Store):
    await enqueue(store, message("a"), channels=(SLACK, PAGER))
    await enqueue(store, message("a"), channels=(SLACK, PAGER, SLACK))

    deliveries = await claim(store)

    assert [delivery.message for delivery in deliveries] == [message("a")] * 2
    assert {delivery.channel for delivery in deliveries} == {SLACK, PAGER}
    assert await claim(store) == ()


async def test_nothing_is_enqueued_for_no_channel(store: Store):
    await enqueue(store, message("a"), channels=())

    assert await claim(store) == ()


async def test_a_later_message_of_a_thread_waits_for_the_earlier_one(store: Store):
    await enqueue(store, message("a"), message("b"), message("x", thread="run_2"))

    first, other = await claim(store)
    assert (first.message.title, other.message.title) == ("a", "x")
    assert await claim(store) == ()

    await store.submit(lambda tx: tx.delivered(first.id, "ts-1", MOMENT))

    (second,) = await claim(store)
    assert (second.message.title, second.receipt) == ("b", "ts-1")


async def test_a_delivery_knows_its_threads_last_receipt_in_its_own_channel(store: Store):
    await enqueue(store, message("a"), channels=(SLACK, PAGER))
    for delivery in await claim(store):
        receipt = f"receipt of {delivery.channel}"
        await store.submit(lambda tx, d=delivery, r=receipt: tx.delivered(d.id, r, MOMENT))
    await enqueue(store, message("b"), channels=(SLACK,))

    (delivery,) = await claim(store)

    assert delivery.receipt == f"receipt of {SLACK}"


async def test_a_failed_message_keeps_its_place_before_later_ones(store: Store):
    await enqueue(store, message("a"), message("b"))
    (first,) = await claim(store)
    await store.submit(lambda tx: tx.retry_delivery(first.id, MOMENT + 30 * SECOND, "503"))

    assert await titles(store, now=MOMENT + 29 * SECOND) == []

    (again,) = await claim(store, now=MOMENT + 30 * SECOND)
    assert (again.message.title, again.tries) == ("a", 1)


async def test_a_message_that_was_given_up_frees_the_ones_behind_it(store: Store):
    await enqueue(store, message("a"), message("b"))
    (first,) = await claim(store)

    await store.submit(lambda tx: tx.give_up_delivery(first.id, "channel archived", MOMENT))

    assert await titles(store) == ["b"]


async def test_a_message_for_later_does_not_hold_up_those_that_are_due(store: Store):
    await enqueue(store, message("escalation"), due_at=MOMENT + 60 * SECOND)
    await enqueue(store, message("own due time", thread="t", due_at=MOMENT + 60 * SECOND))
    await enqueue(store, message("now"), message("also now", thread="t"))

    assert await titles(store) == ["now", "also now"]
    assert await titles(store, now=MOMENT + 59 * SECOND) == []


async def test_a_message_for_later_waits_for_earlier_ones_that_could_not_be_delivered(
    store: Store,
):
    await enqueue(store, message("escalation"), due_at=MOMENT + 60 * SECOND)
    await enqueue(store, message("now"))
    (now,) = await claim(store)
    await store.submit(lambda tx: tx.retry_delivery(now.id, MOMENT + 90 * SECOND, "503"))

    assert await titles(store, now=MOMENT + 89 * SECOND) == []
    assert await titles(store, now=MOMENT + 90 * SECOND) == ["now"]


async def test_a_claimed_delivery_is_free_again_when_its_lease_is_over(store: Store):
    await enqueue(store, message("a"))
    assert await titles(store, lease=SHORT) == ["a"]
    assert await titles(store) == []

    await asyncio.sleep(0.07)

    assert await titles(store, now=MOMENT + SECOND) == ["a"]


async def test_each_delivery_is_claimed_by_one_of_many_couriers(store: Store):
    await enqueue(store, *(message(f"m{n}", thread=f"t{n}") for n in range(100)))

    claimed = await asyncio.gather(*(titles(store, limit=3) for _ in range(50)))

    everything = [title for some in claimed for title in some] + await titles(store, limit=100)
    assert sorted(everything) == sorted(f"m{n}" for n in range(100))


async def test_what_is_only_meant_while_an_alert_fires_is_dropped_when_it_ends(store: Store):
    await enqueue(
        store,
        message("a", while_firing="eps_1"),
        message("b", thread="run_2", while_firing="eps_2"),
        message("c", thread="run_3"),
    )

    assert await store.submit(lambda tx: tx.hush("eps_1")) == 1
    assert await store.submit(lambda tx: tx.hush("")) == 0

    assert await titles(store) == ["b", "c"]
    vitals = await store.read(lambda reader: reader.vitals(MOMENT))
    assert vitals.outbox_pending == 2
