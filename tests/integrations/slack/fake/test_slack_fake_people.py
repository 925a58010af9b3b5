"""People of the fake press, submit and type at a small bolt app, by a socket and by its URL; bolt notices nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from remediator.integrations.slack.fake import CannotHappen, FakeSlack
from remediator.integrations.slack.fake.delivery import Delivery
from remediator.integrations.slack.fake.messages import Message
from remediator.integrations.slack.fake.refusals import Refusal

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

TEXT = {"type": "plain_text", "text": "Go"}
REASON = {
    "type": "input",
    "block_id": "reason",
    "label": TEXT,
    "element": {"type": "plain_text_input", "action_id": "why", "min_length": 3},
}
MODAL = {
    "type": "modal",
    "callback_id": "run.reject",
    "title": TEXT,
    "submit": TEXT,
    "private_metadata": "run_1",
    "blocks": [REASON],
}


def actions(*names: str, value: str = "run_1.9f2c1ab4") -> list[dict[str, Any]]:
    buttons = [{"type": "button", "text": TEXT, "action_id": n, "value": value} for n in names]
    return [{"type": "actions", "elements": buttons}]


def an_app(slack: FakeSlack) -> AsyncApp:
    quiet = logging.getLogger("quiet")
    quiet.setLevel(logging.CRITICAL)
    client = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    app = AsyncApp(signing_secret=slack.app.signing_secret, client=client, logger=quiet)

    @app.action("approve")
    async def approve(ack: Any, body: Any, respond: Any) -> None:
        await ack()
        await respond(text=f"approved {body['actions'][0]['value']}")

    @app.action("whisper")
    async def whisper(ack: Any, body: Any, client: Any) -> None:
        await ack()
        user, channel = body["user"]["id"], body["channel"]["id"]
        await client.chat_postEphemeral(channel=channel, user=user, text="psst")

    @app.action("reject")
    async def reject(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("run.reject")
    async def rejected(ack: Any, view: Any) -> None:
        why = view["state"]["values"]["reason"]["why"]["value"]
        if why == "again":
            await ack(response_action="update", view={**MODAL, "private_metadata": "run_2"})
        elif why == "wrong":
            await ack(response_action="errors", errors={"nothing": "say more"})
        elif why == "because":
            await ack(response_action="errors", errors={"reason": "say more"})
        else:
            await ack()

    @app.command("/remediator")
    async def command(ack: Any, command: Any) -> None:
        await ack(text=f"you typed {command['text']}")

    return app


async def serve(slack: FakeSlack, app: AsyncApp, stack: AsyncExitStack) -> None:
    """Offer the app at a URL of its own."""

    async def events(request: web.Request) -> web.Response:
        answer = await app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    site = web.Application()
    site.router.add_post("/slack/events", events)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.send_to(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")


@pytest.fixture(params=["socket", "http"])
async def slack(request: pytest.FixtureRequest) -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack, AsyncExitStack() as stack:
        slack.add_user("U1", "ana")
        slack.add_group("S1", "sre", ["U1"])
        app = an_app(slack)
        if request.param == "http":
            await serve(slack, app, stack)
        else:
            handler = AsyncSocketModeHandler(app, slack.app.app_token)
            await handler.connect_async()
            stack.push_async_callback(handler.close_async)
            await slack.connected()
        yield slack


async def post(slack: FakeSlack, blocks: list[dict[str, Any]]) -> Message:
    client = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    await client.chat_postMessage(channel="#sre", text="x", blocks=blocks)
    return slack.channel("#sre").messages[-1]


async def edit(slack: FakeSlack, message: Message, blocks: list[dict[str, Any]]) -> None:
    client = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    await client.chat_update(channel=message.channel, ts=message.ts, text="x", blocks=blocks)


@pytest.mark.parametrize(
    ("action", "answer"), [("approve", "approved run_1.9f2c1ab4"), ("whisper", "psst")]
)
async def test_a_click_is_acknowledged_and_answered_to_that_person(
    slack: FakeSlack, action: str, answer: str
) -> None:
    delivery = await slack.click(await post(slack, actions("approve", "whisper")), action, "U1")
    assert delivery.acknowledged
    assert [one.text for one in await delivery.answered()] == [answer]
    assert [one.text for one in slack.ephemerals("U1")] == [answer]


async def test_a_click_opens_a_modal_which_is_submitted(slack: FakeSlack) -> None:
    await slack.click(await post(slack, actions("reject")), "reject", "U1")
    await _until_view(slack)
    (view,) = slack.views

    await slack.submit(view, {"why": "because"})
    assert (view.state, view.errors) == ("open", {"reason": "say more"})
    with pytest.raises(Refusal, match="of no input"):
        await slack.submit(view, {"why": "wrong"})
    await slack.submit(view, {"why": "again"})
    assert (view.state, view.errors, view.now["private_metadata"]) == ("open", {}, "run_2")
    await slack.submit(view, {"reason": "deploy is mine"})
    assert view.state == "submitted"
    with pytest.raises(CannotHappen, match="submitted"):
        slack.submit(view, {"reason": "once more"})


async def test_a_command_reaches_the_app_escaped(slack: FakeSlack) -> None:
    delivery = await slack.command("/remediator why @ana @sre @who #sre <b> & c", "U1")
    text = delivery.payload["text"]
    assert text == ("why <@U1|ana> <!subteam^S1|@sre> @who <#C0SRE000|sre> &lt;b&gt; &amp; c")
    assert [one.text for one in delivery.answers] == [f"you typed {text}"]


async def test_an_unknown_action_is_not_acknowledged() -> None:
    async with FakeSlack() as slack, AsyncExitStack() as stack:
        slack.add_user("U1", "ana")
        await serve(slack, an_app(slack), stack)
        delivery = await slack.click(await post(slack, actions("other")), "other", "U1")
    assert (delivery.status, delivery.error) == (404, "http_404")


async def test_what_is_not_shown_cannot_be_pressed(slack: FakeSlack) -> None:
    message = await post(slack, actions("approve"))
    with pytest.raises(CannotHappen, match="0 buttons"):
        slack.click(message, "reject", "U1")
    with pytest.raises(CannotHappen, match="add_user"):
        slack.click(message, "approve", "U9")

    await edit(slack, message, [{"type": "divider"}])
    with pytest.raises(CannotHappen, match="0 buttons"):
        slack.click(message, "approve", "U1")
    late = slack.click(message, "approve", "U1", stale=message.versions[0])
    assert (await late).payload["message"]["blocks"] == message.versions[0].blocks

    slack.delete(message)
    with pytest.raises(CannotHappen, match="deleted"):
        slack.click(message, "approve", "U1", stale=message.versions[0])


async def test_the_value_chooses_among_buttons_of_one_name(slack: FakeSlack) -> None:
    both = actions("approve", value="run_1") + actions("approve", value="run_2")
    message = await post(slack, both)
    with pytest.raises(CannotHappen, match="2 buttons"):
        slack.click(message, "approve", "U1")
    delivery = slack.click(message, "approve", "U1", value="run_2")
    assert (await delivery.answered())[0].text == "approved run_2"


async def test_a_private_channel_is_for_its_members(slack: FakeSlack) -> None:
    slack.add_user("U2", "ben")
    slack.add_channel("C0SEC000", "secret", private=True, members=["U1"])
    client = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    await client.chat_postMessage(channel="C0SEC000", text="x", blocks=actions("approve"))
    (message,) = slack.channel("#secret").messages
    with pytest.raises(CannotHappen, match="not in #secret"):
        slack.click(message, "approve", "U2")
    delivery = await slack.click(message, "approve", "U1")
    assert delivery.payload["channel"] == {"id": "C0SEC000", "name": "privategroup"}


@pytest.mark.parametrize("values", [{}, {"why": ""}, {"why": "no"}, {"who": "me", "why": "long"}])
async def test_the_client_submits_no_form_that_is_not_filled_in(
    slack: FakeSlack, values: dict[str, str]
) -> None:
    client = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    await client.views_open(trigger_id=slack.trigger("U1"), view=MODAL)
    with pytest.raises(CannotHappen):
        slack.submit(slack.views[0], values)


async def answer(delivery: Delivery, **body: Any) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(delivery.payload["response_url"], json=body) as response,
    ):
        return response.status, await response.text()


async def test_a_response_url_works_five_times_in_half_an_hour(slack: FakeSlack) -> None:
    delivery = await slack.command("/remediator status", "U1")
    late = await slack.command("/remediator status", "U1")
    slack.world.ephemerals.clear()

    statuses = [(await answer(delivery, text="x"))[0] for _ in range(6)]
    assert statuses == [200, 200, 200, 200, 200, 404]
    assert [one.by for one in delivery.answers] == ["response_url"] * 5
    slack.let_pass(1801)
    assert await answer(late, text="x") == (404, "expired_url")


async def test_an_answer_can_be_lost_on_its_way(slack: FakeSlack) -> None:
    delivery = await slack.command("/remediator status", "U1")
    before = len(delivery.answers)
    slack.fail("response_url", status=503)
    slack.accept_then_hang("response_url", seconds=0.05)
    assert (await answer(delivery, text="x"))[0] == 503
    assert len(delivery.answers) == before
    with pytest.raises(aiohttp.ClientError):
        await answer(delivery, text="x")
    assert len(delivery.answers) == before + 1


ANSWERS: list[tuple[dict[str, Any], str]] = [
    ({"text": ""}, "no_text"),
    ({"txt": "x"}, "invalid_payload"),
    ({"blocks": [{"type": "plan"}]}, "invalid_blocks"),
]


@pytest.mark.parametrize(("body", "error"), ANSWERS)
async def test_a_malformed_answer_is_refused(
    slack: FakeSlack, body: dict[str, Any], error: str
) -> None:
    delivery = await slack.command("/remediator status", "U1")
    assert await answer(delivery, **body) == (400, error)


async def test_an_answer_may_replace_the_message(slack: FakeSlack) -> None:
    message = await post(slack, actions("approve"))
    delivery = await slack.click(message, "approve", "U1")
    await answer(delivery, text="done", replace_original=True)
    assert (message.text, len(message.versions)) == ("done", 2)


async def test_a_request_can_be_replayed_and_forged() -> None:
    async with FakeSlack() as slack, AsyncExitStack() as stack:
        slack.add_user("U1", "ana")
        await serve(slack, an_app(slack), stack)
        delivery = await slack.command("/remediator status", "U1")
        await slack.repeat(delivery)
        assert [attempt.status for attempt in delivery.attempts] == [200, 200]
        first, again = delivery.attempts
        assert (first.sent, first.headers) == (again.sent, again.headers)

        slack.app.signing_secret = "another"
        assert (await slack.command("/remediator status", "U1")).status == 401
        assert (await slack.send({"type": "block_actions"}, "U1")).status == 401


async def test_a_request_is_sent_twice_with_signatures_of_their_own() -> None:
    async with FakeSlack() as slack, AsyncExitStack() as stack:
        slack.add_user("U1", "ana")
        await serve(slack, an_app(slack), stack)
        slack.duplicate()
        delivery = await slack.command("/remediator status", "U1")
    signatures = {attempt.headers["X-Slack-Signature"] for attempt in delivery.attempts}
    assert len(signatures) == 2


async def test_an_app_that_is_down_or_slow_is_an_error_on_the_screen() -> None:
    async with FakeSlack(patience=0.2) as slack, AsyncExitStack() as stack:
        slack.add_user("U1", "ana")
        slow = an_app(slack)

        @slow.action("slow")
        async def sleep(ack: Any) -> None:
            await asyncio.sleep(0.5)
            await ack()

        slack.send_to("http://127.0.0.1:9/slack/events")
        message = await post(slack, actions("slow"))
        assert (await slack.click(message, "slow", "U1")).error == "dispatch_failed"
        await serve(slack, slow, stack)
        assert (await slack.click(message, "slow", "U1")).error == "operation_timeout"


def test_everything_works_without_a_loop_of_ones_own() -> None:
    with FakeSlack() as slack:
        slack.add_user("U1", "ana")
        delivery = slack.command("/remediator status", "U1").wait()
        assert delivery.error == "dispatch_failed"
        with pytest.raises(TimeoutError):
            delivery.wait_for_answer(timeout=0.05)


async def _until_view(slack: FakeSlack) -> None:
    async with asyncio.timeout(60):
        while not slack.views:
            await asyncio.sleep(0.01)
