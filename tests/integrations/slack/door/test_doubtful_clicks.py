"""Clicks when something else is wrong: a change in doubt, Slack's directory away, a store that takes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.events import Outcome, Settlement
from remediator.core.run import Run
from tests.engine.house import WEB1, an_alert
from tests.integrations.slack.door.desk import (
    ANA,
    BEN,
    OPS,
    Desk,
    a_desk,
    a_message,
    answer_to,
    doors,
)

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

ONCALL = {"groups": ("@sre-oncall",)}


@pytest.fixture(params=["socket", "http"])
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path) as desks, doors(tmp_path, request.param, desks):
        yield desks[0]


@pytest.mark.parametrize("user", [ANA, BEN])
async def test_when_slack_cannot_say_only_listed_ids_count(desk: Desk, user: str) -> None:
    run = await desk.ask_for(groups=("@sre-oncall",), users=(BEN,))
    message = await a_message(desk, run)
    desk.slack.fail("users.info", status=503, times=None)

    (answer,) = await (await desk.slack.click(message, "run.approve", user)).answered()

    if user == BEN:
        assert "You approved" in answer.text
        assert (await desk.house.run()).approval.approvers == (BEN,)
        return
    assert "cannot say" in answer.text
    assert (await desk.house.run()).approval.approvers == ()


async def test_what_was_known_a_moment_ago_still_counts_and_after_five_minutes_does_not(
    desk: Desk,
) -> None:
    run = await desk.ask_for(**ONCALL, count=3, expires=timedelta(hours=1))
    assert "1 of 3" in await answer_to(desk, run, "run.approve", ANA)
    for method in ("users.info", "usergroups.list", "usergroups.users.list"):
        desk.slack.fail(method, status=503, times=None)

    assert "approved already" in await answer_to(desk, run, "run.approve", ANA)
    desk.house.clock.advance(timedelta(minutes=5, seconds=1))
    assert "cannot say" in await answer_to(desk, run, "run.approve", ANA)


async def test_nobody_settles_what_is_not_in_doubt(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)

    for settlement in Settlement:
        answer = await answer_to(desk, run, f"run.{settlement.value.replace(' ', '_')}", ANA)
        assert "changed nothing" in answer
    assert len(await desk.refusals()) == len(Settlement)


async def in_doubt(desk: Desk) -> Run:
    """Let a change be made of which nobody can say whether it was."""
    desk.house.world.mishaps.append("lost")
    desk.house.world.blind = True
    await desk.house.take_in(an_alert())
    await desk.house.live(most=timedelta(minutes=10))
    return await desk.house.run()


async def test_an_operator_settles_what_nobody_could_observe_and_only_once(desk: Desk) -> None:
    run = await in_doubt(desk)

    assert "so nothing happened" in await answer_to(desk, run, "run.applied", BEN)
    assert "it was applied" in await answer_to(desk, run, "run.applied", OPS)
    assert "changed nothing" in await answer_to(desk, run, "run.not_applied", OPS)
    await desk.house.live()
    assert (await desk.house.run()).outcome is Outcome.RESOLVED


async def test_giving_up_frees_the_target(desk: Desk) -> None:
    run = await in_doubt(desk)

    assert "gave it up" in await answer_to(desk, run, "run.abandon", OPS)

    (hold,) = await desk.house.store.read(lambda reader: reader.holds((WEB1,)))
    assert hold.holder is None


async def test_where_nothing_can_be_stored_the_person_is_told(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)
    by_socket = bool(desk.slack.connections)
    await desk.house.store.close()

    delivery = await desk.slack.click(message, "run.approve", ANA)

    if by_socket:
        assert "Nothing can be stored" in (await delivery.answered())[0].text
    else:
        assert delivery.error == "http_503"  # Slack itself tells the person that it did not work
