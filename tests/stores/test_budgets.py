"""The store's contract: tallies, pauses, the clock's mark, statistics and retention."""

from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core.errors import StoreError
from remediator.core.events import Noted, Outcome
from remediator.core.facts import Counted, Pause, Scope, Tallied, Tally
from remediator.core.run import Phase, StepProgress, StepState
from remediator.core.target import Target
from remediator.ports.store import Entry, Listing, Store
from remediator.testing.builders import (
    HOST,
    MOMENT,
    a_change,
    a_decision,
    a_message,
    a_notification,
    a_run,
    an_approval,
    an_episode,
)

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DB1 = Target("host", "db1")


def entry(ago: timedelta, target: Target | None = HOST, playbook="p", counted=Counted.ACTED):
    return Entry(
        counted=counted, at=MOMENT - ago, run_id="r", playbook=playbook, target=target, source="s"
    )


async def tally(store: Store, scope: Scope, counted=Counted.ACTED) -> Tallied:
    wanted = Tally(counted=counted, scope=scope, per=HOUR)
    return await store.read(lambda r: r.tally(wanted, playbook="p", target=HOST, now=MOMENT))


async def test_a_tally_counts_its_window_and_scope(store: Store):
    entries = [
        entry(HOUR),
        entry(HOUR - SECOND),
        entry(SECOND),
        entry(2 * SECOND, target=DB1),
        entry(3 * SECOND, playbook="other"),
        entry(4 * SECOND, playbook="other", target=None),
        entry(SECOND, counted=Counted.FAILED),
    ]
    await store.submit(lambda tx: [tx.count(e) for e in entries])

    assert await tally(store, Scope.TARGET) == Tallied(
        count=3, oldest=MOMENT - HOUR + SECOND, newest=MOMENT - SECOND
    )
    assert await tally(store, Scope.PLAYBOOK) == Tallied(
        count=3, oldest=MOMENT - HOUR + SECOND, newest=MOMENT - SECOND
    )
    assert (await tally(store, Scope.ALL)).count == 5
    assert (await tally(store, Scope.ALL, Counted.FAILED)).count == 1
    assert await tally(store, Scope.ALL, Counted.RESET) == Tallied()


async def test_a_tally_counts_the_newest_and_no_more_than_it_was_asked_for(store: Store):
    ages = range(9)
    hosts = [Target("host", f"web{n % 4}") for n in ages]
    await store.submit(lambda tx: [tx.count(entry(n * SECOND, hosts[n])) for n in ages])
    names = (Target("instance", "i-1"), hosts[0])

    async def counted(scope: Scope, most: int, *, distinct: bool = False) -> Tallied:
        wanted = Tally(counted=Counted.ACTED, scope=scope, per=HOUR, most=most, distinct=distinct)
        asked = {"playbook": "p", "now": MOMENT, "target": names}
        return (await store.read(lambda r: r.tallies((wanted,), **asked)))[wanted]

    for scope in (Scope.PLAYBOOK, Scope.ALL):
        assert await counted(scope, 4) == Tallied(
            count=4, oldest=MOMENT - 3 * SECOND, newest=MOMENT
        )
    assert await counted(Scope.TARGET, 2) == Tallied(
        count=2, oldest=MOMENT - 4 * SECOND, newest=MOMENT
    )
    assert (await counted(Scope.ALL, 0)).newest == MOMENT
    assert (await counted(Scope.ALL, 3, distinct=True)).targets == 3
    assert await counted(Scope.ALL, 9, distinct=True) == Tallied(
        targets=4, oldest=MOMENT - 8 * SECOND, newest=MOMENT
    )


async def test_entries_of_a_clock_that_was_ahead_count(store: Store):
    await store.submit(lambda tx: tx.count(entry(-DAY)))

    assert (await tally(store, Scope.TARGET)).count == 1


