"""One process apart that reads large bodies, begun with the first of them and ended when it has been idle. Used by
`readers`, on threads of its own: to wait for a pipe holds up nobody.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Timer

from remediator.core.errors import InvalidAlert, Overloaded
from remediator.http.apart.child import LENGTH, MOST_WORK_SECONDS

IDLE_SECONDS = 20.0
WALL_SECONDS = 30.0
"""Processor time is what judges a body; this is for a process that gets none, or hangs."""
_LARGEST_FRAME = 64 * 1024 * 1024
_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """What the process said about one body: a head, and the alerts in portions."""

    head: bytes
    portions: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """All bytes of it."""
        return len(self.head) + sum(map(len, self.portions))


class ReaderProcess:
    """Reads one body at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._idle: Timer | None = None
        self._is_closed = False

    def read(self, parser: str, body: bytes) -> Frames:
        """Return what a parser (`MODULE:NAME`) makes of a body there. Raise InvalidAlert where it costs too much,
        Overloaded where the process came to nothing for another reason."""
        with self._lock:
            self._forget_idle()
            process = self._started()
            watch = Timer(WALL_SECONDS, process.kill)
            watch.daemon = True
            watch.start()
            try:
                return _exchange(process, parser, body)
            except (OSError, EOFError) as error:
                raise self._ended(process) from error
            finally:
                watch.cancel()
                self._be_idle()

    def close(self) -> None:
        """End the process, also in the middle of a body; nothing is read any more."""
        self._is_closed = True
        running = self._running
        if running is not None:
            running.kill()
        with self._lock:
            self._forget_idle()
            self._end()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._is_closed:
            raise Overloaded("shutting down")
        if self._running is None or self._running.poll() is not None:
            self._end()
            try:
                self._running = _start()
            except OSError as error:
                raise Overloaded(f"no process can be started: {error.strerror}") from error
        return self._running

    def _ended(self, process: subprocess.Popen[bytes]) -> InvalidAlert | Overloaded:
        """Say whose fault it is that the process ended."""
        process.kill()
        code = process.wait()
        self._end()
        if code == -signal.SIGXCPU:
            return InvalidAlert(f"reading it takes more than {MOST_WORK_SECONDS} s of work")
        if code in (-signal.SIGABRT, -signal.SIGSEGV):  # how a library without memory ends
            return InvalidAlert("reading it ended the process that read it")
        return Overloaded(f"the process that read it ended ({code})")

    def _be_idle(self) -> None:
        if self._running is not None:
            self._idle = Timer(IDLE_SECONDS, self._retire)
            self._idle.daemon = True
            self._idle.start()

    def _forget_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _retire(self) -> None:
        if self._lock.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._lock.release()

    def _end(self) -> None:
        process, self._running = self._running, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()


def _start() -> subprocess.Popen[bytes]:
    # Nothing of our environment but what Python needs: the process handles strangers' bytes.
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "remediator.http.apart.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        env={**kept, "PYTHONPATH": os.pathsep.join([str(_ROOT), *_found_beside()])},
    )


def _found_beside() -> list[str]:
    """The places where our own libraries are, also where they were put there by PYTHONPATH."""
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def _exchange(process: subprocess.Popen[bytes], parser: str, body: bytes) -> Frames:
    for data in (parser.encode(), body):
        _send(process, LENGTH.pack(len(data)))
        _send(process, data)
    count = LENGTH.unpack(_receive(process, LENGTH.size))[0]
    head, *portions = [_frame(process) for _ in range(count)]
    return Frames(head=head, portions=tuple(portions))


def _send(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 -- asked for by `_start`
    left = memoryview(data)
    while left:
        left = left[process.stdin.write(left) or 0 :]


def _frame(process: subprocess.Popen[bytes]) -> bytes:
    size = LENGTH.unpack(_receive(process, LENGTH.size))[0]
    if size > _LARGEST_FRAME:
        raise EOFError
    return _receive(process, size)


def _receive(process: subprocess.Popen[bytes], size: int) -> bytes:
    assert process.stdout is not None  # noqa: S101 -- asked for by `_start`
    pieces, missing = [], size
    while missing:
        piece = process.stdout.read(min(missing, 1024 * 1024))
        if not piece:
            raise EOFError
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
