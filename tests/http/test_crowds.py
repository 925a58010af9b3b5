"""The listener under crowds and garbage: a bound on connections, time for a head, errors in the one shape."""

from __future__ import annotations

import asyncio
import json
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from remediator.http import accepting
from tests.http.daemon import Daemon, payload, running
from tests.http.test_webhook import talk

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

HALF = b"POST /webhooks/alertmanager HTTP/1.1\r\nHost: localhost\r\n"
SLOW = HALF + b"Content-Length: 99\r\n\r\n{"


@pytest.fixture
def few_files() -> Iterator[int]:
    """A process with few descriptors more than it has open now."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, before[1]))
    yield 128
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def flood(daemon: Daemon, count: int, first: bytes) -> list[asyncio.StreamWriter]:
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
        writer.write(first)
        writers.append(writer)
    return writers


@pytest.mark.parametrize("first", [HALF, SLOW, b""], ids=["half a head", "half a body", "nothing"])
async def test_more_connections_than_there_is_room_for_keep_no_good_one_out(
    tmp_path: Path, first: bytes
) -> None:
    async with running(tmp_path) as daemon:
        (site,) = daemon.runner.sites
        site._most = 20  # as if there were few descriptors: the test itself needs many
        writers = await flood(daemon, 100, first)

        began = time.monotonic()
        answers = [await daemon.notify(payload("firing")) for _ in range(5)]

        assert [answer.status for answer in answers] == [202] * 5
        assert time.monotonic() - began < accepting.HEAD_SECONDS / 2  # not by outwaiting the others
        assert len(site._connections) <= 21
        told = [fields for name, fields in daemon.metrics.logged if name == "connections_full"]
        assert len(told) == 1
        for writer in writers:
            writer.close()


async def test_a_head_that_does_not_come_ends_the_connection(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        (site,) = daemon.runner.sites
        reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
        writer.write(HALF)
        async with asyncio.timeout(60):
            while not len(site._connections):
                await asyncio.sleep(0.01)
            site._connections.end_silent(asyncio.get_running_loop().time())
            with suppress(ConnectionResetError):  # the half came after the end
                assert await reader.read() == b""
        writer.close()
    assert accepting.HEAD_SECONDS <= 30


@pytest.mark.parametrize(
    "raw",
    [
        b"SECRET-WORD\r\n\r\n",
        b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nSECRET-WORD\r\n\r\n",
        b"GET /-/healthy HTTP/9.9\r\nHost: SECRET-WORD\r\n\r\n",
        b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nX: " + b"SECRET-WORD" * 2000 + b"\r\n\r\n",
        b"GET /SECRET-WORD\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: SECRET-WORD\r\n\r\n",
    ],
)
async def test_what_the_parser_refuses_is_answered_as_json_without_the_senders_words(
    tmp_path: Path, raw: bytes
) -> None:
    async with running(tmp_path) as daemon:
        status, body = await talk(daemon, raw)

    error = json.loads(body)["error"]
    assert (status, error["code"]) == (400, "invalid")
    assert set(error) == {"code", "message", "hint"}
    assert b"SECRET-WORD" not in body


@pytest.mark.parametrize("path", ["/webhooks/alertmanager", "/-/healthy", "/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_is_expected_in_vain_is_417_as_json_without_the_senders_words(
    tmp_path: Path, path: str, method: str
) -> None:
    raw = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nExpect: SECRET-WORD\r\n\r\n"

    async with running(tmp_path) as daemon:
        status, body = await talk(daemon, raw.encode())

    assert (status, json.loads(body)["error"]["code"]) == (417, "unsupported")
    assert b"SECRET-WORD" not in body


async def test_a_final_slash_does_no_harm(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        answer = await daemon.ask("POST", "/webhooks/alertmanager/", data=payload("firing"))
        assert (answer.status, answer.json["alerts"]) == (202, 1)


async def test_large_bodies_share_their_room_and_small_ones_need_none(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        head = HALF + b"Content-Length: 16000000\r\n\r\n" + b" " * 15_900_000
        writers = await flood(daemon, 8, head)
        async with asyncio.timeout(60):  # until they have come
            while (
                large := await daemon.notify(payload("firing") + b" " * 15_000_000)
            ).status == 202:
                await asyncio.sleep(0.1)
        small = await daemon.notify(payload("firing"))

        assert small.status == 202
        assert (large.status, large.error["code"]) == (503, "unavailable")
        for writer in writers:
            writer.close()


async def test_where_nothing_can_be_written_it_is_not_ready(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        assert (await daemon.get("/-/ready")).status == 200
        other = sqlite3.connect(tmp_path / "store/remediator.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # as long as it is open, nothing can be written
        await asyncio.sleep(3.1)  # as long as an earlier answer is good

        blocked = await daemon.get("/-/ready")
        read = await daemon.get("/api/v1/status")
        other.execute("ROLLBACK")
        other.close()
        async with asyncio.timeout(60):
            while (await daemon.get("/-/ready")).status != 200:
                await asyncio.sleep(0.2)

        assert (blocked.status, blocked.error["code"]) == (503, "unavailable")
        assert read.status == 200


async def test_however_often_it_is_asked_hardly_anything_is_written(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        wal = tmp_path / "store/remediator.sqlite3-wal"
        await daemon.get("/-/ready")
        before, began = wal.stat().st_size, time.monotonic()

        for _ in range(200):
            assert (await daemon.get("/-/ready")).status == 200

        writes = (wal.stat().st_size - before) / 4096
        assert writes <= 4 * (1 + (time.monotonic() - began) / 3)