def pause(pause_id="pau_1", scope="all", **changes):
    wanted = Pause(
        id=pause_id, scope=scope, who="ana", reason="deploying", since=MOMENT, until=None
    )
    return replace(wanted, **changes)


async def test_a_pause_is_in_force_until_its_end(store: Store):
    timed = pause("pau_2", "playbook/p", until=MOMENT + HOUR, since=MOMENT + SECOND)
    await store.submit(lambda tx: (tx.add_pause(pause()), tx.add_pause(timed)))

    in_force = await store.read(lambda r: r.pauses(MOMENT + HOUR - SECOND))
    assert in_force == (pause(), timed)
    assert await store.read(lambda r: r.pauses(MOMENT + HOUR)) == (pause(),)


async def test_a_pause_is_ended_once(store: Store):
    await store.submit(lambda tx: tx.add_pause(pause()))

    assert await store.submit(lambda tx: tx.end_pause("pau_1", "ben", MOMENT))
    assert not await store.submit(lambda tx: tx.end_pause("pau_1", "ben", MOMENT))
    assert not await store.submit(lambda tx: tx.end_pause("pau_2", "ben", MOMENT))
    assert await store.submit(lambda tx: tx.pauses(MOMENT)) == ()


async def test_a_pause_is_added_once(store: Store):
    await store.submit(lambda tx: tx.add_pause(pause()))

    with pytest.raises(StoreError):
        await store.submit(lambda tx: tx.add_pause(pause()))


async def test_the_clocks_mark_only_rises(store: Store):
    assert await store.submit(lambda tx: tx.clock_mark()) is None

    for moment in (MOMENT, MOMENT + DAY, MOMENT - DAY):
        await store.submit(lambda tx, moment=moment: tx.mark_clock(moment))

    assert await store.submit(lambda tx: tx.clock_mark()) == MOMENT + DAY


async def test_vitals_of_an_empty_store_are_nothing(store: Store):
    statistics = await store.read(lambda r: r.statistics(MOMENT))

    assert (statistics.runs_active, statistics.approvals_pending, statistics.pauses) == ({}, 0, ())
    assert (statistics.inbox_new, statistics.inbox_oldest_at, statistics.oldest_due_at) == (
        0,
        None,
        None,
    )
    assert (statistics.outbox_pending, statistics.outbox_oldest_at) == (0, None)


async def test_vitals_say_what_waits_and_since_when(store: Store):
    def closure(tx):
        for number, phase in enumerate((Phase.PLANNING, Phase.AWAITING_APPROVAL, Phase.ACTING)):
            run = a_run(id=f"run_{number}", episode=f"eps_{number}", phase=phase)
            tx.insert_run(run, MOMENT + number * SECOND)
        ended = a_run(
            id="run_9", ordinal=9, phase=Phase.CLOSED, outcome=Outcome.FAILED, closed_at=MOMENT
        )
        tx.insert_run(ended, MOMENT - DAY)
        tx.accept(a_notification())
        tx.accept(a_notification(id="ntf_2", received_at=MOMENT - SECOND))
        tx.accept(a_notification(id="ntf_3", received_at=MOMENT - HOUR, state="bad"))
        tx.enqueue(a_message(), ["a"], MOMENT - HOUR)
        tx.enqueue(a_message(deduplication="later"), ["a"], MOMENT + HOUR)
        tx.add_pause(pause())
        tx.claim_due(owner="w", lease=HOUR, limit=1, now=MOMENT)

    await store.submit(closure)
    statistics = await store.read(lambda r: r.statistics(MOMENT))

    assert statistics.runs_active == {"planning": 1, "awaiting_approval": 1, "acting": 1}
    assert statistics.approvals_pending == 1
    assert statistics.oldest_due_at == MOMENT + SECOND
    assert (statistics.inbox_new, statistics.inbox_oldest_at) == (2, MOMENT - SECOND)
    assert (statistics.outbox_pending, statistics.outbox_oldest_at) == (2, MOMENT - HOUR)
    assert statistics.pauses == (pause(),)


