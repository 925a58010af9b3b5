"""The fake told to misbehave: what a daemon meets on Slack's bad days."""

import asyncio
import threading
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from remediator.integrations.slack.fake import FakeSlack

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        yield slack


def a_client(slack: FakeSlack, timeout: float = 5) -> AsyncWebClient:
    # an int by its annotation; aiohttp takes any number
    made = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url, retry_handlers=[])
    made.timeout = timeout  # type: ignore[assignment]
    return made


async def post(slack: FakeSlack, timeout: float = 5) -> None:
    await a_client(slack, timeout).chat_postMessage(channel="#sre", text="x")


def posted(slack: FakeSlack) -> int:
    return len(slack.messages)


async def test_an_error_comes_as_often_as_told(slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", "fatal_error", times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError, match="fatal_error"):
            await post(slack)
    await post(slack)
    assert posted(slack) == 1


async def test_an_error_lasts_until_recovery(slack: FakeSlack) -> None:
    slack.fail("*", times=None)
    for _ in range(3):
        with pytest.raises(SlackApiError, match="internal_error"):
            await post(slack)
    slack.recover()
    await post(slack)
    assert posted(slack) == 1


async def test_trouble_may_come_after_some_calls_that_go_well(slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", after=2)
    await post(slack)
    await post(slack)
    with pytest.raises(SlackApiError, match="internal_error"):
        await post(slack)
    await post(slack)
    assert posted(slack) == 3


async def test_a_status_comes_without_json(slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", status=503)
    with pytest.raises(SlackApiError) as caught:
        await post(slack)
    assert caught.value.response.status_code == 503
    assert posted(slack) == 0


async def test_a_rate_limit_says_how_long(slack: FakeSlack) -> None:
    slack.rate_limit("chat.postMessage", 7)
    with pytest.raises(SlackApiError) as caught:
        await post(slack)
    response = caught.value.response
    assert (response.status_code, response["error"]) == (429, "ratelimited")
    assert response.headers["Retry-After"] == "7"
    await post(slack)


async def test_a_rate_limit_may_last_a_while(slack: FakeSlack) -> None:
    slack.rate_limit("chat.postMessage", lasting=1.5)
    for _ in range(3):
        with pytest.raises(SlackApiError, match="ratelimited"):
            await post(slack)
    await asyncio.sleep(1.5)
    await post(slack)
    assert posted(slack) == 1


async def test_a_call_that_hangs_does_nothing(slack: FakeSlack) -> None:
    slack.hang("chat.postMessage")
    with pytest.raises(TimeoutError):
        await post(slack, timeout=0.2)
    assert posted(slack) == 0


async def test_a_call_may_hang_after_it_was_done(slack: FakeSlack) -> None:
    slack.accept_then_hang("chat.postMessage")
    with pytest.raises(TimeoutError):
        await post(slack, timeout=0.2)
    while not posted(slack):
        await asyncio.sleep(0.01)
    assert posted(slack) == 1


async def test_a_hanging_call_ends_with_a_dropped_connection(slack: FakeSlack) -> None:
    slack.accept_then_hang("chat.postMessage", seconds=0.05)
    with pytest.raises(aiohttp.ClientError):
        await post(slack)
    assert posted(slack) == 1


@pytest.mark.parametrize(("status", "error"), [(0, aiohttp.ClientError), (503, SlackApiError)])
async def test_slack_is_away_until_it_is_back(
    slack: FakeSlack, status: int, error: type[Exception]
) -> None:
    for _ in range(2):
        slack.away(status)
        with pytest.raises(error):
            await post(slack)
        slack.back()
        await post(slack)
    assert posted(slack) == 2


async def test_slack_that_hangs_can_be_stopped() -> None:
    async with FakeSlack() as slack:
        slack.hang("*", times=None)
        with pytest.raises(TimeoutError):
            await post(slack, timeout=0.1)


async def test_a_port_that_is_taken_is_an_error_and_leaves_no_thread(slack: FakeSlack) -> None:
    before = threading.active_count()
    with pytest.raises(OSError, match="address already in use"):
        FakeSlack(port=int(slack.url.rsplit(":", 1)[1])).start()
    assert threading.active_count() == before


async def test_strict_rates_allow_one_post_a_second_and_channel() -> None:
    async with FakeSlack(strict_rate=True) as slack:
        slack.add_channel("C0OPS000", "ops")
        client = a_client(slack)
        posts = await asyncio.gather(*(post(slack) for _ in range(30)), return_exceptions=True)
        refused = [each for each in posts if isinstance(each, SlackApiError)]
        assert 0 < len(refused) <= 27  # a burst of three goes through
        assert {each.response.headers["Retry-After"] for each in refused} == {"1"}
        await client.chat_postMessage(channel="#ops", text="x")
        await asyncio.sleep(1.05)
        await post(slack)


async def test_strict_rates_know_the_tier_of_a_method() -> None:
    async with FakeSlack(strict_rate=True) as slack:
        client = a_client(slack)
        for _ in range(20):
            await client.usergroups_list()
        with pytest.raises(SlackApiError, match="ratelimited"):
            await client.usergroups_list()
