"""The courier: in order, at least once, and nobody waits for somebody else's trouble."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import timedelta

import pytest

from remediator.core.errors import DeliveryError, StoreUnavailable
from remediator.engine.courier import MOST_TRIES
from remediator.engine.throttle import AT_ONCE

from .post_office import (
    CHAT,
    ONCALL,
    OTHER_PAGER,
    PAGER,
    SRE,
    Chat,
    PostOffice,
    a_post_office,
    tell,
)


@pytest.fixture
async def office(tmp_path):
    async with a_post_office(tmp_path) as office:
        yield office


def too_many(seconds: float) -> DeliveryError:
    return DeliveryError("429", retry_after=seconds)


async def test_what_has_piled_up_in_a_thread_is_told_at_once_and_in_order(office: PostOffice):
    await office.queue(*(tell(f"m{n}") for n in range(5)), tell("other", "run_2"))

    await office.deliver()

    assert sorted(post.titles for post in office.chat.posts) == [
        ["m0", "m1", "m2", "m3", "m4"],
        ["other"],
    ]
    assert await office.waiting() == 0


async def test_a_channel_that_tells_one_at_a_time_is_given_them_in_order(office: PostOffice):
    await office.queue(*(tell(f"m{n}") for n in range(5)), destinations=(PAGER,))

    await office.deliver()

    assert office.chat.titles == ["m0", "m1", "m2", "m3", "m4"]
    assert [post.before for post in office.chat.posts] == [None, *["a/0"] * 4]


async def test_the_next_message_is_given_the_one_receipt_of_all_before(office: PostOffice):
    await office.queue(tell("a"), tell("b"))
    await office.deliver()
    await office.queue(tell("c"))
    await office.deliver()

    assert [post.before for post in office.chat.posts] == [None, "#sre/0"]


async def test_what_failed_is_tried_again_whole_with_what_has_come_since(office: PostOffice):
    office.chat.troubles = [DeliveryError("503"), ValueError("a bug"), TimeoutError()]
    await office.queue(tell("a"), tell("b"))
    await office.deliver()
    await office.queue(tell("c"))
    await office.pass_time(2)
    assert office.chat.posts == []

    await office.pass_time(10)

    assert [post.titles for post in office.chat.posts] == [["a", "b", "c"]]
    problems = [text for _, text in office.listener.problems]
    assert problems == ["503", "ValueError: a bug", "no answer in time"]


@pytest.mark.slow
async def test_patience_grows_and_ends(office: PostOffice):
    office.chat.troubles = [DeliveryError("503") for _ in range(MOST_TRIES)]
    await office.queue(tell("a"))
    calls = []
    for _ in range(60):
        await office.pass_time(1)
        calls.append(office.chat.calls)
    assert calls[:5] == [1, 2, 2, 3, 3]
    assert calls[-1] == 7

    while await office.waiting():
        office.clock.advance(timedelta(minutes=5))
        await office.deliver()

    assert office.chat.calls == MOST_TRIES
    assert office.chat.posts == []


@pytest.mark.parametrize("destination", [SRE, PAGER])
async def test_what_can_never_arrive_is_given_up_and_frees_the_thread(
    office: PostOffice, destination: str
):
    office.chat.troubles = [DeliveryError("malformed", final=True)]
    await office.queue(tell("bad"), destinations=(destination,))
    await office.deliver()
    await office.queue(tell("good"), destinations=(destination,))
    await office.deliver()

    assert office.chat.titles == ["good"]
    assert await office.waiting() == 0


@pytest.mark.slow
async def test_what_can_never_arrive_takes_nothing_with_it(office: PostOffice):
    office.chat.refused = {"bad", "worse"}
    await office.queue(*(tell(title) for title in ("plan", "bad", "failed", "worse", "settled")))
    await office.deliver()
    await office.queue(tell("on"), tell("and on"))
    await office.deliver()

    assert office.chat.titles == ["plan", "failed", "settled", "on", "and on"]
    assert office.chat.posts[-1].titles == ["on", "and on"]
    assert await office.waiting() == 0


@pytest.mark.parametrize("destination", ['{"gone":{"to":"x"}}', '{"chat":{"whom":"x"}}'])
async def test_a_way_that_does_not_exist_is_given_up_and_others_go_on(
    office: PostOffice, destination: str
):
    await office.queue(tell("a"), destinations=(destination, SRE))

    await office.deliver()
    await office.pass_time(1)

    assert [post.to for post in office.chat.posts] == ["#sre"]
    assert await office.waiting() == 0
    assert len(office.listener.problems) == 1


async def test_mere_progress_rests_and_goes_along_with_what_does_not(office: PostOffice):
    await office.queue(tell("plan", kind="plan"))
    await office.deliver()
    await office.queue(tell("step 1", kind="progress"))
    await office.pass_time(2)
    await office.queue(tell("step 2", kind="progress"))
    await office.deliver()
    assert [post.titles for post in office.chat.posts] == [["plan"]]

    await office.pass_time(1)
    assert [post.titles for post in office.chat.posts] == [["plan"], ["step 1", "step 2"]]

    await office.queue(tell("step 3", kind="progress"), tell("done"))
    await office.deliver()
    assert office.chat.posts[-1].titles == ["step 3", "done"]


async def test_resting_is_no_try_and_a_clock_that_was_ahead_stops_nothing(office: PostOffice):
    office.clock.advance(timedelta(hours=1))
    await office.queue(tell("plan", kind="plan"))
    await office.deliver()
    office.clock.advance(timedelta(hours=-1))
    office.clock.steady.accept(office.clock.steady.jump())
    await office.queue(tell("step", kind="progress"))

    await office.deliver()

    assert office.chat.titles == ["plan", "step"]


async def test_all_ways_of_a_channel_that_joins_tell_one_run_in_one_thread(office: PostOffice):
    await office.queue(tell("plan", kind="plan"))
    await office.deliver()
    await office.queue(tell("call", kind="escalation"), destinations=(ONCALL,))
    await office.queue(tell("call others", kind="escalation"), destinations=(PAGER,))
    await office.deliver()

    assert {p.to: p.before for p in office.chat.posts} == {
        "#sre": None,
        "@oncall": "#sre/0",
        "a": None,
    }


async def test_two_ways_do_not_begin_the_thread_of_one_run_twice(office: PostOffice):
    await office.queue(tell("failed", kind="failure"))
    await office.queue(tell("call", kind="escalation"), destinations=(ONCALL,))
    await office.deliver()
    await office.pass_time(1)

    assert [(p.to, p.before) for p in office.chat.posts] == [("#sre", None), ("@oncall", "#sre/0")]


@pytest.mark.slow
async def test_a_channel_that_asks_us_to_wait_is_left_alone_and_loses_nothing(office: PostOffice):
    office.chat.troubles = [too_many(30)]
    runs = [f"run_{n}" for n in range(15)]
    await office.queue(tell("first", "run_x"))
    await office.deliver()
    for run in runs:
        await office.queue(tell(f"{run} a", run), tell(f"{run} b", run))
    await office.queue(tell("call", "run_y", kind="escalation"), destinations=(ONCALL,))
    await office.pass_time(29)
    assert office.chat.calls == 1

    await office.pass_time(5)

    told = Counter(office.chat.titles)
    assert set(told.values()) == {1}
    assert set(told) == {"first", "call", *(f"{run} {x}" for run in runs for x in "ab")}
    for run in runs:
        (post,) = [post for post in office.chat.posts if post.thread == run]
        assert post.titles == [f"{run} a", f"{run} b"]
    assert await office.waiting() == 0


@pytest.mark.slow
async def test_being_asked_to_wait_for_ever_is_no_try(office: PostOffice):
    office.chat.troubles = [too_many(1) for _ in range(MOST_TRIES + 20)]
    await office.queue(tell("plan", kind="plan"))

    await office.pass_time(MOST_TRIES + 22)

    assert office.chat.titles == ["plan"]


@pytest.mark.slow
async def test_a_busy_service_is_no_reason_to_leave_other_services_alone(office: PostOffice):
    office.chat.troubles = [too_many(30)]
    await office.queue(tell("a"), destinations=(PAGER,))
    await office.deliver()
    await office.queue(tell("b"), destinations=(OTHER_PAGER,))
    await office.queue(tell("c"), destinations=(SRE,))
    await office.deliver()

    assert sorted(office.chat.titles) == ["b", "c"]


async def test_channels_are_built_anew_when_the_settings_were_read_again(office: PostOffice):
    await office.queue(tell("a", "run_1"))
    await office.deliver()
    other = Chat()
    office.reads = office.reads.having(CHAT, other)
    office.courier.forget()
    await office.queue(tell("b", "run_2"))

    await office.deliver()

    assert (office.chat.titles, other.titles) == (["a"], ["b"])


async def test_a_courier_that_dies_after_telling_is_followed_by_one_that_tells_again(
    office: PostOffice,
):
    await office.queue(tell("a"), tell("b"))
    office.chat.hanging = {"#sre"}
    dying = asyncio.create_task(office.courier.deliver_due())
    await until(lambda: office.chat.posts)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    office.chat.hanging.clear()
    await office.queue(tell("c"))

    another = office.new_courier()
    await office.pass_time(59, another)
    assert len(office.chat.posts) == 1  # its lease still stands
    await office.pass_time(2, another)

    assert [post.titles for post in office.chat.posts] == [["a", "b"], ["a", "b", "c"]]
    assert await office.waiting() == 0


@pytest.mark.slow
async def test_three_couriers_tell_everything_once_and_in_order(office: PostOffice):
    couriers = [office.new_courier() for _ in range(3)]
    for n in range(120):
        await office.queue(tell(f"{n}", f"run_{n % 12}", kind="failure"), destinations=(SRE, PAGER))

    await office.deliver(*couriers)

    for to in ("#sre", "a"):
        titles = [int(t) for post in office.chat.posts if post.to == to for t in post.titles]
        assert sorted(titles) == list(range(120))
        for run in range(12):
            assert [n for n in titles if n % 12 == run] == list(range(run, 120, 12))


@pytest.mark.parametrize("retry_after", [1.0, None])
async def test_what_was_told_half_goes_on_where_it_stopped_at_whatever_courier(
    office: PostOffice, retry_after: float | None
):
    half = DeliveryError("after the first post", retry_after=retry_after)
    half.receipt = "#sre/half"
    office.chat.troubles = [half]
    await office.queue(tell("a"), tell("b"))
    await office.deliver()

    await office.pass_time(3, office.new_courier())

    (post,) = office.chat.posts
    assert (post.titles, post.before) == (["a", "b"], "#sre/half")


async def until(holds) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_what_hangs_holds_nobody_else_back_and_is_given_back_at_the_end(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("remediator.engine.courier.STOP_WITHIN", timedelta(seconds=0.2))
    office.chat.hanging = {"stuck", "b"}
    stuck = ("hangs", "behind it")
    await office.queue(*(tell(title, "stuck", kind="failure") for title in stuck))
    await office.queue(
        *(tell(f"b{n}", f"run_{n}") for n in range(3 * AT_ONCE)), destinations=(OTHER_PAGER,)
    )
    running = asyncio.create_task(office.courier.run())
    await until(lambda: "hangs" in office.chat.titles)
    await office.queue(*(tell(f"sre {n}", f"run_{n}", kind="failure") for n in range(30)))
    await office.queue(*(tell(f"page {n}", f"run_{n}") for n in range(30)), destinations=(PAGER,))

    others = {f"{to} {n}" for to in ("sre", "page") for n in range(30)}
    await until(lambda: others <= set(office.chat.titles))
    assert len([post for post in office.chat.posts if post.to == "b"]) == AT_ONCE

    office.courier.stop()
    began = time.monotonic()
    await running
    assert time.monotonic() - began < 30  # what hangs would hang for ever
    office.chat.hanging.clear()
    await office.deliver(office.new_courier())
    assert await office.waiting() == 0
    again = Counter(office.chat.titles)
    assert {title for title, times in again.items() if times > 1} == {
        *stuck,
        *(f"b{n}" for n in range(AT_ONCE)),
    }


@pytest.mark.slow
async def test_all_ways_into_one_service_share_its_patience(office: PostOffice):
    for n in range(3 * AT_ONCE):
        await office.queue(tell(f"sre {n}", f"run_{n}", kind="failure"))
        await office.queue(
            tell(f"call {n}", f"run_c{n}", kind="escalation"), destinations=(ONCALL,)
        )

    await office.deliver()

    assert len(office.chat.posts) == 6 * AT_ONCE
    assert 1 < office.chat.most_at_once <= AT_ONCE


@pytest.mark.slow
async def test_what_hangs_too_long_has_failed(office: PostOffice, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("remediator.engine.courier.DELIVERY_TIMEOUT", timedelta(seconds=0.05))
    office.chat.hanging = {"#sre"}
    await office.queue(tell("a"))
    await office.deliver()
    office.chat.hanging.clear()

    await office.pass_time(2)

    assert office.chat.titles == ["a", "a"]
    assert office.listener.problems == [("chat", "no answer in time")]


@pytest.mark.slow
async def test_a_store_that_is_away_stops_no_courier(office: PostOffice):
    await office.queue(tell("a"))
    submit, failures = office.store.submit, iter([StoreUnavailable("away")])

    async def flaky(closure):
        for failure in failures:
            raise failure
        return await submit(closure)

    office.store.submit = flaky  # type: ignore[method-assign]
    running = asyncio.create_task(office.courier.run())
    await until(lambda: office.chat.posts)
    office.courier.stop()

    await running

    assert office.chat.titles == ["a"]
