"""The store's contract: claims, leases, fences and holds, alone and in races."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core.events import Outcome
from remediator.core.run import Phase
from remediator.core.target import Target
from remediator.ports.store import Store
from remediator.testing.builders import HOST, MOMENT, a_run, an_order
from tests.stores.leases import let_pass

SECOND = timedelta(seconds=1)
LONG = timedelta(minutes=5)
SHORT = timedelta(minutes=1)
DB1 = Target("host", "db1")


async def insert(store: Store, count: int, **changes):
    runs = [a_run(id=f"run_{n:03}", episode=f"eps_{n}", **changes) for n in range(count)]
    await store.submit(lambda tx: [tx.insert_run(run, MOMENT) for run in runs])


async def claim(store: Store, owner="w1", *, lease=LONG, limit=10, now=MOMENT):
    return await store.submit(
        lambda tx: tx.claim_due(owner=owner, lease=lease, limit=limit, now=now)
    )


async def test_due_runs_are_claimed_the_longest_due_first(store: Store):
    for n, due in enumerate((3, 1, 2, -5, 9)):
        run = a_run(id=f"run_{n}", episode=f"eps_{n}")
        await store.submit(lambda tx, run=run, due=due: tx.insert_run(run, MOMENT + due * SECOND))

    claimed = await claim(store, now=MOMENT + 3 * SECOND, limit=3)

    assert [run.id for run in claimed] == ["run_3", "run_1", "run_2"]
    assert [run.fence for run in claimed] == [1, 1, 1]
    assert [run.id for run in await claim(store, now=MOMENT + 3 * SECOND)] == ["run_0"]
    assert await claim(store, now=MOMENT + 3 * SECOND) == ()


async def test_a_claimed_run_is_free_again_when_its_lease_is_over(store: Store):
    await insert(store, 1)
    (first,) = await claim(store, lease=SHORT)
    assert await claim(store, "w2") == ()

    await let_pass(store, SHORT)
    (second,) = await claim(store, "w2")

    assert second.fence == first.fence + 1
    assert await store.submit(lambda tx: tx.is_ours(second.id, second.fence))
    assert not await store.submit(lambda tx: tx.is_ours(first.id, first.fence))
    assert not await store.submit(lambda tx: tx.is_ours("run_none", 1))


async def test_a_renewed_lease_lasts(store: Store):
    await insert(store, 2)
    runs = await claim(store, lease=SHORT)
    fences = {run.id: run.fence for run in runs}

    kept = await store.submit(
        lambda tx: tx.extend_leases(owner="w1", fences=fences, lease=LONG, now=MOMENT)
    )

    assert kept == {"run_000", "run_001"}
    await let_pass(store, SHORT)
    assert await claim(store, "w2") == ()


async def test_a_lease_that_somebody_else_took_is_not_renewed(store: Store):
    await insert(store, 2)
    fences = {run.id: run.fence for run in await claim(store, lease=SHORT)}
    await let_pass(store, SHORT)
    await claim(store, "w2", limit=1)
    await claim(store, "w1", limit=1)

    kept = await store.submit(
        lambda tx: tx.extend_leases(owner="w1", fences=fences, lease=LONG, now=MOMENT)
    )

    assert kept == frozenset()


async def test_a_run_that_was_given_back_is_claimed_again_when_due(store: Store):
    await insert(store, 1)
    (run,) = await claim(store)
    await store.submit(lambda tx: tx.release_claim(run.id, run.fence - 1))
    assert await claim(store, "w2") == ()

    await store.submit(lambda tx: tx.release_claim(run.id, run.fence))

    (again,) = await claim(store, "w2")
    assert again.fence == run.fence + 1


async def test_a_run_without_due_time_and_a_closed_one_are_not_claimed(store: Store):
    await insert(store, 2)

    def rest(tx):
        tx.save_run(tx.lock_run("run_000"), None)
        ended = replace(
            tx.lock_run("run_001"),
            phase=Phase.CLOSED,
            outcome=Outcome.RESOLVED,
            closed_at=MOMENT,
        )
        tx.save_run(ended, MOMENT)

    await store.submit(rest)

    assert await claim(store) == ()


async def test_each_run_is_claimed_by_one_of_fifty_parallel_workers(store: Store):
    await insert(store, 100)
    barrier = asyncio.Barrier(50)

    async def work(number: int):
        await barrier.wait()
        return [run.id for run in await claim(store, f"w{number}", limit=3)]

    claimed = await asyncio.gather(*(work(number) for number in range(50)))

    everything = sorted(run_id for ids in claimed for run_id in ids)
    everything += sorted(run.id for run in await claim(store, "last", limit=100))
    assert len(everything) == len(set(everything)) == 100


async def test_fences_of_a_run_only_grow(store: Store):
    await insert(store, 1)
    fences = []

    async def work(number: int):
        for _ in range(10):
            for run in await claim(store, f"w{number}"):
                fences.append(run.fence)
                await store.submit(lambda tx, run=run: tx.release_claim(run.id, run.fence))

    await asyncio.gather(*(work(number) for number in range(5)))

    assert fences
    assert len(set(fences)) == len(fences)
    assert max(fences) == len(fences)


async def test_a_target_is_held_by_one_run_at_a_time(store: Store):
    assert await store.submit(lambda tx: tx.hold(HOST, "run_1")) == 1
    assert await store.submit(lambda tx: tx.hold(HOST, "run_2")) is None
    assert await store.submit(lambda tx: tx.hold(DB1, "run_2")) == 1
    assert await store.submit(lambda tx: tx.hold(HOST, "run_1")) == 2

    await store.submit(lambda tx: tx.release_holds("run_1"))

    assert await store.submit(lambda tx: tx.hold(HOST, "run_2")) == 3


async def test_of_a_hundred_racing_holds_on_one_target_one_wins(store: Store):
    barrier = asyncio.Barrier(100)

    async def hold(number: int):
        await barrier.wait()
        return await store.submit(lambda tx: tx.hold(HOST, f"run_{number}"))

    fences = await asyncio.gather(*(hold(number) for number in range(100)))

    assert sorted(fence for fence in fences if fence is not None) == [1]


async def test_fences_of_a_target_only_grow_over_different_runs(store: Store):
    fences = []

    async def work(number: int):
        for _ in range(10):
            fence = await store.submit(lambda tx: tx.hold(HOST, f"run_{number}"))
            if fence is not None:
                fences.append(fence)
                await store.submit(lambda tx: tx.release_holds(f"run_{number}"))

    await asyncio.gather(*(work(number) for number in range(5)))

    assert fences == sorted(fences)
    assert len(set(fences)) == len(fences)


async def test_holds_are_answered_in_the_order_asked(store: Store):
    await store.submit(lambda tx: tx.hold(HOST, "run_1"))
    await store.submit(lambda tx: tx.touch(DB1, MOMENT))
    await store.submit(lambda tx: tx.touch(HOST, MOMENT + SECOND))
    never = Target("deployment", "payments/api")

    holds = await store.read(lambda reader: reader.holds([DB1, never, HOST]))

    assert [hold.target for hold in holds] == [DB1, never, HOST]
    assert [hold.holder for hold in holds] == [None, None, "run_1"]
    assert [hold.fence for hold in holds] == [0, 0, 1]
    assert [hold.last_changed_at for hold in holds] == [MOMENT, None, MOMENT + SECOND]
    assert await store.read(lambda reader: reader.holds([])) == ()


async def test_acting_counts_other_open_runs_of_the_playbook_that_hold_something(store: Store):
    await insert(store, 4)
    other = a_run(id="run_x", episode="eps_x", order=an_order(playbook="other"))
    await store.submit(lambda tx: tx.insert_run(other, MOMENT))

    def hold(tx):
        for number, run_id in enumerate(("run_000", "run_001", "run_002", "run_x")):
            tx.hold(Target("host", f"web{number}"), run_id)
        tx.hold(DB1, "run_001")
        ended = replace(
            tx.lock_run("run_002"), phase=Phase.CLOSED, outcome=Outcome.FAILED, closed_at=MOMENT
        )
        tx.save_run(ended, None)

    await store.submit(hold)

    assert await store.read(lambda r: r.acting(playbook="disk-space-low", besides="run_000")) == 1
    assert await store.read(lambda r: r.acting(playbook="disk-space-low", besides="run_003")) == 2


@pytest.mark.parametrize("limit", [3])
async def test_racing_gates_together_never_exceed_a_limit(store: Store, limit: int):
    from remediator.core.facts import Counted, Scope, Tally
    from remediator.ports.store import Entry

    tally = Tally(counted=Counted.ACTED, scope=Scope.PLAYBOOK, per=timedelta(hours=1))

    def gate(tx):
        used = tx.tally(tally, playbook="p", target=HOST, now=MOMENT).count
        if used < limit:
            tx.count(Entry(counted=Counted.ACTED, at=MOMENT, run_id="r", playbook="p", target=HOST))

    await asyncio.gather(*(store.submit(gate) for _ in range(60)))

    used = await store.read(lambda r: r.tally(tally, playbook="p", target=HOST, now=MOMENT))
    assert used.count == limit


async def test_crossing_locks_end_in_both_changes_being_made(store: Store):
    await insert(store, 8)
    dice = random.Random(7)

    def note(order):
        def closure(tx):
            for run_id in order:
                run = tx.lock_run(run_id)
                tx.save_run(replace(run, reason=run.reason + "x"), MOMENT)

        return closure

    orders = [dice.sample([f"run_{n:03}" for n in range(8)], 2) for _ in range(40)]
    await asyncio.gather(*(store.submit(note(order)) for order in orders))

    runs = await store.submit(lambda tx: [tx.lock_run(f"run_{n:03}") for n in range(8)])
    assert sum(len(run.reason) for run in runs) == 80
