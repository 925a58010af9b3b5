"""A crowd is told together: every run has a thread of its own or is in the digest, and nothing loud is hushed up."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from remediator.core.events import Outcome
from remediator.core.guards.storm import StormSettings
from remediator.core.messages import MessageKind
from remediator.core.person import Person
from remediator.core.playbook import Mode
from remediator.engine.control import Control
from remediator.engine.digest import MOST_CARDS
from remediator.engine.recorder import Recorder, Routes

from .house import House, a_playbook, an_alert
from .post_office import CROWD, ONCALL, PAGER, SRE, PostOffice, a_post_office, tell

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

DIGEST, PLAN = MessageKind.DIGEST, MessageKind.PLAN
ANA = Person(name="ana", door="slack")


@pytest.fixture
async def office(tmp_path):
    async with a_post_office(tmp_path) as office:
        yield office


def an_engine(office: PostOffice) -> House:
    """An engine on the same store and clock, whose runs ask for approval in the chat."""
    house = House(office.store, office.clock)
    house.recorder = Recorder(lambda: Routes(always=({"chat": {"to": "#sre"}},)))
    house.control = Control(
        store=house.store,
        recorder=house.recorder,
        ambient=house.clock.ambient(),
        listener=house.listener,
    )
    house.use(a_playbook(mode=Mode.APPROVE, guards={"storm": StormSettings(runs=1000)}))
    return house


async def alerts(house: House, first: int, last: int) -> None:
    await house.take_in(*(an_alert(f"f{n}", instance=f"web{n}:9100") for n in range(first, last)))
    await house.work()


def newest_digest(office: PostOffice):
    return office.chat.of(DIGEST)[-1].messages[-1]


async def crowd(office: PostOffice, count: int = CROWD) -> None:
    """Begin as many threads as make a crowd."""
    names = [f"{office.clock.now():%H%M%S}_{n}" for n in range(count)]
    await office.queue(*(tell(name, f"run_{name}", kind="dry_run") for name in names))
    await office.deliver()


async def test_two_hundred_plans_at_once_are_one_digest_that_counts_them_all(office: PostOffice):
    house = an_engine(office)
    await alerts(house, 0, 200)

    await office.pass_time(5)

    assert len(office.chat.of(PLAN)) <= CROWD
    (digest,) = office.chat.of(DIGEST)
    told = digest.messages[-1].digest
    assert told.waits == 200
    assert len(told.waiting) == len({card.run for card in told.waiting}) == MOST_CARDS
    assert "200 plans await approval" in digest.messages[-1].title
    assert digest.messages[-1].lines[-1] == "and 180 more"
    assert await office.waiting() == 0


async def test_plans_that_come_one_after_the_other_are_told_each_until_it_is_a_crowd(
    office: PostOffice,
):
    house = an_engine(office)
    for n in range(CROWD + 5):
        await alerts(house, n, n + 1)
        await office.pass_time(1)
    await office.pass_time(5)

    assert len(office.chat.of(PLAN)) == CROWD
    digests = office.chat.of(DIGEST)
    assert len({digest.receipt for digest in digests}) == 1  # one message, edited
    assert newest_digest(office).digest.waits == CROWD + 5


async def test_the_digest_names_those_first_whose_time_runs_out_first(office: PostOffice):
    house = an_engine(office)
    await alerts(house, 0, 15)
    office.clock.advance(timedelta(minutes=10))
    await alerts(house, 15, 30)

    await office.pass_time(5)

    cards = newest_digest(office).digest.waiting
    expiries = [card.request.expires_at for card in cards]
    assert expiries == sorted(expiries)
    assert len(set(expiries[:15])) == 1
    assert expiries[15] - expiries[0] >= timedelta(minutes=10)


async def test_the_digest_says_what_became_of_them_and_when_nothing_waits_any_more(
    office: PostOffice,
):
    house = an_engine(office)
    await alerts(house, 0, CROWD + 10)
    await office.pass_time(5)
    for run in await house.runs():
        await house.control.reject(run.id, digest=None, person=ANA, reason="not now")
    await house.work()

    await office.pass_time(5)

    message = newest_digest(office)
    assert message.digest.waiting == ()
    assert message.digest.outcomes == {Outcome.REJECTED.value: CROWD + 10}
    assert message.title == "No plan awaits approval any more"
    assert f"{CROWD + 10} rejected" in message.text
    assert message.facts == {"rejected": str(CROWD + 10)}


async def test_what_is_decided_in_a_thread_of_its_own_is_counted_in_the_digest_too(
    office: PostOffice,
):
    house = an_engine(office)
    await alerts(house, 0, 3)
    await office.pass_time(5)
    await alerts(house, 3, CROWD + 10)
    await office.pass_time(5)
    before = newest_digest(office).digest.waits
    told = {post.thread for post in office.chat.posts if post.kind is not DIGEST}
    own = next(run for run in await house.runs() if run.id in told)
    await house.control.reject(own.id, digest=None, person=ANA, reason="not now")
    await house.work()

    await office.pass_time(5)

    assert newest_digest(office).digest.waits == before - 1


async def test_threads_begun_within_ten_minutes_make_a_crowd_and_later_ones_do_not(
    office: PostOffice,
):
    await crowd(office)
    await office.queue(tell("one more", "run_1", kind="dry_run"))
    await office.deliver()
    assert "one more" not in office.chat.titles

    office.clock.advance(timedelta(minutes=11))
    await office.queue(tell("calm again", "run_2", kind="dry_run"))
    await office.deliver()

    assert "calm again" in office.chat.titles


async def test_many_at_once_begin_as_many_threads_as_may_be(office: PostOffice):
    couriers = [office.new_courier() for _ in range(3)]
    await office.queue(*(tell(f"{n}", f"run_{n}", kind="dry_run") for n in range(100)))

    await office.deliver(*couriers)
    await office.pass_time(5, *couriers)

    own = [post for post in office.chat.posts if post.kind is not DIGEST]
    assert len(own) == len({post.thread for post in own}) == CROWD
    assert len([post for post in office.chat.roots if post.kind is DIGEST]) == 1
    assert await office.waiting() == 0


@pytest.mark.parametrize("kind", ["failure", "unknown", "escalation", "notice"])
async def test_what_calls_for_hands_is_never_folded(office: PostOffice, kind: str):
    await crowd(office, CROWD + 5)

    await office.queue(tell("quiet", "run_1", kind="result"), tell("loud", "run_1", kind=kind))
    await office.deliver()

    post = office.chat.posts[-1]
    assert (post.titles, post.before) == (["quiet", "loud"], None)


async def test_a_folded_run_that_fails_gets_a_thread_in_which_it_goes_on(office: PostOffice):
    await crowd(office)
    await office.queue(tell("plan", "run_1", kind="plan"))
    await office.deliver()
    await office.queue(tell("failed", "run_1", kind="failure"))
    await office.queue(tell("call", "run_1", kind="escalation"), destinations=(ONCALL,))
    await office.deliver()
    await office.pass_time(1)
    await office.queue(tell("settled", "run_1", kind="progress"))
    await office.pass_time(5)

    posts = [post for post in office.chat.posts if post.thread == "run_1"]
    assert [post.titles for post in posts] == [["failed"], ["call"], ["settled"]]
    assert posts[0].before is None
    assert posts[1].before == posts[2].before == posts[0].receipt


async def test_a_folded_run_ends_in_the_digest_also_when_it_is_calm_again(office: PostOffice):
    await crowd(office)
    await office.queue(tell("plan", "run_1", kind="plan"))
    await office.pass_time(5)
    before = len(office.chat.of(DIGEST))
    office.clock.advance(timedelta(minutes=30))
    await office.queue(tell("done", "run_1", kind="result"))
    await office.pass_time(8)

    assert "done" not in office.chat.titles
    assert len(office.chat.of(DIGEST)) == before + 1


async def test_a_request_that_was_folded_is_made_for_all_to_see_when_it_is_calm_again(
    office: PostOffice,
):
    await crowd(office)
    await office.queue(tell("plan", "run_1", kind="plan"))
    await office.deliver()
    office.clock.advance(timedelta(minutes=30))
    await office.queue(tell("plan still waits", "run_1", kind="reminder"))
    await office.deliver()

    (post,) = [post for post in office.chat.posts if post.thread == "run_1"]
    assert (post.titles, post.before) == (["plan still waits"], None)


async def test_a_run_with_a_thread_of_its_own_stays_there(office: PostOffice):
    await office.queue(tell("plan", "run_1", kind="plan"))
    await office.deliver()
    await crowd(office, CROWD + 5)
    await office.queue(tell("done", "run_1", kind="result"))
    await office.deliver()

    posts = [post for post in office.chat.posts if post.thread == "run_1"]
    assert [post.titles for post in posts] == [["plan"], ["done"]]


async def test_a_channel_without_a_crowd_folds_nothing(office: PostOffice):
    messages = [tell(f"{n}", f"run_{n}", kind="dry_run") for n in range(3 * CROWD)]
    await office.queue(*messages, destinations=(PAGER,))

    await office.deliver()

    assert len(office.chat.posts) == 3 * CROWD


async def test_what_an_alert_hushes_was_folded_or_is_never_told(office: PostOffice):
    await crowd(office)
    folded = tell("call later", "run_1", kind="plan", while_firing="eps_1")
    later = office.clock.now() + timedelta(minutes=1)
    waiting = tell("second", "run_1", kind="escalation", while_firing="eps_1", due_at=later)
    await office.queue(folded, waiting)
    await office.deliver()

    assert await office.store.submit(lambda tx: tx.hush("eps_1")) == 1
    await office.pass_time(90)

    assert "second" not in office.chat.titles
    assert office.chat.of(DIGEST)
    assert await office.waiting() == 0


async def test_a_digest_is_a_new_message_every_hour(office: PostOffice):
    for _ in range(2):
        await crowd(office, CROWD + 5)
        await office.pass_time(5)
        await crowd(office, 5)
        await office.pass_time(5)
        office.clock.advance(timedelta(hours=1))

    digests = office.chat.of(DIGEST)
    assert len(digests) == 4
    assert len({digest.receipt for digest in digests}) == 2
    assert len({digest.thread for digest in digests}) == 2


async def test_a_courier_that_dies_in_a_crowd_loses_no_digest(office: PostOffice):
    house = an_engine(office)
    await alerts(house, 0, CROWD + 10)
    office.clock.advance(timedelta(seconds=5))
    await office.deliver()
    office.clock.advance(timedelta(seconds=5))
    office.chat.hanging = {"#sre"}
    async with AsyncExitStack() as stack:
        dying = asyncio.create_task(office.courier.deliver_due())
        stack.push_async_callback(asyncio.gather, dying, return_exceptions=True)
        async with asyncio.timeout(5):
            while not office.chat.of(DIGEST):
                await asyncio.sleep(0.01)
        dying.cancel()
    office.chat.hanging.clear()

    await office.pass_time(62, office.new_courier())

    assert len(office.chat.of(DIGEST)) == 2
    assert newest_digest(office).digest.waits == CROWD + 10
    assert await office.waiting() == 0


async def test_each_way_has_a_digest_of_its_own(office: PostOffice):
    runs = [tell(f"{n}", f"run_{n}", kind="plan") for n in range(CROWD + 5)]
    await office.queue(*runs, destinations=(SRE,))
    await office.queue(
        *(tell(f"x{n}", f"run_x{n}") for n in range(CROWD + 5)), destinations=(ONCALL,)
    )

    await office.pass_time(6)

    digests = [post for post in office.chat.roots if post.kind is DIGEST]
    assert sorted(post.to for post in digests) == ["#sre", "@oncall"]
