"""The fake's Socket Mode against the real client of slack_sdk: what a daemon behind a firewall lives through."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from remediator.integrations.slack.fake import FakeSlack
from remediator.integrations.slack.fake.messages import Message

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

Listener = Callable[[Any, SocketModeRequest], Awaitable[None]]
BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
BLOCKS = [{"type": "actions", "elements": [{**BUTTON, "value": "run_1.9f2c1ab4"}]}]


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        slack.add_user("U1", "ana")
        yield slack


@asynccontextmanager
async def client(slack: FakeSlack, listener: Listener) -> AsyncIterator[SocketModeClient]:
    """Connect as a daemon does; a small ping interval notices quickly that nobody answers."""
    web = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    made = SocketModeClient(app_token=slack.app.app_token, web_client=web, ping_interval=0.1)
    made.socket_mode_request_listeners.append(listener)
    try:
        await made.connect()
        yield made
    finally:
        await made.close()
        await asyncio.sleep(0)  # lets what was cancelled end


def app(heard: list[SocketModeRequest], answer: dict[str, Any] | None = None) -> Listener:
    async def listener(client: SocketModeClient, request: SocketModeRequest) -> None:
        heard.append(request)
        await client.send_socket_mode_response(
            SocketModeResponse(envelope_id=request.envelope_id, payload=answer)
        )

    return listener


async def deaf_app(client: SocketModeClient, request: SocketModeRequest) -> None:
    """Hear, and acknowledge nothing."""


async def post(slack: FakeSlack) -> Message:
    web = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    await web.chat_postMessage(channel="#sre", text="Approve?", blocks=BLOCKS)
    return slack.channel("#sre").messages[-1]


async def test_a_click_arrives_in_an_envelope_and_is_acknowledged(slack: FakeSlack) -> None:
    heard: list[SocketModeRequest] = []
    async with client(slack, app(heard)):
        await slack.connected()
        delivery = await slack.click(await post(slack), "go", "U1")

    assert (delivery.acknowledged, delivery.error, delivery.ack) == (True, "", None)
    assert [request.type for request in heard] == ["interactive"]
    assert heard[0].payload == delivery.payload
    assert heard[0].payload["actions"][0]["value"] == "run_1.9f2c1ab4"


async def test_a_command_may_be_answered_with_the_acknowledgement(slack: FakeSlack) -> None:
    heard: list[SocketModeRequest] = []
    async with client(slack, app(heard, {"text": "2 runs &lt;open&gt;"})):
        await slack.connected()
        delivery = await slack.command("/remediator status", "U1")

    assert [(request.type, request.payload["text"]) for request in heard] == [
        ("slash_commands", "status")
    ]
    assert [answer.plain for answer in delivery.answers] == ["2 runs <open>"]


async def test_nobody_connected_is_an_error_on_the_persons_screen(slack: FakeSlack) -> None:
    delivery = await slack.command("/remediator status", "U1")
    assert (delivery.acknowledged, delivery.error) == (False, "dispatch_failed")


async def test_an_acknowledgement_that_comes_too_late_is_an_error() -> None:
    async with FakeSlack(patience=0.2) as slack, client(slack, deaf_app):
        slack.add_user("U1", "ana")
        await slack.connected()
        delivery = await slack.command("/remediator status", "U1")
    assert delivery.error == "operation_timeout"
    assert 0.2 <= delivery.took < 10


async def test_each_payload_goes_to_one_connection_and_all_get_some(slack: FakeSlack) -> None:
    first: list[SocketModeRequest] = []
    second: list[SocketModeRequest] = []
    async with client(slack, app(first)), client(slack, app(second)):
        await slack.connected(2)
        for _ in range(4):
            await slack.command("/remediator status", "U1")
    assert (len(first), len(second)) == (2, 2)


async def test_the_eleventh_connection_is_refused(slack: FakeSlack) -> None:
    web = AsyncWebClient(base_url=slack.api_url)
    async with aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            link = await web.apps_connections_open(app_token=slack.app.app_token)
            sockets.append(await session.ws_connect(link["url"]))
        firsts = [await socket.receive_json() for socket in sockets]
        for socket in sockets:
            await socket.close()
    assert {first["type"] for first in firsts[:10]} == {"hello"}
    assert firsts[0]["connection_info"]["app_id"] == slack.app.id
    assert firsts[10]["reason"] == "too_many_websockets"


async def test_a_url_is_good_for_one_connection(slack: FakeSlack) -> None:
    web = AsyncWebClient(base_url=slack.api_url)
    link = (await web.apps_connections_open(app_token=slack.app.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(link)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(link)
        await socket.close()


async def test_a_bot_token_opens_no_connection(slack: FakeSlack) -> None:
    web = AsyncWebClient(base_url=slack.api_url)
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await web.apps_connections_open(app_token=slack.app.bot_token)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_the_client_comes_back_after_a_disconnect(slack: FakeSlack, reason: str) -> None:
    heard: list[SocketModeRequest] = []
    async with client(slack, app(heard)):
        await slack.connected()
        before = slack.connections
        slack.disconnect(reason)
        await _until(lambda: len(slack.connections) == 1 and slack.connections != before)
        assert (await slack.command("/remediator status", "U1")).acknowledged


async def test_a_deaf_connection_is_noticed_and_replaced(slack: FakeSlack) -> None:
    heard: list[SocketModeRequest] = []
    async with client(slack, app(heard)):
        await slack.connected()
        before = slack.connections
        slack.deafen()
        await _until(lambda: any(one not in before for one in slack.connections))
        await slack.connected()
        assert (await slack.command("/remediator status", "U1")).acknowledged


async def test_slack_goes_away_and_comes_back(slack: FakeSlack) -> None:
    heard: list[SocketModeRequest] = []
    async with client(slack, app(heard)):
        await slack.connected()
        await asyncio.to_thread(slack.away)
        assert slack.connections == ()
        with pytest.raises(aiohttp.ClientError):
            await post(slack)
        await asyncio.to_thread(slack.back)
        await slack.connected()
        assert (await slack.command("/remediator status", "U1")).acknowledged


async def test_every_envelope_twice_when_told_so(slack: FakeSlack) -> None:
    heard: list[SocketModeRequest] = []
    slack.duplicate()
    async with client(slack, app(heard)):
        await slack.connected()
        delivery = await slack.click(await post(slack), "go", "U1")
    first, second = heard
    assert first.envelope_id != second.envelope_id
    assert first.payload == second.payload
    assert len(delivery.attempts) == 2


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)
