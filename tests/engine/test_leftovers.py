"""What was there before we started: together at first, alone once it was met before, set aside after three starts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from remediator.engine.leftovers import MOST_STARTS, Leftovers
from remediator.stores.store import open_store, sqlite_url
from remediator.testing.builders import MOMENT, a_notification
from remediator.testing.clock import ManualClock

SECOND = timedelta(seconds=1)
OLD = [a_notification(id=name, received_at=MOMENT) for name in "abc"]


async def test_a_leftover_is_taken_with_others_once_then_alone_and_then_no_more(
    tmp_path: Path,
) -> None:
    store = await open_store(sqlite_url(tmp_path))
    clock = ManualClock()
    clock.advance(MOMENT + SECOND - clock.now())
    new = a_notification(id="new", received_at=clock.now() + SECOND)
    told = []
    for _ in range(MOST_STARTS + 1):
        sorted_ = await Leftovers(store, clock.ambient()).sort((new, *OLD))
        told.append(
            tuple(
                "".join(each.id for each in part)
                for part in (sorted_.together, sorted_.alone, sorted_.set_aside)
            )
        )
    await store.close()

    assert told == [("newabc", "", ""), ("new", "a", ""), ("new", "a", ""), ("new", "", "a")]


async def test_one_that_was_counted_in_this_life_is_not_counted_again(tmp_path: Path) -> None:
    store = await open_store(sqlite_url(tmp_path))
    clock = ManualClock()
    clock.advance(MOMENT + SECOND - clock.now())
    leftovers = Leftovers(store, clock.ambient())

    found = [await leftovers.sort(OLD) for _ in range(MOST_STARTS + 2)]
    leftovers.forget("a")
    again = await leftovers.sort(OLD)
    await store.close()

    assert {one.together for one in found} == {tuple(OLD)}
    assert again.alone == (OLD[0],)
