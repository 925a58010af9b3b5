"""The check `http`: a URL on an allowed host answers as said."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from pydantic import ValidationError

from remediator.core.alert import Alert, AlertStatus
from remediator.core.facts import Answer, Known
from remediator.core.target import Target
from remediator.integrations.http.checks.http import CHECKS, HttpParameters
from remediator.integrations.http.gateway import HttpGateway
from remediator.ports.check import Question
from tests.bound import reads_of
from tests.parts.server import free_port

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOLDS, FAILS, UNKNOWN = Known.HOLDS, Known.FAILS, Known.UNKNOWN
(CHECK,) = CHECKS


@pytest.fixture
async def base() -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/slow":
            await asyncio.sleep(5)
        if request.path == "/cut" and request.transport:
            request.transport.close()
        status = int(request.query.get("status", "200"))
        return web.Response(status=status, text="all is ok", headers={"Location": "/"})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def ask(url: str, *, allowed: tuple[str, ...] = ("127.0.0.1",), **more: object) -> Answer:
    gateway = HttpGateway(allowed)
    question = Question(
        parameters=HttpParameters.model_validate({"url": url, **more}),
        alert=Alert(fingerprint="f", status=AlertStatus.FIRING, labels={}, starts_at=NOW),
        target=Target("host", "web1"),
        now=NOW,
    )
    answer = await CHECK.checker(reads_of(http=gateway)).ask(question)
    await gateway.close()
    return answer


@pytest.mark.parametrize(
    ("path", "more", "known"),
    [
        ("/", {}, HOLDS),
        ("/", {"contains": "is ok"}, HOLDS),
        ("/", {"contains": "is bad"}, FAILS),
        ("/?status=204", {}, FAILS),
        ("/?status=204", {"status": 204}, HOLDS),
        ("/?status=204", {"status": [200, 204]}, HOLDS),
        ("/?status=503", {}, FAILS),
        ("/?status=503", {"status": 503, "contains": "ok"}, HOLDS),
        ("/?status=302", {}, FAILS),
        ("/?status=302", {"status": 302}, HOLDS),
        ("/slow", {"within": "150ms"}, UNKNOWN),
        ("/cut", {}, UNKNOWN),
    ],
)
async def test_status_and_text_must_be_as_said(
    base: str, path: str, more: dict[str, object], known: Known
) -> None:
    assert (await ask(base + path, **more)).known is known


async def test_a_refused_connection_does_not_hold() -> None:
    answer = await ask(f"http://127.0.0.1:{free_port()}/")

    assert answer.known is FAILS
    assert "nobody listens" in answer.detail


async def test_a_host_that_is_not_allowed_is_unknown_and_the_answer_names_the_setting(
    base: str,
) -> None:
    answer = await ask(base, allowed=("shop.example",))

    assert answer.known is UNKNOWN
    assert "http.allow" in answer.detail


async def test_without_a_gateway_the_answer_names_the_setting() -> None:
    question = Question(
        parameters=HttpParameters(url="http://x/"),
        alert=Alert(fingerprint="f", status=AlertStatus.FIRING, labels={}, starts_at=NOW),
        target=Target("host", "web1"),
        now=NOW,
    )

    answer = await CHECK.checker(reads_of()).ask(question)

    assert answer.known is UNKNOWN
    assert "http.allow" in answer.detail


@pytest.mark.parametrize(
    "wrong",
    [{"url": ""}, {"status": 99}, {"status": []}, {"status": True}, {"within": "soon"}, {"x": 1}],
)
def test_parameters_are_read_when_the_playbook_is(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        HttpParameters.model_validate({"url": "http://x/", **wrong})
