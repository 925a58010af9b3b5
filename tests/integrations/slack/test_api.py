"""SlackApi against the strict fake: what arrives, where answers go, and that posts take turns."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from time import monotonic

import pytest
from aiohttp import web

from remediator.integrations.slack.gateway.api import SlackApi, SlackAway, SlackRefusal
from tests.integrations.slack.workspace import Workspace, a_workspace, an_api, served

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with a_workspace() as workspace:
        yield workspace


async def test_a_message_is_posted_edited_and_answered(workspace: Workspace) -> None:
    api, fake = workspace.api, workspace.fake
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "*blocks*"}}

    where = await api.post("#sre", text="one", blocks=[block], metadata={"run_id": "run_1"})
    await api.post(where.channel, text="two", thread=where.ts, broadcast=True)
    await api.update(where, text="three")

    root, reply = fake.channel("#sre").messages
    assert (where.channel, where.ts) == ("C0SRE000", root.ts)
    assert root.metadata == {"event_type": "remediator_run", "event_payload": {"run_id": "run_1"}}
    assert [len(version.blocks) for version in root.versions] == [1, 0]
    assert root.versions[0].shown.plain == "*blocks*"
    assert root.plain == "three"
    assert reply.thread_ts == root.ts and reply.broadcast


async def test_a_whisper_is_seen_by_one_person(workspace: Workspace) -> None:
    await workspace.api.whisper("C0SRE000", "U0ANA", text="only you")

    assert [one.plain for one in workspace.fake.ephemerals("U0ANA")] == ["only you"]
    assert workspace.fake.ephemerals("U0BEN") == ()


async def test_a_file_lands_in_the_thread(workspace: Workspace) -> None:
    where = await workspace.api.post("#sre", text="root")

    await workspace.api.upload(
        where.channel, name="out.txt", title="Output", content=b"\x00\xff", thread=where.ts
    )

    (file,) = workspace.fake.files
    assert (file.name, file.title, file.content) == ("out.txt", "Output", b"\x00\xff")
    assert file.thread_ts == where.ts


async def test_the_identity_is_asked_once(workspace: Workspace) -> None:
    first, second = await workspace.api.identity(), await workspace.api.identity()

    app = workspace.fake.app
    assert first is second
    assert (first.team, first.app, first.bot_user) == (app.team, app.id, app.bot_user)
    assert "chat:write" in first.scopes
    assert len(workspace.fake.requests_of("auth.test")) == 1


async def test_without_the_scope_for_it_the_app_is_unknown_but_the_rest_is_known(
    workspace: Workspace,
) -> None:
    workspace.fake.app.scopes -= {"users:read"}

    identity = await workspace.api.identity()

    assert identity.app == "" and identity.team == workspace.fake.app.team


async def test_seeing_whether_one_could_post_leaves_nothing_behind(workspace: Workspace) -> None:
    await workspace.api.can_post("#sre")

    assert workspace.fake.messages == ()
    assert len(workspace.fake.requests_of("chat.deleteScheduledMessage")) == 1


async def test_a_redirect_of_an_answer_is_not_followed() -> None:
    hits: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        hits.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with served(answer) as url:
        api = SlackApi(bot_token="xoxb-1-x", api_url=f"{url}/api/")
        with pytest.raises(SlackAway, match="302"):
            await api.respond(f"{url}/answer", text="hello")
        await api.close()

    assert hits == ["/answer"]


@pytest.mark.parametrize(
    ("api_url", "response_url", "is_slacks"),
    [
        ("https://slack.com/api/", "https://hooks.slack.com/actions/T1/2/x", True),
        ("https://slack-gov.com/api/", "https://hooks.slack-gov.com/actions/T1/2/x", True),
        ("https://slack.com/api/", "https://slack.com/x", True),
        ("https://slack.com/api/", "https://HOOKS.SLACK.COM/x", True),
        ("https://slack.com/api/", "http://hooks.slack.com/x", False),
        ("https://slack.com/api/", "https://hooks.slack.com.evil.example/x", False),
        ("https://slack.com/api/", "https://evilslack.com/x", False),
        ("https://slack.com/api/", "https://hooks.slack.com@evil.example/x", False),
        ("https://slack.com/api/", "https://evil.example\\@hooks.slack.com/x", False),
        ("https://slack.com/api/", "https://u:p@hooks.slack.com/x", False),
        ("https://slack.com/api/", "https://169.254.169.254/x", False),
        ("https://slack.com/api/", "//hooks.slack.com/x", False),
        ("https://slack.com/api/", "https://[::1", False),
        ("https://slack.com/api/", "file:///etc/passwd", False),
        ("https://slack.com/api/", "", False),
    ],
)
async def test_answers_go_to_slack_and_nowhere_else(
    api_url: str, response_url: str, is_slacks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")  # nothing leaves this machine
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    api = SlackApi(bot_token="xoxb-1-x", api_url=api_url, timeout=timedelta(seconds=2))

    with pytest.raises(SlackAway if is_slacks else SlackRefusal):
        await api.respond(response_url, text="hello")
    await api.close()


async def test_a_proxy_is_used_but_not_for_what_no_proxy_names(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)

    monkeypatch.setenv("NO_PROXY", "other.example")
    with pytest.raises(SlackAway):
        await workspace.api.post("#sre", text="1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    direct = an_api(workspace.fake)
    await direct.post("#sre", text="2")
    await direct.close()

    assert [message.plain for message in workspace.fake.messages] == ["2"]


async def test_a_daemon_without_slack_does_not_load_its_sdk() -> None:
    program = (
        "import sys, remediator.integrations.slack.channel as s; from remediator.ports.gateways import Reads; "
        "s.CHANNELS[0].deliverer(Reads(), s.CHANNELS[0].settings.model_validate({'to': '#sre'})); "
        "print({'slack_sdk', 'slack_bolt', 'matplotlib', 'aiohttp'} & set(sys.modules))"
    )

    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate()

    assert out.strip() == b"set()"


async def test_posts_in_one_channel_take_turns_by_name_or_id(workspace: Workspace) -> None:
    api = an_api(workspace.fake, between_posts=timedelta(milliseconds=100))
    began = monotonic()
    where = await api.post("#sre", text="0")

    async with asyncio.TaskGroup() as group:
        for n, channel in enumerate(("#sre", where.channel, "#sre", where.channel), start=1):
            group.create_task(api.post(channel, text=str(n)))
    await api.close()

    assert [message.plain for message in workspace.fake.messages] == ["0", "1", "2", "3", "4"]
    times = [request.at for request in workspace.fake.requests_of("chat.postMessage")]
    # however late a busy machine is, none is early
    assert all(at - began > 0.09 * turn for turn, at in enumerate(times))


async def test_other_channels_do_not_wait(workspace: Workspace) -> None:
    api = an_api(workspace.fake, between_posts=timedelta(seconds=30))
    began = monotonic()
    await api.post("#sre", text="1")
    await api.post("#leads", text="1")
    await api.close()

    assert monotonic() - began < 15


async def test_a_queue_that_is_too_long_sends_people_away(workspace: Workspace) -> None:
    api = an_api(workspace.fake, between_posts=timedelta(seconds=30))
    await api.post("#sre", text="1")

    with pytest.raises(SlackAway) as caught:
        await api.post("#sre", text="2")
    await api.close()

    assert caught.value.retry_after == pytest.approx(20, abs=5)


async def test_close_may_come_twice_and_is_for_good(workspace: Workspace) -> None:
    await workspace.api.post("#sre", text="1")
    await workspace.api.close()
    await workspace.api.close()

    with pytest.raises(SlackAway, match="closed"):
        await workspace.api.post("#sre", text="2")
    with pytest.raises(SlackAway, match="closed"):
        await workspace.api.respond(f"{workspace.fake.url}/answer", text="2")
