"""What people see in Slack of a run, and when the telephone rings; against the strict fake."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from remediator.core.messages import Digest, MessageKind
from remediator.integrations.slack.delivery import mention_lookup
from remediator.integrations.slack.gateway.directory import SlackDirectory
from remediator.ports.channel import Bundler
from remediator.testing.channel_contract import HOSTILE
from tests.integrations.slack.workspace import (
    ASKED,
    ONCALL,
    K,
    Workspace,
    a_card,
    roots,
    thread,
    told,
)

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


async def test_a_run_is_one_message_that_is_edited(workspace: Workspace) -> None:
    deliverer = workspace.deliverer()

    receipt = await deliverer.deliver(ASKED, None)
    asking = roots(workspace)[0].buttons
    receipt = await deliverer.deliver(told(K.PROGRESS, 2, card=a_card(asks=False)), receipt)
    await deliverer.deliver(told(K.RESULT, 3, card=a_card(asks=False)), receipt)

    (root,) = roots(workspace)
    assert [button["action_id"] for button in asking][:2] == ["run.approve", "run.reject"]
    assert "run.approve" not in [button["action_id"] for button in root.buttons]
    assert len(root.versions) == 3
    assert [text.count("Sentence") for text in thread(workspace)] == [1, 1]


async def test_the_receipt_names_the_channel_by_its_id(workspace: Workspace) -> None:
    receipt = await workspace.deliverer().deliver(ASKED, None)

    (root,) = roots(workspace)
    assert json.loads(receipt) == {"channel": "C0SRE000", "ts": root.ts, "way": "#sre"}


async def test_a_request_calls_the_approvers_once_and_edits_call_nobody(
    workspace: Workspace,
) -> None:
    deliverer = workspace.deliverer()
    receipt = await deliverer.deliver(ASKED, None)
    await deliverer.deliver(told(K.PROGRESS, 2, card=a_card(asks=False)), receipt)

    (root,) = roots(workspace)
    assert set(root.called) == {ONCALL}
    assert [m.called for m in workspace.fake.messages if m.thread_ts] == [()]


@pytest.mark.parametrize("trouble", ["no answer", "503"])
async def test_approvers_are_called_though_slack_looks_nobody_up_for_now(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    seconds = [0.0]
    directory = SlackDirectory(workspace.api, monotonic=lambda: seconds[0])
    workspace.slack = replace(workspace.slack, directory=directory)
    await directory.mention("@sre-oncall")
    seconds[0] += 3600
    monkeypatch.setattr(mention_lookup, "PATIENCE", 0.2 if trouble == "no answer" else 5.0)
    if trouble == "no answer":
        workspace.fake.hang("usergroups.list", times=None)
    else:
        workspace.fake.fail("usergroups.list", status=503, times=None)

    await workspace.deliverer().deliver(ASKED, None)

    assert set(roots(workspace)[0].called) == {ONCALL}


async def test_a_root_that_is_new_is_not_repeated_in_its_own_thread(workspace: Workspace) -> None:
    await workspace.deliverer().deliver(told(K.FAILURE, card=a_card(asks=False)), None)

    assert len(workspace.fake.messages) == 1


async def test_what_moved_first_keeps_its_line_when_the_root_moves_on(workspace: Workspace) -> None:
    deliverer = workspace.deliverer()
    receipt = await deliverer.deliver(told(K.PROGRESS, card=a_card(asks=False)), None)
    await deliverer.deliver(told(K.RESULT, 2, card=a_card(asks=False)), receipt)

    assert [text.count("entence 1") for text in thread(workspace)] == [1, 0]


@pytest.mark.parametrize(
    ("kind", "is_loud"),
    [
        (K.PLAN, True),
        (K.PROGRESS, False),
        (K.REMINDER, True),
        (K.ESCALATION, True),
        (K.RESULT, False),
        (K.FAILURE, True),
        (K.UNKNOWN, True),
        (K.WITHDRAWN, False),
        (K.BLOCKED, False),
        (K.DRY_RUN, False),
    ],
)
async def test_only_what_needs_somebody_is_shown_to_the_whole_channel(
    workspace: Workspace, kind: MessageKind, is_loud: bool
) -> None:
    deliverer = workspace.deliverer()
    receipt = await deliverer.deliver(ASKED, None)

    await deliverer.deliver(told(kind, 2, card=a_card()), receipt)

    (reply,) = workspace.fake.thread(roots(workspace)[0])
    assert reply.broadcast is is_loud
    assert f"entence 2 of {kind.value}" in reply.plain


async def test_what_piled_up_comes_once_and_in_order(workspace: Workspace) -> None:
    deliverer = workspace.deliverer()
    assert isinstance(deliverer, Bundler)
    receipt = await deliverer.deliver(ASKED, None)
    acting, at_end = a_card(asks=False), a_card(asks=False, reason="the newest")

    await deliverer.deliver_all(
        [
            told(K.PROGRESS, 2, card=acting),
            told(K.PROGRESS, 3, card=acting),
            told(K.FAILURE, 4, card=acting),
            told(K.ESCALATION, 5, card=acting, to="oncall"),
            told(K.PROGRESS, 6, card=at_end),
        ],
        receipt,
    )

    said = "\n".join(thread(workspace))
    found = [said.find(f"entence {number} of") for number in range(2, 7)]
    assert found == sorted(found) and found[0] >= 0
    assert said.count("entence") == 5
    assert len(thread(workspace)) == 4
    (root,) = roots(workspace)
    assert len(root.versions) == 2


async def test_a_request_that_is_answered_meanwhile_wakes_nobody(workspace: Workspace) -> None:
    deliverer = workspace.deliverer()
    receipt = await deliverer.deliver(ASKED, None)

    await deliverer.deliver_all(
        [
            told(K.REMINDER, 2, card=a_card()),
            told(K.PROGRESS, 3, card=a_card(asks=False)),
        ],
        receipt,
    )

    (line,) = workspace.fake.thread(roots(workspace)[0])
    assert not line.broadcast and not line.called
    assert "entence 2" in line.plain and "entence 3" in line.plain


async def test_a_request_that_comes_late_rings_once(workspace: Workspace) -> None:
    vote = told(K.PROGRESS, 2, card=a_card())

    await workspace.deliverer().deliver_all([ASKED, vote, told(K.REMINDER, 3, card=a_card())], None)

    assert [set(message.called) for message in workspace.fake.messages] == [{ONCALL}, set()]
    assert [message.broadcast for message in workspace.fake.messages] == [False, False]


async def test_only_the_newest_of_several_reminders_rings(workspace: Workspace) -> None:
    deliverer = workspace.deliverer()
    receipt = await deliverer.deliver(ASKED, None)

    await deliverer.deliver_all([told(K.REMINDER, n, card=a_card()) for n in (2, 3, 4)], receipt)

    replies = workspace.fake.thread(roots(workspace)[0])
    assert [(reply.broadcast, bool(reply.called)) for reply in replies] == [
        (False, False),
        (True, True),
    ]


@pytest.mark.parametrize("receipt", [None, "folded", "{}", "[1]", '{"channel": 1}', "nonsense"])
async def test_without_a_root_of_its_own_a_run_gets_one(
    workspace: Workspace, receipt: str | None
) -> None:
    new = await workspace.deliverer().deliver(ASKED, receipt)

    (root,) = roots(workspace)
    assert json.loads(new)["ts"] == root.ts


async def test_a_notice_is_a_message_of_its_own_each_time(workspace: Workspace) -> None:
    deliverer = workspace.deliverer()
    receipt = await deliverer.deliver(told(K.NOTICE, thread="storm"), None)
    await deliverer.deliver(told(K.NOTICE, 2, thread="storm"), receipt)

    assert len(roots(workspace)) == 2


async def test_a_digest_is_edited(workspace: Workspace) -> None:
    deliverer = workspace.deliverer()
    first, second = (
        told(K.DIGEST, n, thread="digest:1", digest=Digest(waiting=(a_card(),), waits=30 + n))
        for n in (1, 2)
    )

    receipt = await deliverer.deliver(first, None)
    await deliverer.deliver(second, receipt)

    (digest,) = roots(workspace)
    assert "32 plans await approval" in digest.plain
    assert "run.review" in [button["action_id"] for button in digest.buttons]
    assert workspace.fake.thread(digest) == ()


async def test_hostile_texts_call_nobody_and_link_nowhere(workspace: Workspace) -> None:
    evil = f"{HOSTILE} <@U0BEN> <!here> <https://evil.example|ok> @channel https://evil.example a@b.example"
    deliverer = workspace.deliverer()
    receipt: str | None = None
    for n, kind in enumerate(K, start=1):
        message = told(kind, n, title=evil, text=evil, lines=(evil,) * 30, facts={evil: evil})
        receipt = await deliverer.deliver(replace(message, to=evil), receipt)
        await workspace.deliverer().deliver(replace(message, to=evil), None)

    for shown in workspace.fake.messages:
        assert shown.mentions == () and shown.links == ()
        assert shown.now.notified.mentions == () and shown.now.notified.links == ()
