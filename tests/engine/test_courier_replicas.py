"""Couriers of several replicas on one PostgreSQL database: everything once and in order, and one crowd for all."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from remediator.core.messages import MessageKind
from remediator.stores.store import open_store
from remediator.testing.clock import ManualClock
from tests.parts.postgres import Postgres

from .post_office import CROWD, PAGER, SRE, Chat, PostOffice, tell

pytestmark = pytest.mark.slow

REPLICAS = 3
SECOND = timedelta(seconds=1)


@pytest.fixture
async def offices(postgres: Postgres):
    """One post office for each replica, all with one chat."""
    url, clock, chat = postgres.new_database(), ManualClock(), Chat()
    async with AsyncExitStack() as stack:
        offices = []
        for _ in range(REPLICAS):
            store = await open_store(url)
            stack.push_async_callback(store.close)
            offices.append(PostOffice(store, clock, chat))
        yield offices


async def deliver(offices: list[PostOffice], seconds: float = 0) -> None:
    for _ in range(int(seconds) + 1):
        await asyncio.gather(*(office.deliver() for office in offices))
        offices[0].clock.advance(SECOND)


async def test_a_crowd_begins_as_many_threads_as_one_replica_would(offices: list[PostOffice]):
    chat = offices[0].chat
    await offices[0].queue(*(tell(f"{n}", f"run_{n}", kind="dry_run") for n in range(100)))

    await deliver(offices, 8)

    own = [post for post in chat.posts if post.kind is not MessageKind.DIGEST]
    assert len(own) == len({post.thread for post in own}) == CROWD
    digests = chat.of(MessageKind.DIGEST)
    assert len({post.receipt for post in digests}) == 1
    assert await offices[0].waiting() == 0


async def test_three_replicas_tell_everything_once_and_in_order(offices: list[PostOffice]):
    chat = offices[0].chat
    for n in range(90):
        await offices[n % 3].queue(
            tell(f"{n}", f"run_{n % 9}", kind="failure"), destinations=(SRE, PAGER)
        )

    await deliver(offices, 3)

    for to in ("#sre", "a"):
        titles = [int(t) for post in chat.posts if post.to == to for t in post.titles]
        assert sorted(titles) == list(range(90))
        for run in range(9):
            assert [n for n in titles if n % 9 == run] == list(range(run, 90, 9))
