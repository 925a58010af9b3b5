"""systemd is told what sd_notify(3) says, over a real socket; where it does not ask, nothing is sent."""

import asyncio
import logging
import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from remediator.app.systemd import ServiceManager
from remediator.rehearsal.virtual_time import run_virtually
from remediator.telemetry import Telemetry

PATIENCE = 30


class Listener:
    """The service manager's end of the socket."""

    def __init__(self, door: socket.socket) -> None:
        self._door = door

    def heard(self) -> list[str]:
        """What has come since it was asked last."""
        found = []
        with suppress(BlockingIOError):
            while True:
                found.append(self._door.recv(4096).decode())
        return found


@contextmanager
def listening(address: str) -> Iterator[Listener]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.setblocking(False)
        door.bind(address)
        yield Listener(door)


@pytest.fixture(params=["path", "abstract"])
def notify(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Listener]]:
    """The value of NOTIFY_SOCKET, and who listens there."""
    if request.param == "path":
        with listening(str(tmp_path / "notify")) as listener:
            yield str(tmp_path / "notify"), listener
        return
    name = f"remediator-{uuid.uuid4().hex}"
    with listening(f"\0{name}") as listener:
        yield f"@{name}", listener


def manager(**environment: str) -> ServiceManager:
    return ServiceManager(environment, Telemetry())


def test_a_start_a_reload_and_a_stop_are_told_in_the_words_of_the_manual(
    notify: tuple[str, Listener],
) -> None:
    address, systemd = notify
    told = manager(NOTIFY_SOCKET=address)

    told.ready()
    assert systemd.heard() == ["READY=1"]

    before = time.monotonic_ns() // 1000
    with told.reloading():
        (begun,) = systemd.heard()
        state, since = begun.split("\n")
        assert state == "RELOADING=1"
        assert before <= int(since.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000
    assert systemd.heard() == ["READY=1"]

    told.stopping()
    assert systemd.heard() == ["STOPPING=1"]


def test_a_reload_that_fails_has_ended_too(notify: tuple[str, Listener]) -> None:
    address, systemd = notify
    with suppress(OSError), manager(NOTIFY_SOCKET=address).reloading():
        raise OSError("the disk is gone")
    assert systemd.heard()[-1] == "READY=1"


async def watched(told: ServiceManager, *, is_alive: bool, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await told.watch(lambda: is_alive)


def test_the_watchdog_is_fed_twice_in_its_time_while_the_loops_move(
    notify: tuple[str, Listener],
) -> None:
    address, systemd = notify
    told = manager(NOTIFY_SOCKET=address, WATCHDOG_USEC=str(PATIENCE * 1_000_000))

    run_virtually(watched(told, is_alive=True, seconds=PATIENCE * 2.2))
    assert systemd.heard() == ["WATCHDOG=1"] * 5  # at the beginning, too

    run_virtually(watched(told, is_alive=False, seconds=PATIENCE))
    assert systemd.heard() == []


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "20000", "WATCHDOG_PID": str(os.getpid() + 1)},
    ],
    ids=["not asked", "off", "no number", "another process"],
)
async def test_a_watchdog_that_is_not_ours_is_not_fed(
    notify: tuple[str, Listener], asked: dict[str, str]
) -> None:
    address, systemd = notify
    await asyncio.wait_for(manager(NOTIFY_SOCKET=address, **asked).watch(lambda: True), 60)
    assert systemd.heard() == []


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}])
def test_without_a_socket_of_ours_nothing_is_told(
    environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    manager(**environment).ready()
    assert caplog.records == []


def test_a_socket_that_is_gone_is_logged_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="remediator"):
        manager(NOTIFY_SOCKET=str(tmp_path / "gone")).ready()
    (record,) = caplog.records
    assert "READY=1 did not arrive" in vars(record)["fields"]["text"]
