"""The webhook over a real store: what is stored, what is answered, and what a hostile sender cannot do."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest

from remediator.http.auth import Authenticator
from remediator.http.credentials import SourceKeys
from remediator.integrations.alertmanager.source import parse
from tests.http.daemon import Daemon, payload, running
from tests.integrations.alertmanager.test_source import BAD, GOOD

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

LARGEST = 16 * 1024 * 1024
SLOW = 0.3


async def test_a_good_notification_is_stored_as_it_came_before_the_answer(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        answer = await daemon.notify(payload("mixed"))

        (stored,) = await daemon.stored()
        assert answer.status == 202
        assert answer.json == {"notification": stored.id, "alerts": 2}
        assert stored.id.startswith("ntf_")
        assert (stored.body, stored.state) == (payload("mixed"), "new")
        assert (stored.source, stored.kind) == ("local", "alertmanager")
        assert daemon.metrics.notifications == [("local", "202")]


async def test_every_bad_body_is_kept_as_bad_and_the_next_good_one_is_taken(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        for name, (body, words) in BAD.items():
            answer = await daemon.notify(body)
            assert (answer.status, answer.error["code"]) == (400, "invalid"), name
            assert words in answer.error["message"], name
            assert (await daemon.notify(payload("firing"))).status == 202, name

        stored = await daemon.stored()
        bad = [n for n in stored if n.state == "bad"]
        assert len(bad) == len(BAD)
        assert all(n.error for n in bad)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity", ""])
async def test_any_content_encoding_is_refused_and_nothing_is_stored(
    tmp_path: Path, encoding: str
) -> None:
    async with running(tmp_path) as daemon:
        body = gzip.compress(payload("firing")) if encoding == "gzip" else payload("firing")

        answer = await daemon.notify(body, headers={"Content-Encoding": encoding})

        assert (answer.status, answer.error["code"]) == (415, "unsupported")
        assert await daemon.stored() == []


async def test_a_body_over_16_mib_is_refused_by_its_announced_length(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        head = f"POST /webhooks/alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LARGEST + 1}\r\n\r\n"

        status, body = await talk(daemon, head.encode())

        assert status == 413
        assert json.loads(body)["error"]["code"] == "too_large"
        assert daemon.metrics.notifications == [("local", "413")]


async def test_a_body_over_16_mib_is_refused_where_no_length_was_announced(tmp_path: Path) -> None:
    async def endless() -> Any:
        for _ in range(17):
            yield b" " * 1024 * 1024

    async with running(tmp_path) as daemon:
        answer = await daemon.notify(endless())

        assert (answer.status, answer.error["code"]) == (413, "too_large")
        assert await daemon.stored() == []


async def test_a_large_group_below_the_limit_is_taken(tmp_path: Path) -> None:
    alerts = [
        {**GOOD["alerts"][0], "fingerprint": f"{n:016x}", "annotations": {"text": "x" * 300}}
        for n in range(5_000)
    ]
    body = json.dumps({**GOOD, "alerts": alerts}).encode()

    async with running(tmp_path) as daemon:
        answer = await daemon.notify(body)

    assert len(body) > 2 * 1024 * 1024
    assert (answer.status, answer.json["alerts"]) == (202, 5_000)


async def test_a_body_that_comes_too_slowly_is_answered_503_so_that_it_is_sent_again(
    tmp_path: Path,
) -> None:
    head = (
        b"POST /webhooks/alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
    )

    async with running(tmp_path, body_seconds=SLOW) as daemon:
        status, body = await talk(daemon, head)

        assert (status, json.loads(body)["error"]["code"]) == (503, "unavailable")
        assert await daemon.stored() == []


async def test_good_notifications_are_taken_beside_slow_bodies_and_half_open_connections(
    tmp_path: Path,
) -> None:
    slow = b"POST /webhooks/alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{"

    async with running(tmp_path) as daemon:
        opened = [await asyncio.open_connection("127.0.0.1", daemon.port) for _ in range(600)]
        for number, (_, writer) in enumerate(opened):
            writer.write(slow if number % 2 else b"POST /webhooks")
        began = time.monotonic()
        answers = [await daemon.notify(payload("firing")) for _ in range(20)]
        took = time.monotonic() - began
        for _, writer in opened:
            writer.close()

        assert [answer.status for answer in answers] == [202] * 20
        assert took < 10


async def test_a_closed_store_is_503_and_the_connection_ends(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await daemon.store.close()

        answer = await daemon.notify(payload("firing"))

        assert (answer.status, answer.error["code"]) == (503, "unavailable")
        assert daemon.metrics.notifications == [("local", "503")]


async def test_a_bad_body_is_503_too_where_it_cannot_be_kept(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await daemon.store.close()

        assert (await daemon.notify(b"{")).status == 503


async def test_while_shutting_down_nothing_is_taken(tmp_path: Path) -> None:
    async with running(tmp_path, accepting=lambda: False) as daemon:
        answer = await daemon.notify(payload("firing"))

        assert answer.status == 503
        assert await daemon.stored() == []


async def test_the_source_whose_token_was_sent_is_stored_with_the_notification(
    tmp_path: Path,
) -> None:
    authenticator = Authenticator(sources=[SourceKeys(name="prod", tokens=["secret"])])

    async with running(tmp_path, authenticator=lambda: authenticator) as daemon:
        good = await daemon.notify(payload("firing"), headers={"Authorization": "Bearer secret"})
        wrong = await daemon.notify(payload("firing"), headers={"Authorization": "Bearer wrong"})

        assert (good.status, wrong.status) == (202, 401)
        assert [n.source for n in await daemon.stored()] == ["prod"]
        assert daemon.metrics.notifications == [("prod", "202"), ("-", "401")]


async def test_what_was_stored_reads_as_the_same_alerts_later(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await daemon.notify(payload("utf8"))

        (stored,) = await daemon.stored()
        assert parse(stored.body) == parse(payload("utf8"))


async def test_many_notifications_at_once_each_get_an_id_of_their_own(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        answers = await asyncio.gather(*(daemon.notify(payload("firing")) for _ in range(64)))

        ids = {answer.json["notification"] for answer in answers}
        assert len(ids) == 64
        assert {answer.status for answer in answers} == {202}


async def talk(daemon: Daemon, raw: bytes) -> tuple[int, bytes]:
    """Send raw bytes and return the answer's status and body, whatever is left open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
    writer.write(raw)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    writer.close()
    return int(head.split()[1]), body
