"""Where bodies are read: the same verdict at every size and place, limits that end a reading, and a clean end."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from remediator.core.errors import InvalidAlert, NothingTaken, Overloaded
from remediator.http.readers import MIDDLING, SMALL, Judgement, Readers
from remediator.integrations.alertmanager.integration import SOURCE
from remediator.integrations.alertmanager.source import parse
from remediator.testing.builders import a_notification
from tests.http.daemon import payload

GOOD = json.loads(payload("firing"))
ALERT = GOOD["alerts"][0]


@pytest.fixture
async def readers() -> AsyncIterator[Readers]:
    readers = Readers((SOURCE,))
    yield readers
    await readers.close()


def group(*alerts: Any, size: int = 0) -> bytes:
    return json.dumps({**GOOD, "alerts": list(alerts), "filling": ["x" * size]}).encode()


async def judge(readers: Readers, notification_id: str, body: bytes) -> Judgement:
    return await readers.judge(a_notification(id=notification_id, kind="alertmanager", body=body))


async def test_a_body_is_read_alike_at_every_size(readers: Readers) -> None:
    odd = {**ALERT, "status": "pending", "fingerprint": "odd"}
    alerts = [{**ALERT, "fingerprint": f"{n:016x}"} for n in range(30)]
    for size in (0, SMALL, MIDDLING):
        body = group(*alerts, odd, size=size)
        notification = a_notification(kind="alertmanager", body=body)

        judged = await readers.judge(notification)
        kept = await readers.read(notification)
        again = await readers.read(notification)

        assert (judged.taken, [each.fingerprint for each in judged.refused]) == (30, ["odd"])
        assert kept == again == parse(body)


async def test_a_large_body_is_refused_in_the_same_words(readers: Readers) -> None:
    for body in (
        group({**ALERT, "status": "pending"}, size=MIDDLING),
        group(size=MIDDLING)[:-1],
        b'{"version":"4","version":"4","x":"' + b"x" * MIDDLING + b'"}',
        b'{"version":"3","x":"' + b"x" * MIDDLING + b'"}',
    ):
        with pytest.raises(InvalidAlert) as apart:
            await judge(readers, "ntf_1", body)
        with pytest.raises(InvalidAlert) as here:
            parse(body)
        assert str(apart.value) == str(here.value)
        assert isinstance(apart.value, NothingTaken) == isinstance(here.value, NothingTaken)


async def test_the_loop_goes_on_while_a_large_body_is_read(readers: Readers) -> None:
    keys = b",".join(b'"k%d":1' % n for n in range(400_000))
    body = b'{"version":"4","alerts":[],"x":{' + keys + b',"k1":2}}'
    reading = asyncio.create_task(judge(readers, "ntf_1", body))

    longest, before = 0.0, time.monotonic()
    while not reading.done():
        await asyncio.sleep(0.01)
        longest, before = max(longest, time.monotonic() - before), time.monotonic()

    with pytest.raises(InvalidAlert, match="'k1' is there twice"):
        await reading
    assert longest < 1


@pytest.mark.slow
async def test_a_body_that_costs_too_much_is_refused_and_the_next_is_read(readers: Readers) -> None:
    costly = (
        b"[" + b"1.5," * 40_000_000 + b"1]"
    )  # larger than the door lets in: the reading is what is tried

    with pytest.raises(InvalidAlert, match=r"640 MiB of memory|ended the process|5 s of work"):
        await judge(readers, "ntf_1", costly)

    assert (await judge(readers, "ntf_2", group(ALERT, size=MIDDLING))).taken == 1


async def test_a_process_that_was_killed_says_nothing_about_the_body(readers: Readers) -> None:
    keys = b",".join(b'"k%d":1' % n for n in range(400_000))
    body = b'{"version":"4","alerts":[],"x":{' + keys + b"}}"
    reading = asyncio.create_task(judge(readers, "ntf_1", body))
    while not (running := [p._running for p in readers._processes if p._running]):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)

    for process in running:
        process.kill()

    with pytest.raises(Overloaded):
        await reading
    assert (await judge(readers, "ntf_2", group(ALERT, size=MIDDLING))).taken == 1


async def test_closing_gives_up_what_is_read_and_leaves_no_process() -> None:
    readers = Readers((SOURCE,))
    keys = b",".join(b'"k%d":1' % n for n in range(400_000))
    bodies = [b'{"version":"4","alerts":[],"x":{' + keys + b"}}"] * 5
    reading = [asyncio.create_task(judge(readers, f"ntf_{n}", b)) for n, b in enumerate(bodies)]
    await asyncio.sleep(0.5)
    pids = [p._running.pid for p in readers._processes if p._running]
    began = time.monotonic()

    await readers.close()
    results = await asyncio.gather(*reading, return_exceptions=True)

    assert time.monotonic() - began < 5
    assert pids
    assert {type(result) for result in results} == {Overloaded}
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_nothing_runs_before_the_first_large_body(readers: Readers) -> None:
    await judge(readers, "ntf_1", group(ALERT))
    assert [p._running for p in readers._processes] == [None, None]


async def test_a_kind_that_nobody_knows_is_refused(readers: Readers) -> None:
    with pytest.raises(InvalidAlert, match="kind pager"):
        await readers.read(a_notification(kind="pager", body=b"{}"))
