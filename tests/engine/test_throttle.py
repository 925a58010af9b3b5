"""What may be delivered now, without a courier; test_courier.py has the same over a store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.engine.delivery_batch import FOLDED, DeliveryBatch
from remediator.engine.throttle import AT_ONCE, Throttle
from remediator.ports.store import Delivery
from remediator.testing.builders import MOMENT, a_message
from remediator.testing.clock import ManualClock
from tests.engine.post_office import CHANNELS, ONCALL, OTHER_PAGER, PAGER, REST, SRE

SECOND = timedelta(seconds=1)


def a_delivery(number: int = 1, channel: str = SRE, thread: str = "", **more: object) -> Delivery:
    message = a_message(thread=thread or f"run_{number}", **more)
    return Delivery(id=str(number), message=message, channel=channel, due_at=MOMENT)


def a_throttle(clock: ManualClock | None = None) -> Throttle:
    return Throttle((clock or ManualClock()).ambient(), CHANNELS)


@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [(SRE, ONCALL, True), (PAGER, OTHER_PAGER, False), (SRE, PAGER, False)],
)
def test_a_thread_is_told_by_one_way_at_a_time_only_where_ways_share_their_threads(
    first: str, second: str, *, waits: bool
) -> None:
    clock = ManualClock()
    throttle = a_throttle(clock)
    throttle.begin(a_delivery(1, first, thread="run_x"))

    until = throttle.not_before(a_delivery(2, second, thread="run_x"))

    assert until == (clock.now() + SECOND if waits else None)


def test_another_thread_of_the_same_service_need_not_wait() -> None:
    throttle = a_throttle()
    throttle.begin(a_delivery(1, SRE))

    assert throttle.not_before(a_delivery(2, ONCALL)) is None


@pytest.mark.parametrize(
    ("busy", "other", "is_full"),
    [(SRE, ONCALL, True), (PAGER, PAGER, True), (PAGER, OTHER_PAGER, False)],
)
def test_eight_at_once_fill_a_way_and_all_that_share_its_service(
    busy: str, other: str, *, is_full: bool
) -> None:
    throttle = a_throttle()
    for number in range(AT_ONCE):
        assert throttle.not_before(a_delivery(number, busy)) is None
        throttle.begin(a_delivery(number, busy))

    late = a_delivery(99, other)

    assert throttle.not_before(late) == (late.due_at if is_full else None)
    assert (other in throttle.busy()) is is_full
    throttle.end(a_delivery(0, busy))
    assert throttle.not_before(late) is None
    assert throttle.busy() == frozenset()


def test_a_way_that_asked_us_to_wait_is_left_alone_until_then_and_the_longest_counts() -> None:
    clock = ManualClock()
    throttle = a_throttle(clock)
    throttle.pause(SRE, 10 * SECOND)
    throttle.pause(SRE, 5 * SECOND)

    assert throttle.not_before(a_delivery(1, ONCALL)) == clock.now() + 10 * SECOND
    assert throttle.not_before(a_delivery(1, PAGER)) is None
    clock.advance(10 * SECOND)
    assert throttle.pause_of(SRE) is None


def test_a_thread_that_is_told_singly_is_so_by_its_way_only() -> None:
    throttle = a_throttle()
    throttle.take_singly(a_delivery(1, SRE))

    assert throttle.is_taken_singly(a_delivery(1, SRE))
    assert not throttle.is_taken_singly(a_delivery(1, ONCALL))
    assert not throttle.is_taken_singly(a_delivery(2, SRE))
    throttle.take_together(a_delivery(1, SRE))
    assert not throttle.is_taken_singly(a_delivery(1, SRE))


def a_batch(channel: str = "chat", *, kind: str = "progress", **head: object) -> DeliveryBatch:
    first = Delivery(
        id="1",
        message=a_message(kind=kind, thread="run_x"),
        channel=SRE,
        due_at=MOMENT,
        **head,  # type: ignore[arg-type]
    )
    return DeliveryBatch(deliveries=(first,), channel=CHANNELS[channel])


def test_a_batch_is_for_the_destination_and_the_thread_of_its_first() -> None:
    assert (a_batch().destination, a_batch().thread) == (SRE, "run_x")


ELSEWHERE = ((PAGER, "p"), (ONCALL, FOLDED), (ONCALL, "c"))


@pytest.mark.parametrize(
    ("batch", "receipt"),
    [
        (a_batch(), None),
        (a_batch(receipt="own", elsewhere=ELSEWHERE), "own"),
        (a_batch(elsewhere=ELSEWHERE), "c"),
        (a_batch(receipt=FOLDED, elsewhere=ELSEWHERE), "c"),
        (a_batch(receipt=FOLDED), FOLDED),
        (a_batch(kind="digest", elsewhere=ELSEWHERE), None),
        (a_batch("pager", elsewhere=ELSEWHERE), None),
    ],
)
def test_a_thread_goes_on_where_it_was_last_told(batch: DeliveryBatch, receipt: str | None) -> None:
    assert batch.receipt == receipt
    assert batch.is_begun is (receipt not in (None, FOLDED))


@pytest.mark.parametrize(
    ("kind", "since", "rests"),
    [
        ("progress", timedelta(0), True),
        ("progress", REST - timedelta(milliseconds=1), True),
        ("progress", REST, False),
        ("progress", -SECOND, False),
        ("result", timedelta(0), False),
    ],
)
def test_mere_progress_rests_for_a_while(kind: str, since: timedelta, *, rests: bool) -> None:
    batch = a_batch(kind=kind, previous_at=MOMENT)

    assert batch.rests_until(MOMENT + since) == (MOMENT + REST if rests else None)
