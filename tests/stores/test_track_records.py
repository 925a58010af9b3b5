"""A playbook's past, read from a real store: its newest runs, the ends of their alerts, alerts without a run."""

from __future__ import annotations

from datetime import timedelta

from remediator.core.alert import AlertStatus
from remediator.core.events import Outcome
from remediator.core.run import Phase
from remediator.ports.store import Store, Transaction
from remediator.testing.builders import MOMENT, a_decision, a_run, an_episode, an_order

HOUR = timedelta(hours=1)


def a_past(tx: Transaction, number: int, closed_at=None, seen_at=MOMENT, playbook="p") -> None:
    tx.save_episode(
        an_episode(
            id=f"eps_{number}",
            fingerprint=f"f{number}",
            status=AlertStatus.RESOLVED if closed_at else AlertStatus.FIRING,
            seen_at=seen_at,
            closed_at=closed_at,
        )
    )
    run = a_run(
        id=f"run_{number}",
        order=an_order(playbook=playbook),
        episode=f"eps_{number}",
        created_at=MOMENT + number * HOUR,
        phase=Phase.CLOSED,
        outcome=Outcome.RESOLVED,
        closed_at=MOMENT + number * HOUR,
    )
    tx.insert_run(run, MOMENT)


async def test_the_newest_runs_of_one_playbook_are_read_and_no_more(store: Store) -> None:
    def past(tx: Transaction) -> None:
        for number in range(4):
            a_past(tx, number)
        a_past(tx, 9, playbook="other")

    await store.submit(past)

    found = await store.read(lambda reader: reader.past_runs("p", 3))

    assert [run.id for run in found] == ["run_3", "run_2", "run_1"]


async def test_an_alert_is_fixed_when_it_was_reported_gone_and_not_when_nobody_spoke_of_it_any_more(
    store: Store,
) -> None:
    def past(tx: Transaction) -> None:
        a_past(tx, 1)
        a_past(tx, 2, closed_at=MOMENT + HOUR, seen_at=MOMENT + HOUR)
        a_past(tx, 3, closed_at=MOMENT + 24 * HOUR, seen_at=MOMENT)

    await store.submit(past)

    found = await store.read(lambda reader: reader.past_runs("p", 9))

    assert {run.id: run.fixed_at for run in found} == {
        "run_1": None,
        "run_2": MOMENT + HOUR,
        "run_3": None,
    }


async def test_alerts_without_a_run_are_counted_once_by_the_newest_decision(store: Store) -> None:
    decided = [
        ("a", "skipped", None),
        ("a", "blocked", None),
        ("b", "skipped", None),
        ("c", "not_matched", None),
        ("d", "run", "run_1"),
        ("e", "off", None),
    ]

    def past(tx: Transaction) -> None:
        for number, (fingerprint, decision, run_id) in enumerate(decided):
            tx.decide(
                a_decision(
                    id=f"dec_{number}",
                    at=MOMENT + number * HOUR,
                    playbook="p",
                    fingerprint=fingerprint,
                    decision=decision,
                    run_id=run_id,
                )
            )

    await store.submit(past)

    found = await store.read(lambda reader: reader.alerts_without_run("p", 1000))
    few = await store.read(lambda reader: reader.alerts_without_run("p", 1))

    assert found == {"blocked": 1, "off": 1, "skipped": 1}
    assert few == {"off": 1}
