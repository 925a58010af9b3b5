"""A step whose tool is not there, or busy: what becomes of it, and of the steps beside it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.errors import Missing, Permanent, Transient
from remediator.core.events import Outcome
from remediator.core.person import Person
from remediator.core.playbook import AfterFailure, Mode
from remediator.core.run import Phase, StepState
from remediator.core.wording import plan_lines, remedy

from .house import House, a_house, a_playbook, a_step, an_alert

ANA = Person(name="ana", door="api")
NO_DOCKER = "docker is not installed there"
TWO = (a_step("one"), a_step("two", parameters={"to": 2}))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        yield house


def refuse(house: House, step: str, *errors: Permanent | Transient) -> None:
    house.world.refusals[step] = deque(errors)


async def test_a_step_whose_tool_is_missing_is_left_out_and_the_others_run(house: House):
    refuse(house, "one", Missing(NO_DOCKER, target="host/web1"))
    house.use(a_playbook(steps=TWO))
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.RESOLVED
    assert [value for _, _, value in house.world.effects] == [2]
    assert run.at("one").state is StepState.SKIPPED
    assert f"- one is left out: {NO_DOCKER}" in plan_lines(run)


async def test_a_required_step_whose_tool_is_missing_fails_the_run(house: House):
    refuse(house, "one", Missing(NO_DOCKER, target="host/web1"))
    steps = (a_step("one", required=True), TWO[1])
    house.use(a_playbook(steps=steps))
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.FAILED
    assert NO_DOCKER in run.reason
    assert house.world.effects == []


async def test_a_run_of_which_every_tool_is_missing_tells_why_nothing_was_done(house: House):
    refuse(house, "one", Missing(NO_DOCKER))
    house.use(a_playbook())
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.UNRESOLVED
    assert run.reason == f"there is nothing to change (one: {NO_DOCKER})"


async def test_a_tool_that_is_gone_at_the_last_look_makes_a_new_plan_without_its_step(house: House):
    house.use(a_playbook(steps=TWO, mode=Mode.APPROVE))
    await house.take_in(an_alert())
    await house.work()
    asked = await house.run()
    assert asked.phase is Phase.AWAITING_APPROVAL
    refuse(house, "one", Missing(NO_DOCKER), Missing(NO_DOCKER))

    assert asked.plan is not None
    await house.control.approve(asked.id, digest=asked.plan.digest, person=ANA)
    await house.work()

    again = await house.run()
    assert again.phase is Phase.AWAITING_APPROVAL
    assert again.plan is not None
    assert [change.step for change in again.plan.changes] == ["two"]
    assert house.world.effects == []


@pytest.mark.parametrize("busy", [1, 2])
async def test_a_busy_tool_is_asked_again_before_anything_fails(house: House, busy: int):
    refuse(house, "one", *[Transient("a prune operation is already running")] * busy)
    house.use(a_playbook(steps=TWO))
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).outcome is Outcome.RESOLVED
    assert [value for _, _, value in house.world.effects] == [1, 2]


@pytest.mark.parametrize("broken", [Permanent("broken"), Transient("down")])
async def test_a_step_that_cannot_be_planned_does_not_fell_those_beside_it_where_it_may_fail(
    house: House, broken: Permanent | Transient
):
    refuse(house, "one", *[broken] * 3)
    steps = (a_step("one", after_failure=AfterFailure.CONTINUE), TWO[1])
    house.use(a_playbook(steps=steps))
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.RESOLVED
    assert [value for _, _, value in house.world.effects] == [2]
    assert run.at("one").state is StepState.FAILED


async def test_steps_that_may_all_fail_and_do_are_no_run_with_nothing_to_change(house: House):
    refuse(house, "one", Permanent("broken"))
    house.use(a_playbook(steps=(a_step("one", after_failure=AfterFailure.CONTINUE),)))
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.FAILED
    assert run.reason == "no step could be planned (one: broken)"


async def test_a_change_that_stopped_at_something_busy_goes_on_and_is_told_meanwhile(house: House):
    house.world.mishaps.append("interrupted")
    house.use(a_playbook(steps=(a_step("one", backoff=timedelta(seconds=60)),)))
    await house.take_in(an_alert())
    await house.work()

    waiting = await house.run()
    assert waiting.may_have_changed
    assert "Begun, and not done: one." in remedy(waiting)

    await house.live()
    run = await house.run()
    assert run.outcome is Outcome.RESOLVED
    assert remedy(run) == "Done: one."
