"""Runs that are told by several ways of Slack: whose thread it is, and who is called there."""

from __future__ import annotations

import json

import pytest

from tests.integrations.slack.workspace import (
    ASKED,
    LEADS,
    K,
    Workspace,
    a_card,
    roots,
    thread,
    told,
)

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


async def test_who_is_only_to_be_called_is_called_in_the_thread_of_the_other_way(
    workspace: Workspace,
) -> None:
    receipt = await workspace.deliverer("#sre").deliver(ASKED, None)
    escalation = told(K.ESCALATION, 2, card=a_card(), to="leads")

    kept = await workspace.deliverer("@sre-leads").deliver(escalation, receipt)

    (root,) = roots(workspace)
    (reply,) = workspace.fake.thread(root)
    assert reply.broadcast and reply.called == (LEADS,)
    assert reply.plain.count("leads") == 1
    assert kept == receipt
    assert len(root.versions) == 1


async def test_a_joined_thread_is_told_nothing_twice(workspace: Workspace) -> None:
    receipt = await workspace.deliverer("#sre").deliver(ASKED, None)

    await workspace.deliverer("@sre-leads").deliver_all(
        [told(K.PROGRESS, 2, card=a_card()), told(K.RESULT, 3, card=a_card(asks=False))], receipt
    )

    assert thread(workspace) == ()


async def test_who_is_called_without_a_thread_is_called_in_the_default_channel(
    workspace: Workspace,
) -> None:
    deliverer = workspace.deliverer("@sre-leads")
    escalation = told(K.ESCALATION, 2, card=a_card(asks=False), to="leads")

    receipt = await deliverer.deliver(escalation, None)
    await deliverer.deliver(told(K.ESCALATION, 3, card=a_card(asks=False), to="leads"), receipt)

    (root,) = roots(workspace)
    assert root.called == (LEADS,)
    (again,) = workspace.fake.thread(root)
    assert again.broadcast and again.called == (LEADS,)


async def test_a_way_with_its_own_channel_begins_its_own_thread(workspace: Workspace) -> None:
    receipt = await workspace.deliverer("#sre").deliver(ASKED, None)

    other = await workspace.deliverer("#leads").deliver(ASKED, receipt)

    assert len(roots(workspace, "#leads")) == 1
    assert json.loads(other)["way"] == "#leads"


async def test_a_way_with_a_channel_and_somebody_calls_them_there(workspace: Workspace) -> None:
    destination = {"channel": "#leads", "mention": "@sre-leads"}
    deliverer = workspace.deliverer(destination)

    receipt = await deliverer.deliver(told(K.PROGRESS, card=a_card(asks=False)), None)
    await deliverer.deliver(told(K.FAILURE, 2, card=a_card(asks=False)), receipt)

    (root,) = roots(workspace, "#leads")
    line, reply = workspace.fake.thread(root)
    assert root.called == line.called == () and reply.called == (LEADS,)


async def test_who_cannot_be_found_is_named_in_plain_words(workspace: Workspace) -> None:
    workspace.fake.fail("usergroups.list", "missing_scope", times=None)

    await workspace.deliverer().deliver(ASKED, None)

    (root,) = roots(workspace)
    assert root.mentions == ()
    assert "sre-oncall" in root.plain
