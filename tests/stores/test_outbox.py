"""The store's contract: messages on their way."""

import asyncio
from datetime import timedelta

import pytest

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
    assert await store.read(lambda r: (r.is_queued("a"), r.is_queued("b"))) == (True, False)


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
    statistics = await store.read(lambda reader: reader.statistics(MOMENT))
    assert statistics.outbox_pending == 2


async def deliver(store: Store, thread: str, receipt: str, at=MOMENT, channel=SLACK):
    """Deliver a message of a thread."""
    await enqueue(store, message(f"{thread} {receipt} {at} {channel}", thread), channels=(channel,))
    for delivery in await claim(store, now=at, limit=100):
        await store.submit(lambda tx, d=delivery: tx.delivered(d.id, receipt, at))


async def behind(store: Store, head, *, now=MOMENT, limit=10):
    claimed = await store.submit(
        lambda tx: tx.claim_behind(head, owner="c1", lease=LONG, limit=limit, now=now)
    )
    return [delivery.message.title for delivery in claimed]


async def test_what_waits_behind_a_claimed_message_can_be_taken_with_it_in_order(store: Store):
    await enqueue(store, message("a"), message("b"), message("other", thread="run_2"))
    await enqueue(store, message("c"), channels=(SLACK, PAGER))
    head, *_ = await claim(store)

    assert await behind(store, head, limit=1) == ["b"]
    assert await behind(store, head) == ["c"]
    assert await behind(store, head) == []
    assert await claim(store) == ()


async def test_what_is_taken_along_knows_the_thread_as_its_head_does(store: Store):
    await deliver(store, "run_1", "ts-1")
    await enqueue(store, message("a"), message("b"))
    (head,) = await claim(store)

    (second,) = await store.submit(
        lambda tx: tx.claim_behind(head, owner="c1", lease=LONG, limit=5, now=MOMENT)
    )

    assert (second.receipt, second.previous_at, second.tries) == ("ts-1", MOMENT, 0)
    assert second.id != head.id


async def test_nothing_behind_a_message_for_later_is_taken_along(store: Store):
    later = MOMENT + 60 * SECOND
    await enqueue(store, message("a"), message("b"), message("c"))
    (first,) = await claim(store)
    (second,) = await store.submit(
        lambda tx: tx.claim_behind(first, owner="c1", lease=LONG, limit=1, now=MOMENT)
    )
    await store.submit(lambda tx: tx.postpone_delivery(second.id, later))

    assert await behind(store, first) == []
    assert await behind(store, first, now=later) == ["b", "c"]


async def test_a_postponed_message_keeps_its_place_and_its_tries(store: Store):
    await enqueue(store, message("a"), message("b"))
    (first,) = await claim(store)
    await store.submit(lambda tx: tx.postpone_delivery(first.id, MOMENT + 3 * SECOND))

    assert await titles(store, now=MOMENT + 2 * SECOND) == []
    (again,) = await claim(store, now=MOMENT + 3 * SECOND)
    assert (again.message.title, again.tries) == ("a", 0)


@pytest.mark.parametrize(
    "give_back",
    [
        lambda tx, it, receipt: tx.postpone_delivery(it, MOMENT, receipt),
        lambda tx, it, receipt: tx.retry_delivery(it, MOMENT, "503", receipt),
    ],
)
async def test_whoever_claims_a_half_told_message_again_is_given_what_is_known_of_it(
    store: Store, give_back
):
    await enqueue(store, message("a"))
    (first,) = await claim(store)

    for receipt, known in (("half", "half"), (None, "half"), ("more", "more")):
        await store.submit(lambda tx, r=receipt: give_back(tx, first.id, r))
        (again,) = await claim(store)
        assert (again.id, again.receipt) == (first.id, known)


async def test_what_was_delivered_or_dropped_meanwhile_is_not_postponed(store: Store):
    await enqueue(store, message("a"), message("b", thread="run_2", while_firing="eps_1"))
    first, second = await claim(store)
    await store.submit(lambda tx: tx.delivered(first.id, "ts-1", MOMENT))
    await store.submit(lambda tx: tx.hush("eps_1"))

    for delivery in (first, second):
        await store.submit(lambda tx, d=delivery: tx.postpone_delivery(d.id, MOMENT))

    assert await claim(store) == ()


