"""Which of two errors comes of everything that goes wrong between us and Slack, and that no secret is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from time import monotonic

import pytest
from aiohttp import web

from remediator.core.errors import DeliveryError
from remediator.integrations.slack.fake import FakeSlack
from remediator.integrations.slack.gateway.api import Posted, SlackApi, SlackAway, SlackRefusal
from tests.integrations.slack.workspace import Workspace, a_workspace, an_api, served

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

NOWHERE = Posted(channel="C0SRE000", ts="1700000000.000100")
MODAL = {
    "type": "modal",
    "callback_id": "run.details",
    "title": {"type": "plain_text", "text": "Details"},
    "blocks": [{"type": "divider"}],
}
Call = Callable[[SlackApi], Awaitable[object]]
CALLS: dict[str, Call] = {
    "chat.postMessage": lambda api: api.post("#sre", text="hello"),
    "chat.update": lambda api: api.update(NOWHERE, text="hello"),
    "chat.postEphemeral": lambda api: api.whisper("C0SRE000", "U0ANA", text="psst"),
    "files.getUploadURLExternal": lambda api: api.upload(
        "C0SRE000", name="a.txt", title="a", content=b"a"
    ),
    "files.completeUploadExternal": lambda api: api.upload(
        "C0SRE000", name="a.txt", title="a", content=b"a"
    ),
    "views.open": lambda api: api.open_modal("trigger", MODAL),
    "users.info": lambda api: api.user("U0ANA"),
    "users.lookupByEmail": lambda api: api.user_by_email("ana@example.com"),
    "usergroups.list": lambda api: api.user_groups(),
    "usergroups.users.list": lambda api: api.group_members("S0ONCALL"),
    "chat.scheduleMessage": lambda api: api.can_post("#sre"),
    "chat.deleteScheduledMessage": lambda api: api.can_post("#sre"),
    "auth.test": lambda api: api.identity(),
}


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with a_workspace() as workspace:
        yield workspace


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize(
    ("trouble", "text"),
    [
        (lambda fake, method: fake.fail(method, status=503), "503"),
        (lambda fake, method: fake.fail(method, status=404), "404"),
        (lambda fake, method: fake.fail(method, status=200), "no usable answer"),
        (lambda fake, method: fake.fail(method, "internal_error"), "internal_error"),
        (lambda fake, method: fake.hang(method, 0.01, times=None), "no usable answer"),
    ],
    ids=["503", "404", "no JSON", "its own error", "hangs up"],
)
async def test_no_usable_answer_is_slack_being_away(
    workspace: Workspace, method: str, trouble: Callable[[FakeSlack, str], None], text: str
) -> None:
    trouble(workspace.fake, method)

    with pytest.raises(SlackAway, match=text) as caught:
        await CALLS[method](workspace.api)

    assert not caught.value.final and caught.value.retry_after is None


@pytest.mark.parametrize("method", CALLS)
async def test_no_answer_in_time_is_slack_being_away(workspace: Workspace, method: str) -> None:
    workspace.fake.hang(method)
    api = an_api(workspace.fake, timeout=timedelta(milliseconds=100))

    with pytest.raises(SlackAway, match=r"did not answer within 0\.1 s"):
        await CALLS[method](api)
    await api.close()


@pytest.mark.parametrize("method", CALLS)
async def test_a_429_is_passed_on_at_once_with_its_pause(workspace: Workspace, method: str) -> None:
    workspace.fake.rate_limit(method, 30)
    began = monotonic()

    with pytest.raises(SlackAway) as caught:
        await CALLS[method](workspace.api)

    assert caught.value.retry_after == 30
    assert monotonic() - began < 10
    assert len(workspace.fake.requests_of(method)) == 1


@pytest.mark.parametrize("method", CALLS)
async def test_a_no_is_a_refusal_with_slacks_own_word(workspace: Workspace, method: str) -> None:
    workspace.fake.fail(method, "not_in_channel")

    with pytest.raises(SlackRefusal) as caught:
        await CALLS[method](workspace.api)

    assert caught.value.code == "not_in_channel" and not caught.value.final
    assert "/invite @remediator" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "final"),
    [
        ("invalid_blocks", True),
        ("msg_too_long", True),
        ("no_text", True),
        ("invalid_auth", False),
        ("is_archived", False),
        ("channel_not_found", False),
        ("something_new", False),
    ],
)
async def test_only_what_we_wrote_wrongly_is_final(
    workspace: Workspace, code: str, final: bool
) -> None:
    workspace.fake.fail("chat.postMessage", code)

    with pytest.raises(SlackRefusal) as caught:
        await workspace.api.post("#sre", text="hello")

    assert caught.value.final is final


async def test_blocks_that_slack_refuses_are_refused_with_the_reason(workspace: Workspace) -> None:
    wrong = {"type": "section", "text": {"type": "mrkdwn", "text": "x", "colour": "red"}}

    with pytest.raises(SlackRefusal) as caught:
        await workspace.api.post("#sre", text="hello", blocks=[wrong])

    assert caught.value.final and caught.value.code == "invalid_blocks"
    assert "colour" in str(caught.value)


async def test_a_missing_scope_is_named(workspace: Workspace) -> None:
    workspace.fake.app.scopes -= {"chat:write"}

    with pytest.raises(SlackRefusal, match="chat:write"):
        await workspace.api.post("#sre", text="hello")


async def test_a_post_whose_answer_is_lost_is_not_repeated_here(workspace: Workspace) -> None:
    workspace.fake.accept_then_hang("chat.postMessage", 0.01)

    with pytest.raises(SlackAway):
        await workspace.api.post("#sre", text="hello")

    assert len(workspace.fake.channel("#sre").messages) == 1
    assert len(workspace.fake.requests_of("chat.postMessage")) == 1


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/api/", "http://bot:hunter2@127.0.0.1:1/api/", "http://nowhere.invalid/"],
)
async def test_slack_that_cannot_be_reached_is_away_and_no_secret_is_told(url: str) -> None:
    api = SlackApi(bot_token="xoxb-1-canary", api_url=url, timeout=timedelta(seconds=2))
    try:
        with pytest.raises(SlackAway) as caught:
            await api.post("#sre", text="hello")
    finally:
        await api.close()

    assert "canary" not in str(caught.value) and "hunter2" not in str(caught.value)


BODIES: dict[str, tuple[str, str]] = {
    "a list": ("application/json", "[1]"),
    "a number": ("application/json", "5"),
    "null": ("application/json", "null"),
    "half": ("application/json", '{"ok": tr'),
    "text": ("text/plain", "ok"),
    "nothing": ("application/json", ""),
    "without what was asked": ("application/json", '{"ok": true}'),
    "of another type": ("application/json", '{"ok": true, "ts": 5, "channel": {}, "user": 7}'),
    "a secret": ("application/json", '{"ok": false, "error": "xoxb-1-canary is wrong"}'),
    "no bytes of UTF-8": ("application/json", "\udcff"),
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize(
    "method", ["chat.postMessage", "users.info", "usergroups.list", "auth.test"]
)
async def test_strange_answers_are_delivery_errors_and_tell_no_secret(
    kind: str, method: str
) -> None:
    content_type, text = BODIES[kind]

    async def answer(request: web.Request) -> web.Response:
        body = text.encode("utf-8", "surrogateescape")
        return web.Response(body=body, content_type=content_type)

    async with served(answer) as url:
        api = SlackApi(bot_token="xoxb-1-canary", api_url=f"{url}/api/")
        with pytest.raises(DeliveryError) as caught:
            await CALLS[method](api)
        await api.close()

    assert "canary" not in str(caught.value)
