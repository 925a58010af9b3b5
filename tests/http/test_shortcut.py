"""The webhook's way past the router: the same checks and answers as on the way through it, which odd requests take."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from remediator.http.auth import Authenticator
from remediator.http.credentials import SourceKeys
from tests.http.daemon import payload, running

SHORT, ROUTED = "/webhooks/alertmanager", "/webhooks/alertmanager?routed=1"
BOTH = pytest.mark.parametrize("path", [SHORT, ROUTED])
JSON = {"Content-Type": "application/json"}


@BOTH
async def test_a_notification_is_taken(tmp_path: Path, path: str) -> None:
    async with running(tmp_path) as daemon:
        answer = await daemon.ask("POST", path, data=payload("mixed"), headers=JSON)

        (stored,) = await daemon.stored()
        assert answer.status == 202
        assert answer.json == {"notification": stored.id, "alerts": 2}
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Server"] == "remediator"


@BOTH
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer wrong"}, 401),
        ({}, 401),
        ({"Authorization": "Bearer right", "Origin": "https://evil.example"}, 403),
        ({"Authorization": "Bearer right", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Authorization": "Bearer right", "Host": "evil.example"}, 403),
        ({"Authorization": "Bearer right", "Content-Encoding": "gzip"}, 415),
    ],
)
async def test_who_or_what_must_not_come_in_does_not(
    tmp_path: Path, path: str, headers: dict[str, str], status: int
) -> None:
    authenticator = Authenticator(sources=[SourceKeys(name="prod", tokens=["right"])])

    async with running(tmp_path, authenticator=lambda: authenticator) as daemon:
        answer = await daemon.ask("POST", path, data=payload("firing"), headers=JSON | headers)

        assert answer.status == status
        assert set(answer.error) == {"code", "message", "hint"}
        assert await daemon.stored() == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_other_methods_are_not_taken(tmp_path: Path, method: str) -> None:
    async with running(tmp_path) as daemon:
        answer = await daemon.ask(method, SHORT, data=payload("firing"), headers=JSON)

        assert (answer.status, answer.error["code"]) == (405, "method_not_allowed")
        assert await daemon.stored() == []


async def test_a_sender_that_asks_before_it_sends_the_body_is_told_to_go_on(tmp_path: Path) -> None:
    body = payload("firing")
    head = (
        f"POST {SHORT} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )

    async with running(tmp_path) as daemon:
        reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
        writer.write(head.encode())
        told = await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.close()

    assert told.startswith(b"HTTP/1.1 100 ")
    assert answer.startswith(b"HTTP/1.1 202 ")


async def test_a_bug_behind_the_shortcut_is_500_and_logged_without_its_words(
    tmp_path: Path,
) -> None:
    def broken() -> Authenticator:
        raise LookupError("the words of a bug")

    async with running(tmp_path, authenticator=broken) as daemon:
        answer = await daemon.ask("POST", SHORT, data=payload("firing"), headers=JSON)

        assert (answer.status, answer.error["code"]) == (500, "internal")
        assert b"words of a bug" not in answer.body
        assert [name for name, _ in daemon.metrics.logged] == ["http_failed"]
