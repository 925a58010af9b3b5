"""The buttons as they are really drawn, pressed through a real door: every one finds its listener and its run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.events import Outcome
from remediator.core.messages import Message, MessageKind
from remediator.integrations.slack.cards.buttons import Button
from remediator.integrations.slack.cards.cards import draw
from remediator.integrations.slack.cards.mentions import Mentions
from remediator.integrations.slack.fake.messages import Message as Shown
from tests.engine.house import an_alert
from tests.integrations.slack.door.desk import ANA, OPS, Desk, a_desk, doors

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


@pytest.fixture(params=["socket", "http"])
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path) as desks, doors(tmp_path, request.param, desks):
        yield desks[0]


async def shown(desk: Desk, message: Message) -> Shown:
    """Post a message as the deliverer would."""
    drawing = draw(message, Mentions())
    posted = await desk.context.api.post("#sre", text=drawing.text, blocks=drawing.blocks)
    return desk.slack.channel("#sre").all[posted.ts]


async def newest(desk: Desk, kind: MessageKind) -> Message:
    return [m for m in await desk.house.messages() if m.kind is kind][-1]


async def test_a_plan_is_approved_where_it_is_shown(desk: Desk) -> None:
    await desk.ask_for(groups=("@sre-oncall",))
    message = await shown(desk, await newest(desk, MessageKind.PLAN))

    delivery = await desk.slack.click(message, Button.APPROVE, ANA)

    assert "You approved" in (await delivery.answered())[0].text
    await desk.house.live()
    assert (await desk.house.run()).outcome is Outcome.RESOLVED


@pytest.mark.parametrize("button", ["run.applied", "run.not_applied", "run.abandon"])
async def test_a_doubtful_change_is_settled_where_it_is_shown(desk: Desk, button: str) -> None:
    desk.house.world.mishaps.append("lost")
    desk.house.world.blind = True
    await desk.house.take_in(an_alert())
    await desk.house.live(most=timedelta(minutes=10))
    message = await shown(desk, await newest(desk, MessageKind.UNKNOWN))

    delivery = await desk.slack.click(message, button, OPS)

    (answer,) = await delivery.answered()
    assert answer.text.startswith("You ")


async def test_a_run_that_failed_can_be_looked_at_and_taken_over(desk: Desk) -> None:
    await desk.ask_for(groups=("@sre-oncall",), expires=timedelta(minutes=5))
    desk.house.clock.advance(timedelta(minutes=6))
    await desk.house.work()
    message = await shown(desk, await newest(desk, MessageKind.FAILURE))

    taken = await desk.slack.click(message, "run.take_over", ANA)

    assert "is yours" in (await taken.answered())[0].text
    pauses = await desk.house.store.read(lambda reader: reader.pauses(desk.house.clock.now()))
    assert [pause.scope for pause in pauses] == ["target/host/web1"]
