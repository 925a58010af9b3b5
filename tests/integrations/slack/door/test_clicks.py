"""What becomes of a click, by either door: who may, who may not and is told why, and what the journal says of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.events import Outcome
from remediator.core.run import Phase
from remediator.integrations.slack.door.authorization import NotAllowed, check_decides, who
from remediator.integrations.slack.fake.delivery import Delivery
from tests.integrations.slack.door.desk import (
    ANA,
    BEN,
    BOT,
    GONE,
    GUEST,
    OPS,
    STRANGER,
    TWIN,
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


async def opened(desk: Desk, delivery: Delivery) -> object:
    """Return the modal that a click opened."""
    await delivery
    async with asyncio.timeout(5):
        while not desk.slack.views:
            await asyncio.sleep(0.005)
    return desk.slack.views[-1]


async def test_one_of_the_group_approves_and_the_remedy_is_applied(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)

    answer = await answer_to(desk, run, "run.approve", ANA)

    assert "You approved plan" in answer
    await desk.house.live()
    assert (await desk.house.run()).outcome is Outcome.RESOLVED
    assert len(desk.house.world.effects) == 1


@pytest.mark.parametrize(
    ("user", "why"),
    [
        (BEN, "not among those who may decide"),
        (TWIN, "not among those who may decide"),
        (OPS, "not among those who may decide"),
        (GUEST, "a guest"),
        (BOT, "a bot"),
        (STRANGER, "not a member of this workspace"),
        (GONE, "deactivated"),
    ],
)
async def test_nobody_else_decides_and_each_is_told_why_and_written_down(
    desk: Desk, user: str, why: str
) -> None:
    run = await desk.ask_for(**ONCALL)

    for action in ("run.approve", "run.reject"):
        answer = await answer_to(desk, run, action, user)
        assert why in answer
        assert "so nothing happened" in answer
    assert (await desk.house.run()).phase is Phase.AWAITING_APPROVAL
    assert [why in reason for _, reason in await desk.refusals()] == [True, True]


async def test_a_refusal_says_who_can_and_until_when_and_calls_nobody(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)

    (answer,) = await (await desk.slack.click(message, "run.approve", BEN)).answered()

    assert "sre-oncall can" in answer.plain
    assert "expires" in answer.text
    assert answer.mentions == ()


@pytest.mark.parametrize(
    ("policy", "user", "may"),
    [
        ({}, "U0LEE", True),  # nobody is named: whoever has the role
        ({}, OPS, True),
        ({}, BEN, False),
        ({"users": ("Ben@Example.com",)}, BEN, True),
        ({"users": (BEN,)}, BEN, True),
        ({"users": ("ben",)}, BEN, False),  # a display name is no identity
        ({"users": ("ana@example.com",)}, "U0LEE", False),
    ],
)
async def test_whom_the_playbook_names_decides_else_the_role(
    desk: Desk, policy: dict[str, tuple[str, ...]], user: str, may: bool
) -> None:
    desk.slack.add_user("U0LEE", "lee", email="lee@example.com")
    run = await desk.ask_for(**policy)

    await answer_to(desk, run, "run.approve", user)

    assert (await desk.house.run()).approval.approvers == ((user.lower()[2:],) if may else ())


async def test_an_address_that_slack_has_not_confirmed_proves_nothing(desk: Desk) -> None:
    desk.slack.add_user("U0FAKE", "fake", email="boss@example.com", email_confirmed=False)
    run = await desk.ask_for(users=("boss@example.com",))

    assert "so nothing happened" in await answer_to(desk, run, "run.approve", "U0FAKE")


async def test_a_click_on_a_button_of_an_older_plan_is_refused(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)
    payload = await _payload_with(desk, message, f"{run.id}.{'0' * 64}")

    (answer,) = await (await desk.slack.send(payload, ANA)).answered()

    assert "plan has changed" in answer.text
    assert run.plan.digest[:8] not in answer.text
    assert (await desk.house.run()).approval.approvers == ()


@pytest.mark.parametrize("action", ["run.approve", "run.reject"])
async def test_a_button_with_eight_digits_of_the_version_before_is_no_answer_and_the_message_is_drawn_anew(
    desk: Desk, action: str
) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)

    for number in ("9.9.9", "9.9.10"):
        payload = await _payload_with(desk, message, f"{run.id}.{run.plan.digest[:8]}", action)
        payload["trigger_id"] = number
        (answer,) = await (await desk.slack.send(payload, ANA)).answered()
        assert "older version" in answer.text
        assert "use its new buttons" in answer.text

    assert (await desk.house.run()).approval.approvers == ()
    assert [name for name, _ in await desk.refusals() if name != "robot"] == ["ana", "ana"]
    again = [m for m in await desk.house.messages() if ":again:" in m.deduplication]
    assert [(m.kind, m.card.request.digest) for m in again] == [("progress", run.plan.digest)]


async def test_a_review_opened_by_a_button_of_the_version_before_asks_about_what_it_shows(
    desk: Desk,
) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)
    payload = await _payload_with(desk, message, f"{run.id}.00000000", "run.review")
    payload["trigger_id"] = desk.slack.trigger(ANA)

    view = await opened(desk, await desk.slack.send(payload, ANA))

    assert json.loads(view.now["private_metadata"])["digest"] == run.plan.digest


async def _payload_with(
    desk: Desk, message: object, value: str, action: str = "run.approve"
) -> dict:
    """Return the payload of a click whose button carries another value."""
    delivery = await desk.slack.click(message, "run.details", BOT)
    (pressed,) = delivery.payload["actions"]
    changed = {**pressed, "action_id": action, "value": value}
    user = {**delivery.payload["user"], "id": ANA}
    more = {"trigger_id": "9.9.9", "response_url": "", "user": user}
    return {**delivery.payload, **more, "actions": [changed]}


async def test_a_late_click_is_told_how_it_ended(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    known = await who(desk.context, ANA, run)
    await desk.house.control.reject(
        run.id, digest=None, person=known.person, reason="deploy is mine"
    )

    answer = await answer_to(desk, run, "run.approve", ANA)

    assert "Too late" in answer
    assert "deploy is mine" in answer


async def test_an_expired_plan_cannot_be_approved(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL, expires=timedelta(minutes=5))
    desk.house.clock.advance(timedelta(minutes=6))
    await desk.house.work()

    answer = await answer_to(desk, run, "run.approve", ANA)

    assert "expired" in answer
    assert desk.house.world.effects == []


async def test_two_clicks_of_one_person_are_one_yes(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL, count=2)
    message = await a_message(desk, run)

    first = await desk.slack.click(message, "run.approve", ANA)
    second = await desk.slack.click(message, "run.approve", ANA)
    texts = sorted([(await d.answered())[0].text for d in (first, second)])

    assert "1 of 2" in texts[1]
    assert "approved already" in texts[0].lower() or "already approved" in texts[0].lower()
    assert (await desk.house.run()).approval.approvers == ("ana",)


async def test_a_click_that_slack_delivers_twice_is_answered_once(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)
    desk.slack.duplicate()

    delivery = await desk.slack.click(message, "run.approve", ANA)
    await delivery.answered()
    await desk.desk.close()

    assert len(delivery.attempts) == 2
    assert [a.error for a in delivery.attempts] == ["", ""]
    assert len(delivery.answers) == 1
    assert await desk.refusals() == []


async def test_a_no_needs_a_reason_and_the_reason_is_kept(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)
    clicked = await desk.slack.click(message, "run.reject", ANA)
    view = await opened(desk, clicked)

    submitted = await desk.slack.submit(view, {"reason": "<!channel> deploy is mine"})

    assert submitted.acknowledged
    (answer,) = await clicked.answered()
    assert "You rejected plan" in answer.text
    ended = await desk.house.run()
    assert ended.outcome is Outcome.REJECTED
    assert "deploy is mine" in ended.reason


async def test_who_may_decide_is_asked_again_when_the_window_is_submitted(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)
    clicked = await desk.slack.click(message, "run.reject", ANA)
    view = await opened(desk, clicked)
    desk.slack.add_group("S0ONCALL", "@sre-oncall", [])
    desk.house.clock.advance(timedelta(minutes=6))

    await desk.slack.submit(view, {"reason": "no"})

    (answer,) = await clicked.answered()
    assert "so nothing happened" in answer.text
    assert (await desk.house.run()).phase is Phase.AWAITING_APPROVAL


async def test_a_review_shows_the_plan_and_its_submission_approves_it(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)
    clicked = await desk.slack.click(message, "run.review", ANA)
    view = await opened(desk, clicked)

    await desk.slack.submit(view, {})

    assert "You approved plan" in (await clicked.answered())[0].text
    assert (await desk.house.run()).approval.approvers == ("ana",)


async def test_who_may_not_decide_can_look_but_not_approve(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)

    review = await opened(desk, await desk.slack.click(message, "run.review", BEN))

    assert "submit" not in review.now


@pytest.mark.parametrize("user", [GUEST, STRANGER])
async def test_details_are_for_members_only(desk: Desk, user: str) -> None:
    run = await desk.ask_for(**ONCALL)

    assert "Only full members" in await answer_to(desk, run, "run.details", user)
    assert desk.slack.views == ()


async def test_details_open_for_every_member(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)

    view = await opened(desk, await desk.slack.click(message, "run.details", BEN))

    assert "submit" not in view.now


@pytest.mark.parametrize(("user", "may"), [(ANA, True), (OPS, True), (BEN, False), (GUEST, False)])
async def test_deciders_and_operators_take_over(desk: Desk, user: str, may: bool) -> None:
    run = await desk.ask_for(**ONCALL)

    answer = await answer_to(desk, run, "run.take_over", user)

    await desk.house.work()
    assert ("is yours" in answer) is may
    assert ((await desk.house.run()).outcome is Outcome.CANCELLED) is may


async def test_your_own_playbook_needs_somebody_elses_yes(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL, not_author=True)
    owned = replace(run, order=replace(run.order, owner="Ana@Example.com"))

    with pytest.raises(NotAllowed, match="yours"):
        check_decides(desk.context, owned, await who(desk.context, ANA, owned))
    check_decides(desk.context, run, await who(desk.context, ANA, run))


async def test_an_answer_finds_another_way_where_its_own_is_closed(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)
    payload = {**await _payload_with(desk, message, f"{run.id}.{run.plan.digest}")}
    payload["response_url"] = "https://evil.example.com/steal"

    (answer,) = await (await desk.slack.send(payload, ANA)).answered()

    assert answer.by == "postEphemeral"
    assert "You approved" in answer.text


async def test_a_button_of_another_version_is_answered(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)

    (answer,) = await (
        await desk.slack.send(await _payload_with(desk, message, "run_x; rm -rf /"), ANA)
    ).answered()

    assert "another version" in answer.text


async def test_a_run_that_is_not_kept_any_more_is_told(desk: Desk) -> None:
    run = await desk.ask_for(**ONCALL)
    message = await a_message(desk, run)

    (answer,) = await (
        await desk.slack.send(await _payload_with(desk, message, "run_gone.00000000"), ANA)
    ).answered()

    assert "not kept any more" in answer.text
