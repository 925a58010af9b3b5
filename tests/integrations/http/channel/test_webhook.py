"""The channel `webhook` against a real server: what is sent, what counts as delivered, when to try again."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from remediator.core.errors import DeliveryError
from remediator.integrations.http.channel.webhook import CHANNELS, WebhookSettings
from remediator.integrations.http.gateway import HttpGateway
from remediator.ports.channel import Deliverer
from remediator.testing.channel_contract import ChannelContract, a_message
from tests.bound import reads_of
from tests.parts.server import free_port

(CHANNEL,) = CHANNELS


class Receiver:
    """A server that takes messages, and answers as told."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[Mapping[str, str], bytes]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.gateway = HttpGateway(["127.0.0.1"])
        self.deliverer: Deliverer

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, headers=self.headers)

    def with_settings(self, **more: object) -> Deliverer:
        settings = WebhookSettings.model_validate({"url": self.url, **more})
        return CHANNEL.deliverer(reads_of(http=self.gateway), settings)

    def seen(self) -> tuple[str, ...]:
        return tuple(body.decode() for _, body in self.got)

    def block(self) -> None:
        self.status = 503


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    receiver.deliverer = receiver.with_settings()
    yield receiver
    await receiver.gateway.close()
    await runner.cleanup()


class TestWebhook(ChannelContract):
    @pytest.fixture
    def audience(self, receiver: Receiver) -> Receiver:
        return receiver


async def test_the_body_holds_the_whole_message(receiver: Receiver) -> None:
    await receiver.deliverer.deliver(replace(a_message(), to="oncall"), None)

    headers, raw = receiver.got[0]
    assert headers["Content-Type"].startswith("application/json")
    assert json.loads(raw) == {
        "kind": "result",
        "run": "run_1",
        "thread": "run_1",
        "deduplication": "run_1:result:1",
        "title": "Disk space low on web1",
        "text": "Disk space low on web1. Cleanup ran. Space reclaimed: 1.0 GB.",
        "lines": ["journal.vacuum: done, 3.0 GB freed", "promql: holds (1 sample, 0.41)"],
        "facts": {"playbook": "disk-space-low", "run": "run_1", "took": "42s"},
        "to": "oncall",
        "body": {"run": "run_1", "outcome": "resolved", "alert": {"labels": {"instance": "web1"}}},
    }


async def test_a_repeat_has_the_same_key_and_another_message_another(receiver: Receiver) -> None:
    for number in (1, 1, 2):
        await receiver.deliverer.deliver(a_message(number=number), None)

    keys = [headers["Idempotency-Key"] for headers, _ in receiver.got]
    assert keys == ["run_1:result:1", "run_1:result:1", "run_1:result:2"]


async def test_a_strange_deduplication_key_is_still_one_header(receiver: Receiver) -> None:
    strange = replace(a_message(), deduplication="run_1:done:schön\r\nX-Evil: 1")

    await receiver.deliverer.deliver(strange, None)

    headers, _ = receiver.got[0]
    assert headers["Idempotency-Key"] == "run_1:done:sch%C3%B6n%0D%0AX-Evil:%201"
    assert "X-Evil" not in headers


