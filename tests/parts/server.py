"""One foreground server under a leash: start, wait until it answers, stop; used by every part."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

LEASH = Path(__file__).with_name("leash.py")
LOG_TAIL = 4000


class PartFailed(RuntimeError):
    """A real part did not start or did not do what was asked; carries the end of its log."""


class Server:
    """A program that runs until told to stop. `ready` is asked until it says yes.

    `last_words` is a shell line that runs after everything is dead, at every stop and also when
    the tests were killed; set it before `start`.
    """

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.log_path = directory / f"{name}.log"
        self.last_words = ""
        self._leash: subprocess.Popen[bytes] | None = None
        self._pid = 0

    @property
    def pid(self) -> int:
        """The server's own id (not the leash's), for signals."""
        return self._pid

    @property
    def is_running(self) -> bool:
        return self._leash is not None and self._leash.poll() is None

    def start(
        self,
        argv: Sequence[str],
        ready: Callable[[], bool],
        *,
        seconds: float = 30,
        env: dict[str, str] | None = None,
    ) -> None:
        """Start `argv` and return when it is ready; raise PartFailed with its log otherwise."""
        with self.log_path.open("ab") as log:
            self._leash = subprocess.Popen(
                [sys.executable, "-I", str(LEASH), self.last_words, "--", *argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=env,
                start_new_session=True,
            )
        self._pid = self._announced_pid()
        self._await(ready, seconds)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the server itself; a server that is gone is fine."""
        try:
            os.kill(self._pid, number)
        except ProcessLookupError:
            return

    def stop(self, number: signal.Signals = signal.SIGTERM, *, seconds: float = 10) -> None:
        """Ask politely, then kill all that is left; may be repeated."""
        if self._leash is None:
            return
        if self.is_running:
            self.send(number)
        with suppress(subprocess.TimeoutExpired):
            self._leash.wait(seconds)
        self._cut_leash(self._leash)
        self._leash = None

    def log(self) -> str:
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return text[-LOG_TAIL:]

    def _announced_pid(self) -> int:
        assert self._leash is not None and self._leash.stdout is not None
        line = self._leash.stdout.readline()
        self._leash.stdout.close()
        if not line:
            raise PartFailed(f"{self.name} could not be started\n{self.log()}")
        return int(line)

    def _await(self, ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.is_running:
                break
            if ready():
                return
            time.sleep(0.05)
        state = "was not ready in time" if self.is_running else "ended"
        self.stop(signal.SIGKILL)
        raise PartFailed(f"{self.name} {state}: {self.log_path}\n{self.log()}")

    @staticmethod
    def _cut_leash(leash: subprocess.Popen[bytes]) -> None:
        assert leash.stdin is not None
        leash.stdin.close()
        leash.wait(60)


def free_port() -> int:
    """A loopback TCP port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    """Whether somebody listens on this loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def output(argv: Sequence[str], *, seconds: float = 60, stdin: str | None = None) -> str:
    """Run a command to its end and return what it printed; raise PartFailed with its stderr."""
    done = subprocess.run(
        list(argv), input=stdin, capture_output=True, text=True, timeout=seconds, check=False
    )
    if done.returncode != 0:
        raise PartFailed(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
