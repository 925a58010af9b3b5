"""Drills in a real store: a night is taken once, a report is read back, and only the newest are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from remediator.core.drill import DrillReport, DrillResult, Help, Sight, StepSight, Unnamed
from remediator.ports.store import Store, Transaction
from remediator.stores.drills import KEPT
from remediator.testing.builders import MOMENT

RESULT = DrillResult(
    playbook="disk",
    target="host/web1",
    help=Help.NONE,
    reason="vacuum: no way in",
    steps=(StepSight(step="vacuum", sight=Sight.FAILED, text="no way in", stops=True),),
)
REPORT = DrillReport(
    night="2026-03-14",
    began_at=MOMENT,
    ended_at=MOMENT + timedelta(minutes=3),
    results=(RESULT,),
    unnamed=(Unnamed(playbook="disk", reason="no label", targets=7),),
    left=2,
    worse=(RESULT,),
    is_first=False,
)


async def test_a_night_is_taken_by_one_and_only_once(store: Store) -> None:
    taken = [
        await store.submit(lambda tx: tx.begin_drill("2026-03-14", MOMENT)),
        await store.submit(lambda tx: tx.begin_drill("2026-03-14", MOMENT + timedelta(minutes=9))),
        await store.submit(lambda tx: tx.begin_drill("2026-03-15", MOMENT)),
    ]

    assert taken == [True, False, True]


async def test_a_report_is_read_back_as_it_was(store: Store) -> None:
    assert await store.read(lambda reader: reader.last_drill()) is None

    await store.submit(lambda tx: tx.begin_drill(REPORT.night, MOMENT))
    assert await store.read(lambda reader: reader.last_drill()) is None
    await store.submit(lambda tx: tx.end_drill(REPORT))

    assert await store.read(lambda reader: reader.last_drill()) == REPORT


async def test_a_drill_that_was_broken_off_is_not_the_last(store: Store) -> None:
    def nights(tx: Transaction) -> None:
        tx.begin_drill(REPORT.night, MOMENT)
        tx.end_drill(REPORT)
        tx.begin_drill("2026-03-15", MOMENT + timedelta(days=1))

    await store.submit(nights)

    assert await store.read(lambda reader: reader.last_drill()) == REPORT


async def test_only_the_newest_nights_are_kept(store: Store) -> None:
    nights = [f"2026-{month:02}-{day:02}" for month in (3, 4) for day in range(1, 29)]

    def live(tx: Transaction) -> None:
        for number, night in enumerate(nights):
            tx.begin_drill(night, MOMENT + timedelta(days=number))
            tx.end_drill(replace(REPORT, night=night))

    await store.submit(live)

    again = [
        await store.submit(lambda tx, night=night: tx.begin_drill(night, MOMENT))
        for night in (nights[0], nights[-KEPT - 1], nights[-KEPT], nights[-1])
    ]
    assert again == [True, True, False, False]
