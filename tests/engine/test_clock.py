"""Jumps of the clock while everything runs: nothing new begins until a person has confirmed it, and time goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.events import Outcome
from remediator.core.facts import Pause
from remediator.core.guards.cooldown import CooldownSettings
from remediator.core.person import Person
from remediator.core.playbook import ApprovalPolicy, Mode
from remediator.core.run import Phase
from tests.engine.house import House, a_house, a_playbook, an_alert

HOUR = timedelta(hours=1)
ANA = Person(name="ana", door="api")
JUMPS = pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["ahead", "back"])


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as built:
        yield built


async def pauses(house: House) -> tuple[Pause, ...]:
    now = house.clock.now()
    return await house.store.read(lambda reader: reader.pauses(now))


@JUMPS
async def test_an_approved_run_commits_no_intent_after_a_jump_that_no_keeper_has_seen(
    house: House, jump: timedelta
) -> None:
    house.use(a_playbook(mode=Mode.APPROVE, approval=ApprovalPolicy()))
    await house.take_in(an_alert())
    await house.work()
    run = await house.run()
    assert run.approval is not None

    house.clock.jump(jump)
    await house.control.approve(run.id, digest=run.approval.digest, person=ANA)
    await house.work()

    assert house.world.effects == []
    assert (await house.run()).outcome is Outcome.BLOCKED
    (pause,) = await pauses(house)
    assert "the clock jumped" in pause.reason
    assert pause.until is None


@JUMPS
async def test_a_jump_between_two_rounds_of_one_keeper_is_noticed(
    house: House, jump: timedelta
) -> None:
    housekeeping = house.housekeeping()
    await housekeeping.keep()
    house.clock.jump(jump)
    house.clock.advance(timedelta(seconds=5))
    await housekeeping.keep()

    assert [p.scope for p in await pauses(house)] == ["all"]
    told = [m for m in await house.messages() if m.thread == "clock"]
    assert len(told) == 1
    assert "remediator resume all" in told[0].text


async def test_a_keeper_goes_on_tidying_after_a_jump_back(house: House) -> None:
    """It had to wait until the clock had caught up: episodes did not end, nothing was pruned, nobody watched."""
    housekeeping = house.housekeeping()
    await housekeeping.keep()
    await house.take_in(an_alert())
    house.clock.jump(-HOUR)
    house.clock.advance(timedelta(hours=25))

    await housekeeping.keep()

    (run,) = await house.runs()
    episode = await house.store.read(lambda reader: reader.episode(run.episode))
    assert episode is not None
    assert episode.closed_at is not None


async def test_a_jump_ahead_neither_ends_a_cooldown_nor_raises_the_mark(house: House) -> None:
    house.use(a_playbook(guards={"cooldown": CooldownSettings(rest=timedelta(minutes=30))}))
    housekeeping = house.housekeeping()
    await housekeeping.keep()
    await house.take_in(an_alert())
    await house.live()
    assert (await house.run()).outcome is Outcome.RESOLVED

    house.clock.jump(HOUR)
    await housekeeping.keep()
    await house.take_in(an_alert(firing=False))
    await house.take_in(an_alert())
    await house.work()

    assert len(house.world.effects) == 1
    mark = await house.store.submit(lambda tx: tx.clock_mark())
    assert mark is not None
    assert mark < house.clock.wall() - timedelta(minutes=30)


@JUMPS
async def test_a_person_confirms_and_everything_goes_on_by_the_new_time(
    house: House, jump: timedelta
) -> None:
    housekeeping = house.housekeeping()
    await housekeeping.keep()
    house.clock.jump(jump)
    await housekeeping.keep()
    await house.control.resume("all", person=ANA)
    house.clock.advance(timedelta(seconds=5))
    await housekeeping.keep()

    assert await pauses(house) == ()
    assert house.clock.now() == house.clock.wall()
    await house.take_in(an_alert())
    await house.live()
    assert (await house.run()).outcome is Outcome.RESOLVED


async def test_the_first_change_after_the_confirmation_needs_no_keeper(house: House) -> None:
    house.clock.jump(HOUR)
    await house.housekeeping().keep()
    await house.control.resume("all", person=ANA)

    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).outcome is Outcome.RESOLVED


async def test_a_jump_that_was_taken_back_ends_its_own_pause_and_says_so(house: House) -> None:
    housekeeping = house.housekeeping()
    await housekeeping.keep()
    house.clock.jump(-HOUR)
    await housekeeping.keep()
    house.clock.jump(HOUR)
    await housekeeping.keep()

    assert await pauses(house) == ()
    titles = [m.title for m in await house.messages() if m.thread == "clock"]
    assert titles[-1] == "The clock is right again"


@JUMPS
async def test_what_a_jump_meets_half_way_is_verified_in_its_own_time(
    house: House, jump: timedelta
) -> None:
    """A jump ahead ended the verification's time, and a good fix was called unresolved."""
    await house.take_in(an_alert())
    await house.work()
    assert (await house.run()).phase is Phase.VERIFYING

    house.clock.jump(jump)
    await house.live(most=timedelta(minutes=5))

    assert (await house.run()).outcome is Outcome.RESOLVED


async def test_alerts_are_heard_after_a_confirmed_jump_back(house: House) -> None:
    """Each was older than the last word about it, and ignored without a decision."""
    await house.take_in(an_alert(firing=False))
    house.clock.jump(-HOUR)
    await house.housekeeping().keep()
    await house.control.resume("all", person=ANA)
    await house.housekeeping().keep()

    await house.take_in(an_alert())

    assert len(await house.runs()) == 1


async def test_a_pause_of_the_clock_outlives_the_process_that_saw_the_jump(house: House) -> None:
    house.clock.jump(HOUR)
    await house.housekeeping().keep()

    reborn = type(house)(house.store, type(house.clock)(house.clock.wall()))
    await reborn.housekeeping().keep()
    await reborn.take_in(an_alert())
    await reborn.live()

    assert (await reborn.run()).outcome is Outcome.BLOCKED
    assert reborn.world.effects == []
