"""A playbook without steps: it looks, tells and calls people, and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.events import Outcome
from remediator.core.guards import GUARDS
from remediator.core.guards.require import RequireSettings
from remediator.core.person import Person
from remediator.core.playbook import CheckOrder, Mode, Playbook, VerifyOrder

from .house import House, a_house, a_playbook, an_alert

ANA = Person(name="ana", door="api")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        yield house


def looks_only(name: str = "look", **more: object) -> Playbook:
    return a_playbook(name, steps=(), verify=VerifyOrder(checks=()), **more)


async def told(house: House) -> list[tuple[str, str]]:
    return [(message.kind.value, message.to) for message in await house.messages()]


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.APPROVE])
async def test_a_playbook_without_steps_hands_over_and_asks_nobody_first(
    house: House, mode: Mode
) -> None:
    house.use(looks_only(mode=mode))
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.HANDED_OVER
    assert run.diagnosed
    assert house.world.effects == []
    assert await told(house) == [("handed_over", ""), ("escalation", "oncall")]


async def test_in_a_dry_run_it_is_told_and_nobody_is_called(house: House) -> None:
    house.use(looks_only(mode=Mode.DRY_RUN))
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).outcome is Outcome.DRY_RUN
    assert await told(house) == [("dry_run", "")]


async def test_what_was_handed_over_is_not_handed_over_again_while_the_alert_still_fires(
    house: House,
) -> None:
    house.use(looks_only())
    await house.take_in(an_alert())
    await house.live()
    house.clock.advance(timedelta(hours=4))
    await house.take_in(an_alert())
    await house.live()

    assert len(await house.runs()) == 1


async def test_a_target_that_rests_after_a_change_is_handed_over_all_the_same(house: House) -> None:
    house.use(a_playbook("fix"), looks_only())
    await house.take_in(an_alert())
    await house.live()

    outcomes = {run.order.playbook: run.outcome for run in await house.runs()}
    assert outcomes == {"fix": Outcome.RESOLVED, "look": Outcome.HANDED_OVER}


@pytest.mark.parametrize("brake", ["pause", "require"])
async def test_what_is_not_about_changes_still_stops_it(house: House, brake: str) -> None:
    asked = CheckOrder(kind="asked nobody", parameters={}, text="never")
    guards = {"require": RequireSettings(checks=(asked,))} if brake == "require" else {}
    house.use(looks_only(guards=guards))
    if brake == "pause":
        await house.control.pause("all", duration=timedelta(days=9), reason="", person=ANA)
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.BLOCKED
    assert run.reason.startswith(brake)


def test_which_guards_hold_a_hand_over_back_is_decided_by_name() -> None:
    asked = {guard.name for guard in GUARDS if not guard.about_changes}

    assert asked == {"alert_firing", "forbid", "pause", "protected", "require", "storm"}
