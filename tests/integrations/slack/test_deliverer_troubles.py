"""What survives deleted messages, refused blocks, 429 and lost answers: nothing is lost, little can be doubled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from remediator.core.errors import DeliveryError
from remediator.core.messages import Message
from remediator.integrations.slack.fake import FakeSlack
from remediator.integrations.slack.fake.troubles import Kind, Trouble
from remediator.integrations.slack.gateway.api import SlackAway, SlackRefusal
from tests.integrations.slack.workspace import (
    ASKED,
    K,
    Workspace,
    a_card,
    a_workspace,
    roots,
    thread,
    told,
)

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


async def test_a_root_that_somebody_deleted_is_posted_again(workspace: Workspace) -> None:
    deliverer = workspace.deliverer()
    receipt = await deliverer.deliver(ASKED, None)
    workspace.fake.delete(roots(workspace)[0])

    again = await deliverer.deliver(told(K.PROGRESS, 2, card=a_card()), receipt)
    await deliverer.deliver(told(K.PROGRESS, 3, card=a_card(asks=False)), again)

    (root,) = roots(workspace)
    assert json.loads(again)["ts"] == root.ts
    assert len(root.versions) == 2


async def test_a_root_that_was_posted_again_is_not_posted_a_third_time() -> None:
    async with a_workspace(fake=Unlucky(3, "rate")) as workspace:
        deliverer = workspace.deliverer()
        receipt = await deliverer.deliver(ASKED, None)
        workspace.fake.delete(roots(workspace)[0])
        line = told(K.PROGRESS, 2, card=a_card())
        failure = told(K.FAILURE, 3, card=a_card(asks=False))
        with pytest.raises(SlackAway):
            await deliverer.deliver_all([line, failure], receipt)

        await deliverer.deliver_all([line, failure], receipt)

        (root,) = roots(workspace)
        assert len(thread(workspace, root)) == 1


@pytest.mark.parametrize("code", ["cant_update_message", "edit_window_closed", "message_not_found"])
async def test_a_root_that_cannot_be_edited_is_posted_again(
    workspace: Workspace, code: str
) -> None:
    deliverer = workspace.deliverer()
    receipt = await deliverer.deliver(ASKED, None)
    workspace.fake.fail("chat.update", code)

    await deliverer.deliver(told(K.PROGRESS, 2, card=a_card()), receipt)

    assert len(roots(workspace)) == 2


async def test_a_renamed_channel_keeps_its_thread(workspace: Workspace) -> None:
    deliverer = workspace.deliverer()
    receipt = await deliverer.deliver(ASKED, None)
    workspace.fake.channel("#sre").name = "sre-alerts"

    await deliverer.deliver(told(K.FAILURE, 2, card=a_card(asks=False)), receipt)

    (root,) = roots(workspace, "#sre-alerts")
    assert len(root.versions) == 2 and len(thread(workspace, root)) == 1


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long"])
async def test_a_request_that_slack_will_not_draw_arrives_in_words(
    workspace: Workspace, code: str
) -> None:
    workspace.fake.fail("chat.postMessage", code)

    await workspace.deliverer().deliver(replace(ASKED, lines=("vacuum: 3 GB",)), None)

    (root,) = roots(workspace)
    assert "Sentence 1 of plan" in root.plain
    assert "vacuum: 3 GB" in root.plain
    assert "/remediator approve run_1" in root.plain


async def test_an_edit_that_slack_will_not_draw_arrives_in_words(workspace: Workspace) -> None:
    deliverer = workspace.deliverer()
    receipt = await deliverer.deliver(ASKED, None)
    workspace.fake.fail("chat.update", "invalid_blocks")

    await deliverer.deliver(told(K.PROGRESS, 2, card=a_card(asks=False)), receipt)

    (root,) = roots(workspace)
    assert "Sentence 2" in root.plain and not root.blocks


async def test_a_message_that_is_refused_even_in_words_is_given_up(workspace: Workspace) -> None:
    workspace.fake.fail("chat.postMessage", "invalid_blocks", times=2)

    with pytest.raises(SlackRefusal) as caught:
        await workspace.deliverer().deliver(ASKED, None)

    assert caught.value.final


@pytest.mark.parametrize(
    "code",
    ["channel_not_found", "not_in_channel", "is_archived", "invalid_auth", "missing_scope"],
)
async def test_what_an_administrator_can_mend_is_tried_again(
    workspace: Workspace, code: str
) -> None:
    workspace.fake.fail("chat.postMessage", code, times=1)
    deliverer = workspace.deliverer()

    with pytest.raises(SlackRefusal) as caught:
        await deliverer.deliver(ASKED, None)
    await deliverer.deliver(ASKED, None)

    assert not caught.value.final and code in str(caught.value)
    assert len(roots(workspace)) == 1


async def test_a_daemon_without_slack_says_what_is_missing(workspace: Workspace) -> None:
    with pytest.raises(DeliveryError, match="Slack is not set up"):
        await workspace.deliverer(slack=None).deliver(ASKED, None)


BATCH = (
    told(K.PROGRESS, 2, card=a_card(asks=False)),
    told(K.FAILURE, 3, card=a_card(asks=False)),
    told(K.ESCALATION, 4, card=a_card(asks=False), to="oncall"),
    told(K.PROGRESS, 5, card=a_card(asks=False)),
)


async def delivered(
    workspace: Workspace, batch: Sequence[Message], receipt: str | None, *, replicas: int = 1
) -> int:
    """Deliver as couriers do, again and again until it is through; return how often it was tried."""
    deliverers = [workspace.deliverer() for _ in range(replicas)]
    for tries in range(1, 20):
        try:
            await deliverers[tries % replicas].deliver_all(batch, receipt)
        except DeliveryError as error:
            assert not error.final
            receipt = error.receipt or receipt
        else:
            return tries
    raise AssertionError("it never went through")


TROUBLES = {
    "rate": Trouble(kind=Kind.RATE, seconds=30),
    "status": Trouble(kind=Kind.STATUS, status=502),
    "hang": Trouble(kind=Kind.HANG, seconds=3600),
}


class Unlucky(FakeSlack):
    """Goes wrong at one of the posts only."""

    def __init__(self, at: int, trouble: str) -> None:
        super().__init__()
        self.posts_left = at
        self.trouble = TROUBLES[trouble]

    def next_trouble(self, method: str) -> Trouble | None:
        self.posts_left -= method == "chat.postMessage"
        if method != "chat.postMessage" or self.posts_left != 0:
            return None
        return self.trouble


@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("replicas", [1, 2])
async def test_a_delivery_that_fails_half_way_posts_only_the_rest(
    at: int, trouble: str, replicas: int
) -> None:
    async with a_workspace(fake=Unlucky(at, trouble)) as workspace:
        tries = await delivered(workspace, BATCH, None, replicas=replicas)

        (root,) = roots(workspace)
        everything = "\n".join((root.plain, *thread(workspace)))
        assert tries == 2
        assert [everything.count(f"entence {n} of") for n in (2, 3, 4)] == [1, 1, 1]


async def test_a_429_says_when_to_come_back(workspace: Workspace) -> None:
    workspace.fake.rate_limit("chat.postMessage", 30)

    with pytest.raises(SlackAway) as caught:
        await workspace.deliverer().deliver(ASKED, None)

    assert caught.value.retry_after == 30 and not caught.value.final


async def test_nothing_is_lost_or_doubled_while_slack_asks_for_patience(
    workspace: Workspace,
) -> None:
    workspace.fake.rate_limit("*", 1, lasting=0.5)
    deliverer, tries = workspace.deliverer(), 0
    receipt: str | None = None
    while receipt is None:
        tries += 1
        try:
            receipt = await deliverer.deliver_all((ASKED, *BATCH), None)
        except SlackAway as error:
            assert error.retry_after == 1
            await asyncio.sleep(0.1)

    said = "\n".join(thread(workspace))
    assert tries > 1
    assert len(roots(workspace)) == 1
    assert [said.count(f"entence {n} of") for n in (2, 3, 4)] == [1, 1, 1]


async def test_a_request_whose_answer_is_lost_may_stand_twice_and_the_newer_is_edited(
    workspace: Workspace,
) -> None:
    workspace.fake.accept_then_hang("chat.postMessage")
    deliverer = workspace.deliverer()
    with pytest.raises(SlackAway):
        await deliverer.deliver(ASKED, None)

    receipt = await deliverer.deliver(ASKED, None)
    await deliverer.deliver(told(K.RESULT, 2, card=a_card(asks=False)), receipt)

    older, newer = roots(workspace)
    assert (len(older.versions), len(newer.versions)) == (1, 2)


async def test_after_a_crash_behind_the_posting_a_reply_stands_twice_but_nothing_fails(
    workspace: Workspace,
) -> None:
    receipt = await workspace.deliverer().deliver(ASKED, None)
    line = told(K.PROGRESS, 2, card=a_card(asks=False))

    first, again = [await workspace.deliverer().deliver(line, receipt) for _ in range(2)]

    assert first == again == receipt
    assert len(roots(workspace)) == 1 and len(thread(workspace)) == 2