def full_run(run_id: str, closed_at):
    step = StepProgress(step="vacuum", state=StepState.APPLIED, change=a_change(), n=1)
    return a_run(
        id=run_id,
        episode=f"eps_{run_id}",
        phase=Phase.CLOSED,
        outcome=Outcome.RESOLVED,
        closed_at=closed_at,
        approval=an_approval(id=f"apr_{run_id}"),
        progress=(step,),
    )


def store_fully(tx, run, at):
    tx.insert_run(run, at)
    tx.save_episode(an_episode(id=run.episode, closed_at=at, fingerprint=run.id))
    tx.append(run.id, at, [Noted(text="x")])
    tx.record_attempt(run, "vacuum")
    tx.record_approval(run)
    tx.decide(a_decision(id=f"dec_{run.id}", at=at, run_id=run.id))
    tx.count(Entry(counted=Counted.ACTED, at=at, run_id=run.id, playbook="p", target=HOST))
    tx.enqueue(a_message(run_id=run.id, deduplication=run.id), ["a"], at)
    tx.accept(a_notification(id=f"ntf_{run.id}", received_at=at, state="done"))


async def prune(store: Store, before) -> int:
    return await store.submit(
        lambda tx: tx.prune(runs_before=before, notifications_before=before, limit=10)
    )


async def test_what_is_old_and_closed_is_pruned_with_all_that_belongs_to_it(store: Store):
    old, young = full_run("run_old", MOMENT - 90 * DAY), full_run("run_young", MOMENT)
    await store.submit(
        lambda tx: (store_fully(tx, old, MOMENT - 90 * DAY), store_fully(tx, young, MOMENT))
    )

    assert await prune(store, MOMENT - DAY) == 9
    assert await prune(store, MOMENT - DAY) == 0

    def what_is_left(reader):
        yield [run.id for run in reader.runs(Listing()).items]
        yield len(reader.events("run_old")), len(reader.events("run_young"))
        yield reader.episode("eps_run_old"), reader.episode("eps_run_young").id
        yield [decision.id for decision in reader.decisions(Listing()).items]
        yield [n.id for n in reader.notifications(Listing()).items]
        yield reader.statistics(MOMENT).outbox_pending

    assert await store.read(lambda reader: list(what_is_left(reader))) == [
        ["run_young"],
        (0, 1),
        (None, "eps_run_young"),
        ["dec_run_young"],
        ["ntf_run_young"],
        1,
    ]


async def test_what_is_pruned_goes_oldest_first_and_no_more_than_was_asked(store: Store):
    ages = {"run_b": 90, "run_a": 92, "run_c": 91}
    await store.submit(
        lambda tx: [
            store_fully(tx, full_run(run_id, MOMENT - days * DAY), MOMENT - days * DAY)
            for run_id, days in ages.items()
        ]
    )
    left = []
    for _ in ages:
        await store.submit(
            lambda tx: tx.prune(runs_before=MOMENT, notifications_before=MOMENT, limit=1)
        )
        page = await store.read(lambda reader: reader.runs(Listing()))
        left.append({run.id for run in page.items})

    assert left == [{"run_b", "run_c"}, {"run_b"}, set()]


async def test_open_runs_and_runs_that_hold_a_target_are_never_pruned(store: Store):
    long_ago = MOMENT - 900 * DAY
    holding = replace(full_run("run_1", long_ago), outcome=Outcome.OUTCOME_UNKNOWN)
    open_run = a_run(id="run_2", created_at=long_ago)

    def closure(tx):
        tx.insert_run(holding, long_ago)
        tx.insert_run(open_run, long_ago)
        tx.hold(HOST, "run_1")
        tx.save_episode(an_episode(closed_at=long_ago))
        tx.accept(a_notification(received_at=long_ago))

    await store.submit(closure)

    assert await prune(store, MOMENT) == 0
    assert await store.read(lambda r: r.run("run_1")) == holding