async def test_a_delivery_knows_when_and_where_its_thread_was_told_before(store: Store):
    await deliver(store, "run_1", "ts-1", channel=SLACK)
    await deliver(store, "run_1", "ts-2", at=MOMENT + SECOND, channel=SLACK)
    await deliver(store, "run_1", "page", at=MOMENT + 2 * SECOND, channel=PAGER)
    await deliver(store, "run_2", "ts-9", channel="x")
    await enqueue(store, message("new"), channels=(SLACK, PAGER, "third"))

    known = {delivery.channel: delivery for delivery in await claim(store, now=MOMENT + LONG)}

    assert known[SLACK].previous_at == MOMENT + SECOND
    assert known[SLACK].elsewhere == ((PAGER, "page"),)
    assert known[PAGER].elsewhere == ((SLACK, "ts-2"),)
    assert (known["third"].receipt, known["third"].previous_at) == (None, None)
    assert known["third"].elsewhere == ((PAGER, "page"), (SLACK, "ts-2"))


async def test_ways_that_are_busy_are_left_alone(store: Store):
    await enqueue(store, message("a"), channels=(SLACK, PAGER))

    claimed = await store.submit(
        lambda tx: tx.claim_deliveries(
            owner="c1", lease=LONG, limit=10, now=MOMENT, besides=frozenset({SLACK, "none"})
        )
    )

    assert [delivery.channel for delivery in claimed] == [PAGER]
    assert [delivery.channel for delivery in await claim(store)] == [SLACK]


async def begun(store: Store, since=MOMENT - LONG, channel=SLACK) -> int:
    in_a_reader = await store.read(lambda reader: reader.threads_begun(channel, since))
    in_a_transaction = await store.submit(lambda tx: tx.threads_begun(channel, since))
    assert in_a_reader == in_a_transaction
    return in_a_reader


async def test_a_thread_is_begun_once_by_its_first_delivery(store: Store):
    await deliver(store, "run_1", "ts-1", at=MOMENT)
    await deliver(store, "run_1", "ts-1", at=MOMENT + SECOND)
    await deliver(store, "run_2", "ts-2", at=MOMENT + SECOND)
    await deliver(store, "run_2", "page", channel=PAGER)

    assert await begun(store) == 2
    assert await begun(store, since=MOMENT) == 1  # run_1 was begun before
    assert await begun(store, since=MOMENT + LONG) == 0
    assert await begun(store, channel=PAGER) == 1


async def test_a_thread_counts_as_begun_while_its_first_delivery_is_under_way(store: Store):
    await enqueue(store, message("a"), message("b"), message("c", thread="run_2"))
    assert await begun(store) == 0

    (first, other) = await claim(store)

    assert await begun(store) == 2
    await store.submit(lambda tx: tx.postpone_delivery(first.id, MOMENT + LONG))
    await store.submit(lambda tx: tx.give_up_delivery(other.id, "gone", MOMENT))
    assert await begun(store) == 0


async def test_a_folded_thread_is_not_begun_before_it_is_told_by_itself(store: Store):
    await deliver(store, "run_1", "folded", at=MOMENT)
    assert await begun(store) == 0

    await deliver(store, "run_1", "ts-1", at=MOMENT + SECOND)

    assert await begun(store) == 1


async def test_concurrent_claimers_see_each_others_threads_when_they_count(store: Store):
    """Each claims, counts and gives back what is too much: together they never begin more than allowed."""
    most = 3
    await enqueue(store, *(message(f"m{n}", thread=f"t{n}") for n in range(12)))

    async def claim_and_fold() -> None:
        (claimed,) = await claim(store, limit=1)
        await asyncio.sleep(0)

        def fold(tx) -> None:
            if tx.threads_begun(SLACK, MOMENT - LONG) - 1 >= most:
                tx.delivered(claimed.id, "folded", MOMENT)

        await store.submit(fold)

    await asyncio.gather(*(claim_and_fold() for _ in range(12)))

    assert await begun(store) == most
