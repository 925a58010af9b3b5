"""The store's contract: runs, their journal, attempts and approvals."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core.errors import InputError, LeaseLost, StoreError
from remediator.core.events import Admitted, Closed, Noted, Outcome, Voted
from remediator.core.guards import GUARDS
from remediator.core.playbook import Mode
from remediator.core.run import Phase, StepProgress, StepState
from remediator.core.target import Target
from remediator.ports.store import Listing, Store
from remediator.testing.builders import (
    MOMENT,
    a_change,
    a_person,
    a_plan,
    a_run,
    an_alert,
    an_approval,
    an_order,
)

SECOND = timedelta(seconds=1)


def closed(run, outcome=Outcome.RESOLVED, at=MOMENT):
    return replace(run, phase=Phase.CLOSED, outcome=outcome, closed_at=at)


async def insert(store: Store, *runs, due_at=MOMENT):
    return await store.submit(lambda tx: [tx.insert_run(run, due_at) for run in runs])


async def test_a_run_is_read_as_it_was_inserted(store: Store):
    guards = {guard.name: guard.settings() for guard in GUARDS}
    run = a_run(
        order=an_order(guards=guards, notify=({"slack": "#sre"},)),
        plan=a_plan(),
        progress=(StepProgress(step="vacuum", change=a_change()),),
    )

    assert await insert(store, run) == [True]

    assert await store.read(lambda reader: reader.run("run_1")) == run
    assert await store.read(lambda reader: reader.run("run_2")) is None


async def test_only_one_run_is_open_per_episode_and_playbook(store: Store):
    second = a_run(id="run_2", ordinal=2)

    assert await insert(store, a_run(), second) == [True, False]
    assert await store.read(lambda reader: reader.run("run_2")) is None

    await store.submit(lambda tx: tx.save_run(closed(tx.lock_run("run_1")), None))

    assert await insert(store, second) == [True]


async def test_an_ordinal_is_taken_once_also_by_a_closed_run(store: Store):
    await insert(store, closed(a_run()))

    assert await insert(store, a_run(id="run_2")) == [False]
    assert await insert(store, a_run(id="run_2", ordinal=2)) == [True]


async def test_other_playbooks_and_episodes_have_runs_of_their_own(store: Store):
    other_playbook = a_run(id="run_2", order=an_order(playbook="other"))
    other_episode = a_run(id="run_3", episode="eps_2")

    assert await insert(store, a_run(), other_playbook, other_episode) == [True, True, True]


async def test_of_a_hundred_racing_inserts_one_wins(store: Store):
    runs = [a_run(id=f"run_{n}") for n in range(100)]

    won = await asyncio.gather(*(insert(store, run) for run in runs))

    assert sum(result[0] for result in won) == 1
    assert len(await store.read(lambda reader: reader.open_runs_of("eps_1"))) == 1


async def test_saving_stores_the_state_and_counts_the_version(store: Store):
    await insert(store, a_run())

    def act(tx):
        run = tx.lock_run("run_1")
        tx.save_run(replace(run, phase=Phase.ACTING, plan=a_plan(), reason="because"), MOMENT)

    await store.submit(act)

    run = await store.read(lambda reader: reader.run("run_1"))
    assert (run.phase, run.reason, run.version) == (Phase.ACTING, "because", 1)
    assert run.plan == a_plan()


async def test_one_closure_may_save_a_run_twice(store: Store):
    await insert(store, a_run())

    def twice(tx):
        run = tx.lock_run("run_1")
        tx.save_run(replace(run, reason="first"), MOMENT)
        tx.save_run(replace(run, reason="second"), MOMENT)

    await store.submit(twice)

    run = await store.read(lambda reader: reader.run("run_1"))
    assert (run.reason, run.version) == ("second", 2)


async def test_a_state_computed_from_an_older_version_is_refused(store: Store):
    await insert(store, a_run())
    stale = await store.read(lambda reader: reader.run("run_1"))
    await store.submit(lambda tx: tx.save_run(replace(tx.lock_run("run_1"), reason="new"), MOMENT))

    for closure in (
        lambda tx: tx.save_run(replace(stale, reason="old"), MOMENT),
        lambda tx: (tx.lock_run("run_1"), tx.save_run(replace(stale, reason="old"), MOMENT)),
    ):
        with pytest.raises(LeaseLost):
            await store.submit(closure)

    assert (await store.read(lambda reader: reader.run("run_1"))).reason == "new"


async def test_a_state_saved_under_an_older_fence_is_refused(store: Store):
    await insert(store, a_run())
    before = await store.read(lambda reader: reader.run("run_1"))
    await store.submit(
        lambda tx: tx.claim_due(owner="w", lease=timedelta(minutes=1), limit=1, now=MOMENT)
    )

    with pytest.raises(LeaseLost):
        await store.submit(lambda tx: tx.save_run(before, MOMENT))


async def test_changes_are_seen_within_their_closure(store: Store):
    def closure(tx):
        tx.insert_run(a_run(), MOMENT)
        tx.append("run_1", MOMENT, [Noted(text="one")])
        return tx.run("run_1"), tx.lock_run("run_1"), tx.events("run_1")

    run, locked, events = await store.submit(closure)

    assert run == locked == a_run()
    assert [entry.event for entry in events] == [Noted(text="one")]


async def test_locking_a_run_that_is_not_there_returns_none(store: Store):
    assert await store.submit(lambda tx: tx.lock_run("run_1")) is None


async def test_a_closed_run_is_no_open_run_of_its_episode(store: Store):
    later = a_run(id="run_2", order=an_order(playbook="b"), created_at=MOMENT + SECOND)
    await insert(store, later, a_run(), closed(a_run(id="run_3", order=an_order(playbook="c"))))

    found = await store.read(lambda reader: reader.open_runs_of("eps_1"))

    assert [run.id for run in found] == ["run_1", "run_2"]


async def test_the_last_run_of_an_alert_is_found_over_episodes(store: Store):
    await insert(
        store,
        closed(a_run(id="run_1", episode="eps_1")),
        closed(a_run(id="run_2", episode="eps_2", created_at=MOMENT + SECOND)),
        closed(
            a_run(
                id="run_3",
                episode="eps_3",
                created_at=MOMENT + 2 * SECOND,
                order=an_order(playbook="other"),
            )
        ),
    )
    fingerprint = an_alert().fingerprint

    def last(playbook):
        return lambda reader: reader.last_run_of("alertmanager", fingerprint, playbook)

    assert (await store.read(last("disk-space-low"))).id == "run_2"
    assert (await store.read(last("other"))).id == "run_3"
    assert await store.read(last("none")) is None


async def test_the_journal_keeps_events_in_order_and_numbers_them_from_one(store: Store):
    run = a_run(order=an_order(guards={g.name: g.settings() for g in GUARDS}))
    admitted = Admitted(order=run.order, episode="eps_1", ordinal=1, deadline=run.deadline)
    await insert(store, run)
    await store.submit(lambda tx: tx.append("run_1", MOMENT, [admitted, Noted(text="a")]))
    await store.submit(lambda tx: tx.append("run_1", MOMENT + SECOND, []))
    await store.submit(lambda tx: tx.append("run_1", MOMENT + SECOND, [Noted(text="b")]))

    entries = await store.read(lambda reader: reader.events("run_1"))

    assert [entry.event for entry in entries] == [admitted, Noted(text="a"), Noted(text="b")]
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.at for entry in entries] == [MOMENT, MOMENT, MOMENT + SECOND]
    assert len({entry.hash for entry in entries}) == 3
    page = await store.read(lambda reader: reader.events("run_1", after=1, limit=1))
    assert [entry.seq for entry in page] == [2]


async def test_hostile_text_is_kept_and_breaks_nothing(store: Store):
    text = "'; DROP TABLE run; -- \0 \u202e {{7*7}} <!channel> \N{PILE OF POO}"
    run = a_run(reason=text, order=an_order(playbook=text, alert=an_alert(labels={"x": text})))
    await insert(store, run)
    await store.submit(lambda tx: tx.append("run_1", MOMENT, [Noted(text=text)]))

    assert await store.read(lambda reader: reader.run("run_1")) == run
    entries = await store.read(lambda reader: reader.events("run_1"))
    assert entries[0].event == Noted(text=text)


async def test_lists_are_newest_first_page_by_page(store: Store):
    runs = [
        a_run(id=f"run_{n}", episode=f"eps_{n}", created_at=MOMENT + (n // 2) * SECOND)
        for n in range(7)
    ]
    await insert(store, *runs)

    pages, cursor = [], None
    while len(pages) < 9:
        listing = Listing(limit=3, before=cursor)
        page = await store.read(lambda reader, listing=listing: reader.runs(listing))
        pages.append([run.id for run in page.items])
        if (cursor := page.next) is None:
            break

    assert pages == [["run_6", "run_5", "run_4"], ["run_3", "run_2", "run_1"], ["run_0"]]


async def test_lists_are_filtered_by_several_things_at_once(store: Store):
    await insert(
        store,
        a_run(id="run_1", episode="1"),
        a_run(id="run_2", episode="2", order=an_order(target=Target("host", "db1"))),
        a_run(id="run_3", episode="3", phase=Phase.ACTING, order=an_order(mode=Mode.APPROVE)),
        closed(a_run(id="run_4", episode="4"), Outcome.FAILED),
    )

    async def ids(**filters):
        page = await store.read(lambda reader: reader.runs(Listing(filters=filters)))
        return [run.id for run in page.items]

    assert await ids(target="host/web1") == ["run_4", "run_3", "run_1"]
    assert await ids(target="host/web1", phase="acting") == ["run_3"]
    assert await ids(outcome="failed") == ["run_4"]
    assert await ids(fingerprint=an_alert().fingerprint, playbook="disk-space-low") == [
        "run_4",
        "run_3",
        "run_2",
        "run_1",
    ]
    assert await ids(target="host/web9") == []


@pytest.mark.parametrize(
    "listing",
    [
        Listing(filters={"document": "x"}),
        Listing(filters={"mode": "auto"}),  # has no index: it would read all there ever was
        Listing(filters={"id; DROP TABLE run": "x"}),
        Listing(before="yesterday"),
        Listing(before="\u0663.run_1"),
        Listing(before="99999999999999999999.run_1"),
    ],
)
async def test_a_filter_or_cursor_that_nobody_gave_is_refused(store: Store, listing: Listing):
    with pytest.raises(InputError):
        await store.read(lambda reader: reader.runs(listing))


def acting(state=StepState.INTENDED, n=1, **more):
    step = StepProgress(step="vacuum", state=state, change=a_change(), n=n, token="att_1", **more)
    return a_run(phase=Phase.ACTING, plan=a_plan(), progress=(step,))


async def test_an_intent_is_recorded_once_and_then_updated(store: Store):
    await insert(store, a_run())
    await store.submit(lambda tx: tx.record_attempt(acting(fence=3, target_fence=7), "vacuum"))

    with pytest.raises(StoreError):
        await store.submit(lambda tx: tx.record_attempt(acting(), "vacuum"))
    doubted = acting(StepState.DOUBTED, reason="no answer")
    await store.submit(lambda tx: tx.record_attempt(doubted, "vacuum"))
    await store.submit(lambda tx: tx.record_attempt(acting(n=2), "vacuum"))

    first, second = await store.submit(lambda tx: tx.attempts("run_1"))
    assert (first["n"], first["state"], first["reason"]) == (1, "doubted", "no answer")
    assert (first["fence"], first["target_fence"], first["token"]) == (3, 7, "att_1")
    assert (second["n"], second["state"]) == (2, "intended")


async def test_an_attempt_without_an_intent_is_refused(store: Store):
    await insert(store, a_run())

    with pytest.raises(StoreError):
        await store.submit(lambda tx: tx.record_attempt(acting(n=0), "vacuum"))


async def test_votes_are_added_to_their_approval_once(store: Store):
    digest = a_plan().digest
    yes = Voted(person=a_person(), digest=digest, approve=True)
    no = Voted(person=a_person(name="ben"), digest=digest, approve=False, reason="not today")
    await insert(store, a_run())

    for votes in ((), (yes,), (yes, no), (yes, no)):
        run = a_run(approval=an_approval(votes=votes, granted=bool(votes)))
        await store.submit(lambda tx, run=run: tx.record_approval(run))
    await store.submit(lambda tx: tx.record_approval(a_run()))

    votes = await store.submit(lambda tx: tx.votes("run_1"))
    assert [(v["person"], v["approve"], v["reason"]) for v in votes] == [
        ("ana", True, ""),
        ("ben", False, "not today"),
    ]


async def test_an_event_of_a_run_that_is_not_there_is_refused(store: Store):
    end = Closed(outcome=Outcome.FAILED, reason="")

    with pytest.raises(StoreError):
        await store.submit(lambda tx: tx.append("run_1", MOMENT, [end]))


async def test_outcomes_are_counted_of_the_runs_created_since(store: Store):
    def ended(number: int, outcome: Outcome, at=MOMENT):
        run = a_run(id=f"run_{number}", episode=f"eps_{number}", created_at=at)
        return closed(run, outcome)

    await insert(
        store,
        *(ended(n, Outcome.RESOLVED) for n in range(3)),
        ended(3, Outcome.BLOCKED),
        ended(4, Outcome.FAILED, at=MOMENT - 60 * SECOND),
        a_run(id="run_5", episode="eps_5"),
    )

    counted = await store.read(lambda reader: reader.outcomes(MOMENT - SECOND))

    assert counted == {"resolved": 3, "blocked": 1}
    assert await store.read(lambda reader: reader.outcomes(MOMENT)) == {}
