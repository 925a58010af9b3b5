"""Many people, several replicas, one store: one decision, everybody answered, everything in the journal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.integrations.slack.door.desk import a_desk, a_message, doors

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

MANY = 200  # a thousand, on replicas that are processes, are in tests/acceptance


async def test_of_many_clicks_at_once_one_decides_and_all_are_answered(tmp_path: Path) -> None:
    people = [f"U0P{number:03d}" for number in range(MANY)]
    async with a_desk(tmp_path, replicas=3) as desks:
        desk, slack = desks[0], desks[0].slack
        for person in people:
            slack.add_user(person)
        slack.add_group("S0ONCALL", "@sre-oncall", people)
        run = await desk.ask_for(groups=("@sre-oncall",))
        message = await a_message(desk, run)

        async with doors(tmp_path, "socket", desks):
            clicks = [slack.click(message, "run.approve", person) for person in people]
            answers = [await (await one).answered(timeout=60) for one in clicks]

        # an answer that was late may have been given in another way too
        texts = [text for (text,) in [{a.text for a in answer} for answer in answers]]
        assert sum("You approved" in text for text in texts) == 1
        assert sum("lready approved by" in text for text in texts) == MANY - 1
        assert len(await desk.refusals()) == MANY - 1
        (decided,) = await desk.house.runs()
        assert len(decided.approval.approvers) == 1
        await desk.house.live()
        assert len(desk.house.world.effects) == 1


async def test_a_yes_and_a_no_at_the_same_moment_are_one_decision(tmp_path: Path) -> None:
    async with a_desk(tmp_path, replicas=2) as desks:
        desk, slack = desks[0], desks[0].slack
        run = await desk.ask_for(groups=("@sre-oncall",))
        message = await a_message(desk, run)
        async with doors(tmp_path, "socket", desks):
            typed = f"/remediator reject {run.id} not now"
            yes = slack.click(message, "run.approve", "U0ANA")
            no = slack.command(typed, "U0ANA")
            texts = [(await (await one).answered())[0].text for one in (yes, no)]

        assert sum(text.startswith("You ") for text in texts) == 1
        await asyncio.sleep(0)
        ended = await desk.house.run()
        assert bool(ended.approval.approvers) != bool(ended.approval.rejected_by)
