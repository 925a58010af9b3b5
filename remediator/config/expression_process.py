"""A process of its own for conditions that may be expensive: it is given up where it takes too long or too much.

`Apart` is the daemon's side, used by `expressions`; `main` is the other. One question at a time, in lines of JSON.
The process is begun when it is first needed, and again after it was given up. Its memory is looked at from outside,
because a sandbox may forbid `setrlimit`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from remediator.core.errors import InvalidExpression

MOST_MEMORY = 256 * 1024 * 1024
MOST_CPU_SECONDS = 1.0
MOST_SECONDS = 5.0
_START_SECONDS = 20.0
_LOOK_MILLISECONDS = 20
_PAGE = 4096


class Apart:
    """Evaluates conditions in another process; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._end: Any = None

    def holds(self, text: str, given: Mapping[str, object]) -> bool:
        """Return the condition's value; raise InvalidExpression where it has none, or takes too much."""
        times = {name: v.isoformat() for name, v in given.items() if isinstance(v, datetime)}
        values = {name: value for name, value in given.items() if name not in times}
        question = json.dumps({"text": text, "values": values, "times": times}, default=str)
        with self._lock:
            answer = self._asked(question.encode() + b"\n")
        if not isinstance(answer, bool):
            raise InvalidExpression(f"{text}: {answer}")
        return answer

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._give_up()

    def _asked(self, question: bytes) -> object:
        try:
            process = self._started()
            pipe = _pipe(process.stdin)
            pipe.write(question)
            pipe.flush()
            line = _line(process, MOST_SECONDS)
        except OSError as error:
            self._give_up()
            return f"cannot be evaluated in a process of its own: {error.strerror or error}"
        if not line.endswith(b"\n"):
            self._give_up()
            return (
                f"takes more than {MOST_CPU_SECONDS:g} s or {MOST_MEMORY // 1024**2} MiB "
                "to evaluate: look at shorter texts, and do not multiply them"
            )
        return json.loads(line)["answer"]

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._give_up()
        process = subprocess.Popen(  # noqa: S603 — our own interpreter, no words of others
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PATH": os.defpath},
            start_new_session=True,
        )
        self._process, self._end = process, weakref.finalize(self, _ended, process)
        if _line(process, _START_SECONDS) != b"ready\n":
            raise OSError(0, "it does not start")
        return process

    def _give_up(self) -> None:
        if self._end is not None:
            self._end()
        self._process = self._end = None


def _line(process: subprocess.Popen[bytes], limit: float) -> bytes:
    """Return what the process writes, up to a line's end; less where it ends, or is too slow or too large."""
    pipe, until, read = _pipe(process.stdout).fileno(), time.monotonic() + limit, b""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while time.monotonic() < until and _memory(process.pid) <= MOST_MEMORY:
        if not poll.poll(_LOOK_MILLISECONDS):
            continue
        piece = os.read(pipe, 65536)
        read += piece
        if not piece or read.endswith(b"\n"):
            break
    return read


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError(0, "it has no pipe")
    return pipe


def _memory(pid: int) -> int:
    """Return the resident size; 0 where the system does not tell it."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return 0


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def main() -> None:
    """Answer one question a line until there are no more."""
    from remediator.config.expressions import CelConditions

    _limit()
    conditions = CelConditions()
    conditions.problem("true")  # load the library before the clock runs
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        times = {name: datetime.fromisoformat(text) for name, text in asked["times"].items()}
        signal.setitimer(
            signal.ITIMER_PROF, MOST_CPU_SECONDS
        )  # nobody catches it: the process ends
        try:
            answer: bool | str = conditions.evaluated(asked["text"], asked["values"] | times)
        except InvalidExpression as error:
            answer = str(error)
        except MemoryError:
            return
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.write(json.dumps({"answer": answer}) + "\n")
        sys.stdout.flush()


def _limit() -> None:
    import resource

    for kind, most in ((resource.RLIMIT_AS, 2 * MOST_MEMORY), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
