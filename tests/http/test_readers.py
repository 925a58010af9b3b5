"""Where bodies are read: the same verdict at every size and place, limits that end a reading, and a clean end."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from remediator.core.errors import InvalidAlert, NothingTaken, Overloaded
from remediator.http.apart import process
from remediator.http.readers import MIDDLING, PROCESSES, SMALL, Judgement, Readers
from remediator.integrations.alertmanager.integration import SOURCE
from remediator.integrations.alertmanager.source import parse
from remediator.ports.source import Source
from remediator.testing.builders import a_notification
from tests.http import endless
from tests.http.daemon import payload

GOOD = json.loads(payload("firing"))
ALERT = GOOD["alerts"][0]
ENDLESS = Source(kind="endless", doc="", parse=endless.parse, glance=lambda _: None)


@pytest.fixture
async def readers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Readers]:
    monkeypatch.setattr(process, "WALL_SECONDS", 3600.0)  # what is endless ends by the test alone
    readers = Readers((SOURCE, ENDLESS))
    yield readers
    await readers.close()


def group(*alerts: Any, size: int = 0) -> bytes:
    return json.dumps({**GOOD, "alerts": list(alerts), "filling": ["x" * size]}).encode()


async def judge(readers: Readers, notification_id: str, body: bytes) -> Judgement:
    return await readers.judge(a_notification(id=notification_id, kind="alertmanager", body=body))


def read_for_ever(readers: Readers, begun: Path) -> asyncio.Task[Judgement]:
    body = str(begun).encode().ljust(MIDDLING + 1)
    notification = a_notification(id=begun.name, kind="endless", body=body)
    return asyncio.create_task(readers.judge(notification))


async def until_begun(*begun: Path, at_least: int = 1) -> None:
    while sum(path.exists() for path in begun) < at_least:
        await asyncio.sleep(0.01)


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


async def test_the_loop_goes_on_while_a_large_body_is_read(
    readers: Readers, tmp_path: Path
) -> None:
    reading = read_for_ever(readers, tmp_path / "begun")
    await until_begun(tmp_path / "begun")

    small = await judge(readers, "ntf_1", group(ALERT))
    large = await judge(readers, "ntf_2", group(ALERT, size=MIDDLING))

    assert (small.taken, large.taken) == (1, 1)
    assert not reading.done()
    await readers.close()
    with pytest.raises(Overloaded):
        await reading


@pytest.mark.slow
async def test_a_body_that_costs_too_much_is_refused_and_the_next_is_read(readers: Readers) -> None:
    costly = (
        b"[" + b"1.5," * 40_000_000 + b"1]"
    )  # larger than the door lets in: the reading is what is tried

    with pytest.raises(InvalidAlert, match=r"640 MiB of memory|ended the process|5 s of work"):
        await judge(readers, "ntf_1", costly)

    assert (await judge(readers, "ntf_2", group(ALERT, size=MIDDLING))).taken == 1


async def test_a_process_that_was_killed_says_nothing_about_the_body(
    readers: Readers, tmp_path: Path
) -> None:
    reading = read_for_ever(readers, tmp_path / "begun")
    await until_begun(tmp_path / "begun")

    (running,) = (p._running for p in readers._processes if p._running)
    running.kill()

    with pytest.raises(Overloaded):
        await reading
    assert (await judge(readers, "ntf_2", group(ALERT, size=MIDDLING))).taken == 1


async def test_closing_gives_up_what_is_read_and_leaves_no_process(
    readers: Readers, tmp_path: Path
) -> None:
    begun = [tmp_path / str(n) for n in range(5)]
    reading = [read_for_ever(readers, path) for path in begun]
    await until_begun(*begun, at_least=PROCESSES)
    pids = [p._running.pid for p in readers._processes if p._running]

    await readers.close()
    results = await asyncio.gather(*reading, return_exceptions=True)

    assert len(pids) == PROCESSES
    assert {type(result) for result in results} == {Overloaded}
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize(
    ("size", "said"), [(SMALL, NothingTaken), (MIDDLING, Overloaded)], ids=["thread", "apart"]
)
async def test_a_body_whose_turn_comes_after_closing_is_answered_too(
    readers: Readers, size: int, said: type[Exception]
) -> None:
    busy = Event()
    for pool in (readers._thread, readers._lanes):
        for _ in range(PROCESSES):
            pool.submit(busy.wait)
    body = group({**ALERT, "status": "pending"}, size=size)
    reading = asyncio.create_task(judge(readers, "ntf_1", body))
    await asyncio.sleep(0)

    await readers.close()
    busy.set()

    with pytest.raises(said):
        await reading


async def test_nothing_runs_before_the_first_large_body(readers: Readers) -> None:
    await judge(readers, "ntf_1", group(ALERT))
    assert [p._running for p in readers._processes] == [None, None]


async def test_a_kind_that_nobody_knows_is_refused(readers: Readers) -> None:
    with pytest.raises(InvalidAlert, match="kind pager"):
        await readers.read(a_notification(kind="pager", body=b"{}"))
