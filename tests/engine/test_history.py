"""What people who decide are told of the last time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core.playbook import Mode
from remediator.engine.history import last_time

from .house import House, a_house, a_playbook, a_step, an_alert


@pytest.fixture
async def house(tmp_path):
    async with a_house(tmp_path) as house:
        yield house


async def answered(house: House, **labels: str) -> None:
    """Let an alert fire, be answered, and resolve."""
    number = len(await house.runs())
    await house.take_in(an_alert(f"f{number}", **labels))
    await house.live()
    await house.take_in(an_alert(f"f{number}", firing=False, **labels))


async def history(house: House) -> str:
    newest = (await house.runs())[-1]
    now = house.clock.now()
    return await house.store.read(lambda reader: last_time(reader, newest, now))


async def test_the_first_time_has_no_history(house: House):
    await answered(house)

    assert await history(house) == ""


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (timedelta(seconds=30), "30s ago: resolved"),
        (timedelta(minutes=12, seconds=30), "12m ago: resolved"),
        (timedelta(hours=5, minutes=59), "5h ago: resolved"),
        (timedelta(days=3, hours=7), "3d ago: resolved"),
    ],
)
async def test_the_last_time_is_told_roughly_with_how_it_ended(
    house: House, since: timedelta, words: str
):
    await answered(house)
    ended = (await house.run()).closed_at
    house.clock.advance(ended + since - house.clock.now())
    await house.take_in(an_alert("f9"))

    assert await history(house) == words


async def test_another_target_another_playbook_and_a_rehearsal_are_no_history(house: House):
    await answered(house, instance="web2:9100")
    house.use(a_playbook("other"))
    await answered(house)
    house.use(a_playbook(mode=Mode.DRY_RUN))
    await answered(house)
    house.use(a_playbook(steps=(a_step(),)))
    house.clock.advance(timedelta(hours=1))
    await house.take_in(an_alert("f9"))

    assert await history(house) == ""
