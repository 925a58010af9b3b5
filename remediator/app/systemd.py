"""Tells systemd how the daemon is: ready, reloading, stopping, and alive for its watchdog (sd_notify(3)). Where nobody
asked to be told, nothing is sent."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from remediator.telemetry import Telemetry


class ServiceManager:
    """Sends to the socket that the environment names. What cannot be sent is logged, and stops nothing."""

    def __init__(self, environment: Mapping[str, str], telemetry: Telemetry) -> None:
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._patience = _patience(environment)
        self._telemetry = telemetry

    def ready(self) -> None:
        """Say that the daemon listens and works."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """Say that the daemon has begun to stop."""
        self._tell("STOPPING=1")

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """Say that a reload is under way, and that it has ended, however it did."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            yield
        finally:
            self.ready()

    async def watch(self, is_alive: Callable[[], bool]) -> None:
        """Say for ever that the daemon is alive, while it is; twice in the time that systemd waits for it."""
        while self._patience:
            if is_alive():
                self._tell("WATCHDOG=1")
            await asyncio.sleep(self._patience / 2)

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
                door.setblocking(False)
                door.sendto(state.encode(), self._address)
        except OSError as error:
            text = f"{state.split(maxsplit=1)[0]} did not arrive: {error}"
            self._telemetry.log("problem", where="systemd", text=text)


def _address(written: str) -> str:
    """Return the path, or the abstract name with its NUL; nothing for other kinds of socket."""
    if written.startswith("@"):
        return "\0" + written[1:]
    return written if written.startswith("/") else ""


def _patience(environment: Mapping[str, str]) -> float:
    """Return the seconds that systemd waits for a sign of life; 0 where it does not wait for this process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    text = environment.get("WATCHDOG_USEC", "")
    return int(text) / 1e6 if text.isdecimal() else 0.0