async def test_the_signature_is_the_hmac_of_the_raw_body(
    receiver: Receiver, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")

    await receiver.with_settings(hmac_secret_file=str(secret)).deliver(a_message(), None)

    headers, raw = receiver.got[0]
    expected = hmac.new(b"s3cret", raw, hashlib.sha256).hexdigest()
    assert headers["X-Remediator-Signature"] == f"sha256={expected}"


async def test_a_changed_token_file_counts_from_the_next_message(
    receiver: Receiver, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    deliverer = receiver.with_settings(bearer_token_file=str(token))
    for secret in ("one", "two"):
        token.write_text(f"{secret}\n")
        await deliverer.deliver(a_message(), None)

    assert [headers["Authorization"] for headers, _ in receiver.got] == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize("content", [None, "", " \n"])
async def test_a_missing_or_empty_token_file_sends_nothing(
    receiver: Receiver, tmp_path: Path, content: str | None
) -> None:
    token = tmp_path / "token"
    if content is not None:
        token.write_text(content)

    with pytest.raises(DeliveryError, match="token"):
        await receiver.with_settings(bearer_token_file=str(token)).deliver(a_message(), None)

    assert receiver.got == []


async def test_a_token_with_a_line_break_inside_sends_nothing(
    receiver: Receiver, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("one\r\nX-Evil: 1")

    with pytest.raises(DeliveryError) as caught:
        await receiver.with_settings(bearer_token_file=str(token)).deliver(a_message(), None)

    assert receiver.got == []
    assert "X-Evil" not in str(caught.value)


REFUSALS = [
    (500, False),
    (502, False),
    (503, False),
    (429, False),
    (408, False),
    (425, False),
    (400, True),
    (401, True),
    (404, True),
    (410, True),
    (413, True),
    (301, True),
    (307, True),
]


@pytest.mark.parametrize(("status", "is_final"), REFUSALS)
async def test_only_what_a_later_try_could_change_is_tried_again(
    receiver: Receiver, status: int, is_final: bool
) -> None:
    receiver.status = status

    with pytest.raises(DeliveryError, match=str(status)) as caught:
        await receiver.deliverer.deliver(a_message(), None)

    assert caught.value.final is is_final


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_success_is_delivered(receiver: Receiver, status: int) -> None:
    receiver.status = status

    assert await receiver.deliverer.deliver(a_message(), None) == "run_1:result:1"


DATE = "Sun, 01 Mar 2026 12:00:00 GMT"
PAUSES = [
    ({"Retry-After": "7"}, 7),
    ({"Retry-After": " 120 "}, 120),
    ({"Retry-After": "0"}, 0),
    ({"Retry-After": "9" * 400}, 3600),
    ({"Retry-After": "-5"}, None),
    ({"Retry-After": "soon"}, None),
    ({"Retry-After": "1.5"}, None),
    ({"Retry-After": ""}, None),
    ({}, None),
    ({"Retry-After": "Sun, 01 Mar 2026 12:00:30 GMT", "Date": DATE}, 30),
    ({"Retry-After": "Sun, 01 Mar 2026 11:00:00 GMT", "Date": DATE}, 0),
    ({"Retry-After": "Sun, 01 Mar 2099 12:00:00 GMT", "Date": DATE}, 3600),
    ({"Retry-After": "Sun, 99 Mar 2026 12:00:30 GMT", "Date": DATE}, None),
]


@pytest.mark.parametrize(("headers", "pause"), PAUSES)
async def test_retry_after_is_honoured_within_reason(
    receiver: Receiver, headers: dict[str, str], pause: float | None
) -> None:
    receiver.status, receiver.headers = 429, headers

    with pytest.raises(DeliveryError) as caught:
        await receiver.deliverer.deliver(a_message(), None)

    assert caught.value.retry_after == pause


async def test_a_receiver_that_is_down_is_tried_again() -> None:
    gateway = HttpGateway(["127.0.0.1"])
    settings = WebhookSettings(url=f"http://127.0.0.1:{free_port()}/hook?key=hunter2")

    with pytest.raises(DeliveryError, match="nobody listens") as caught:
        await CHANNEL.deliverer(reads_of(http=gateway), settings).deliver(a_message(), None)

    assert not caught.value.final
    assert "hunter2" not in str(caught.value)
    await gateway.close()


async def test_a_host_that_is_not_allowed_is_final() -> None:
    gateway = HttpGateway([])
    settings = WebhookSettings(url="http://169.254.169.254/hook")

    with pytest.raises(DeliveryError, match=r"http\.allow") as caught:
        await CHANNEL.deliverer(reads_of(http=gateway), settings).deliver(a_message(), None)

    assert caught.value.final


async def test_without_a_gateway_the_error_names_the_setting() -> None:
    settings = WebhookSettings.model_validate({CHANNEL.shorthand: "http://hooks.example/"})

    with pytest.raises(DeliveryError, match=r"http\.allow"):
        await CHANNEL.deliverer(reads_of(), settings).deliver(a_message(), None)
