"""Writes that nobody waits for are sent together: they are seen, refused, lost and ordered as if each went alone."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from remediator.core.errors import LeaseLost, StoreError
from remediator.core.events import StepSkipped
from remediator.core.facts import Counted, Pause, Scope, Tally
from remediator.core.target import Target
from remediator.ports.on_run import OnRun
from remediator.ports.store import Entry, Store
from remediator.stores.hash_chain import verify_chain
from remediator.stores.store import open_store
from remediator.testing.builders import MOMENT, a_message, a_run
from tests.parts.postgres import Postgres
from tests.stores.test_doubtful_commit import cutting

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
WEB1 = Target("host", "web1")
ACTED = Tally(counted=Counted.ACTED, per=HOUR, scope=Scope.ALL)


def runs(count: int):
    def closure(tx):
        for n in range(count):
            assert tx.insert_run(a_run(id=f"run_{n:03}", episode=f"eps_{n:03}"), MOMENT)

    return closure


def noted(run_id: str, word: str = "skipped"):
    """What a runner does: take the run, write down what happened, store it."""

    def closure(tx):
        run = tx.lock_run(run_id)
        tx.append(run_id, MOMENT, (StepSkipped(step="one", reason=word),))
        tx.save_run(run, MOMENT)
        return run.version

    return OnRun(run_id, closure)


async def words(store: Store, run_id: str) -> list[str]:
    entries = await store.read(lambda reader: reader.events(run_id))
    links = await store.read(lambda reader: reader.links(run_id))  # type: ignore[attr-defined]
    assert verify_chain(links) is None
    return [entry.event.reason for entry in entries]  # type: ignore[attr-defined]


async def test_a_closure_sees_what_it_has_written(store: Store):
    await store.submit(runs(1))

    def closure(tx):
        run = tx.lock_run("run_000")
        tx.append(run.id, MOMENT, (StepSkipped(step="one", reason="first"),))
        tx.save_run(replace(run, replans=3), MOMENT)
        again = tx.lock_run(run.id)
        tx.save_run(replace(again, replans=again.replans + 1), MOMENT)
        tx.count(Entry(counted=Counted.ACTED, at=MOMENT, run_id=run.id, playbook="p", target=WEB1))
        tx.enqueue(a_message(deduplication="d1"), ("{}",), MOMENT)
        tx.touch(WEB1, MOMENT)
        counted = tx.tally(ACTED, playbook="p", target=WEB1, now=MOMENT)
        (hold,) = tx.holds((WEB1,))
        seen = len(tx.events(run.id)), counted.count, tx.is_queued("d1"), hold.last_changed_at
        return seen, tx.run(run.id)

    seen, run = await store.submit(closure)

    assert seen == (1, 1, True, MOMENT)
    assert (run.replans, run.version) == (4, 2)


async def test_what_the_database_refuses_is_told_to_whoever_wrote_it(store: Store):
    """A journal without its run is refused when what was gathered is sent, long behind its closure."""
    await store.submit(runs(20))

    def of_nobody(tx):
        tx.append("run_of_nobody", MOMENT, (StepSkipped(step="one", reason="lost"),))

    closures: list[Any] = [noted(f"run_{n:03}") for n in range(20)]
    closures.insert(7, of_nobody)
    results = await asyncio.gather(*map(store.submit, closures), return_exceptions=True)

    assert [type(result) for result in results] == [int] * 7 + [StoreError] + [int] * 13
    assert [await words(store, f"run_{n:03}") for n in range(20)] == [["skipped"]] * 20


async def test_a_run_that_is_not_as_it_was_read_is_refused_also_where_it_is_locked(store: Store):
    await store.submit(runs(1))

    def closure(tx):
        run = tx.lock_run("run_000")
        tx.claim_due(owner="thief", lease=HOUR, limit=9, now=MOMENT)  # the fence grows
        tx.append(run.id, MOMENT, (StepSkipped(step="one", reason="lost"),))
        tx.save_run(run, MOMENT)

    with pytest.raises(LeaseLost):
        await store.submit(closure)

    assert await words(store, "run_000") == []
    assert (await store.read(lambda reader: reader.run("run_000"))).fence == 0


async def test_closures_of_one_run_follow_each_other(store: Store):
    """They share a transaction, which has locked the run once, ahead of all of them."""
    await store.submit(runs(2))

    found = await asyncio.gather(
        *(store.submit(noted("run_000", f"word {n}")) for n in range(12)),
        store.submit(noted("run_001")),
    )

    assert sorted(found[:12]) == list(range(12))
    assert sorted(await words(store, "run_000")) == sorted(f"word {n}" for n in range(12))


async def test_a_pause_holds_for_the_closures_behind_it(store: Store):
    """Their runs were locked, and pauses asked for, before it was written."""
    await store.submit(runs(8))
    pause = Pause(id="pau_1", scope="all", who="ann", reason="", since=MOMENT, until=None)

    def paused(run_id: str):
        def closure(tx):
            tx.lock_run(run_id)
            return len(tx.pauses(MOMENT))

        return OnRun(run_id, closure)

    first = store.submit(lambda tx: tx.add_pause(pause))
    _, *found = await asyncio.gather(
        first, *(store.submit(paused(f"run_{n:03}")) for n in range(8))
    )

    assert found == [1] * 8


async def test_messages_are_told_in_the_order_in_which_they_were_written(store: Store):
    def closure(tx):
        for n in range(40):
            tx.enqueue(a_message(deduplication=f"d{n}", title=f"{n}"), ("{}",), MOMENT)

    await store.submit(closure)

    def told(tx):
        (head,) = tx.claim_deliveries(owner="c", lease=HOUR, limit=50, now=MOMENT)
        behind = tx.claim_behind(head, owner="c", lease=HOUR, limit=50, now=MOMENT)
        return [int(each.message.title) for each in (head, *behind)]

    assert await store.submit(told) == list(range(40))


async def test_what_waits_for_each_other_is_written_once(postgres: Postgres):
    """Two replicas lock the same runs the other way round: one is rolled back, and tried again."""
    url = postgres.new_database()
    here, there = await open_store(url), await open_store(url)
    await here.submit(runs(2))

    def both(*run_ids: str):
        def closure(tx):
            for run_id in run_ids:
                noted(run_id)(tx)
                tx.is_queued(
                    "d1"
                )  # whatever is asked: what waits is written, and the next run is locked behind it

        return closure

    forth, back = both("run_000", "run_001"), both("run_001", "run_000")
    for _ in range(10):
        await asyncio.gather(here.submit(forth), there.submit(back))

    assert [len(await words(here, run_id)) for run_id in ("run_000", "run_001")] == [20, 20]
    await here.close()
    await there.close()


async def test_a_connection_lost_while_writing_loses_nothing_and_writes_nothing_twice(
    postgres: Postgres,
):
    async with cutting(postgres.new_database()) as (cutter, url):
        store = await open_store(url)
        await store.submit(runs(6))
        cutter.word, cutter.cuts_at = b"journal_rows", "answer"

        await asyncio.gather(*(store.submit(noted(f"run_{n:03}")) for n in range(6)))

        assert cutter.cut == 1
        assert [await words(store, f"run_{n:03}") for n in range(6)] == [["skipped"]] * 6
        await store.close()
