"""A post on a kept connection at the very moment at which the server ends it: answered, or not taken at all."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from remediator.http import server
from tests.http.daemon import Daemon, payload, running

pytestmark = pytest.mark.slow

KEPT = 0.4  # seconds, instead of minutes
NEAR = 0.004
SENDERS = 80
LONGEST_IDLE = 300.0
"""For how long Alertmanager and Prometheus keep an idle connection: prometheus/common, config/http_config.go."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a connection's second post."""

    name: str
    status: bytes  # empty where the connection ended without an answer


async def test_a_post_at_the_end_of_a_kept_connection_is_answered_or_was_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(server._OF_CONNECTIONS, "keepalive_timeout", KEPT)
    async with running(tmp_path) as daemon:
        early, late = -KEPT * 0.8, KEPT
        offsets = [early, late, *(NEAR * (2 * n / SENDERS - 1) for n in range(SENDERS))]

        sent = await asyncio.gather(*(_twice(daemon, n, at) for n, at in enumerate(offsets)))

        taken = await _taken(daemon)
    answered = {each.name for each in sent if each.status == b"202"}
    assert {each.name for each in sent if each.status not in (b"202", b"")} == set()
    assert (sent[0].status, sent[1].status) == (b"202", b"")
    assert taken == answered


async def test_a_connection_that_the_server_ends_for_room_has_no_post_that_was_taken_unheard(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as daemon:
        (site,) = daemon.runner.sites
        clients = [await _first(daemon, n) for n in range(SENDERS)]

        for number, (_, writer) in enumerate(clients):
            writer.write(_request(f"second-{number}"))
        await asyncio.sleep(0)  # some have been read when room is made, some lie in the kernel
        while site._connections.end_one(asyncio.get_running_loop().time()):
            pass
        sent = await asyncio.gather(*(_heard(n, *each) for n, each in enumerate(clients)))

        taken = await _taken(daemon)
    answered = {each.name for each in sent if each.status == b"202"}
    assert answered <= taken


def test_a_kept_connection_outlives_what_senders_keep() -> None:
    assert server._OF_CONNECTIONS["keepalive_timeout"] > LONGEST_IDLE


async def _twice(daemon: Daemon, number: int, offset: float) -> Sent:
    """Post, wait until so long before or after the server ends the connection, and post again."""
    reader, writer = await _first(daemon, number)
    await asyncio.sleep(KEPT + offset)
    writer.write(_request(f"second-{number}"))
    return await _heard(number, reader, writer)


async def _first(daemon: Daemon, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
    writer.write(_request(f"first-{number}"))
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 202 ")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if b"Content-Length" in line)
    await reader.readexactly(length)
    return reader, writer


async def _heard(number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Sent:
    try:
        line = await reader.readline()
    except ConnectionError:
        line = b""
    writer.close()
    return Sent(f"second-{number}", line[9:12])


def _request(name: str) -> bytes:
    body = json.dumps({**json.loads(payload("firing")), "groupKey": name}).encode()
    head = (
        "POST /webhooks/alertmanager HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _taken(daemon: Daemon) -> set[str]:
    names = (json.loads(note.body)["groupKey"] for note in await daemon.stored())
    return {name for name in names if name.startswith("second")}
