"""The process that reads large bodies: `python -m remediator.http.apart.child`, started by `process` alone.

It has a limit for its memory and one for the work that a single body may cost, and is the first that a machine without
memory ends. Bodies come in by stdin, each behind the name of its parser (`MODULE:NAME`), both behind their lengths;
answers go out by stdout: how many frames, and each behind its length. The first is a head (JSON), the others are the
alerts in portions (JSON, too). The end of stdin is the end.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from math import ceil
from pathlib import Path

from remediator.core.alert import Alert, AlertGroup, RefusedAlert
from remediator.core.errors import InvalidAlert, NothingTaken

LENGTH = struct.Struct(">Q")
MOST_MEMORY = 640 * 1024 * 1024
MOST_WORK_SECONDS = 5
PORTION = 100
LARGE_PORTION = 256 * 1024

Parser = Callable[[bytes], AlertGroup]


def main() -> None:
    """Read bodies until there are no more."""
    _give_way()
    while (name := _received()) is not None and (body := _received()) is not None:
        parse = _parser(name.decode())
        _allow_work()
        frames = _answer(parse, body)
        sys.stdout.buffer.write(LENGTH.pack(len(frames)))
        for frame in frames:
            _write(frame)
        del body


def _give_way() -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # a terminal sends it to all; our end is that of stdin
    resource.setrlimit(resource.RLIMIT_AS, (_within(resource.RLIMIT_AS, MOST_MEMORY),) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        os.nice(5)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _allow_work() -> None:
    """Let one body cost so many seconds of processor time: SIGXCPU ends this process then, whatever it is at."""
    limit = ceil(time.process_time()) + MOST_WORK_SECONDS
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (_within(resource.RLIMIT_CPU, limit), hard))


def _within(kind: int, wanted: int) -> int:
    """Return a limit that is no higher than the one that the daemon was given itself."""
    _, hard = resource.getrlimit(kind)
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


@cache
def _parser(name: str) -> Parser:
    module, _, function = name.partition(":")
    found: Parser = getattr(import_module(module), function)
    return found


def _answer(parse: Parser, body: bytes) -> Sequence[bytes]:
    try:
        return list(_frames(parse(body)))
    except NothingTaken as error:
        return [_head(error=str(error), refused=_refused(error.refused))]
    except InvalidAlert as error:
        return [_head(error=str(error))]
    except MemoryError:
        words = f"reading it takes more than {MOST_MEMORY // 1024 // 1024} MiB of memory"
        return [_head(error=words)]


def _frames(group: AlertGroup) -> Iterator[bytes]:
    yield _head(
        alerts=len(group.alerts),
        refused=_refused(group.refused),
        group={
            "group_key": group.group_key,
            "receiver": group.receiver,
            "external_url": group.external_url,
            "truncated": group.truncated,
            "reason": group.reason,
            "group_labels": dict(group.group_labels),
        },
    )
    yield from _portions(group.alerts)


def _portions(alerts: Sequence[Alert]) -> Iterator[bytes]:
    written: list[str] = []
    size = 0
    for alert in alerts:
        text = json.dumps(_alert(alert))
        if written and (len(written) == PORTION or size + len(text) > LARGE_PORTION):
            yield f"[{','.join(written)}]".encode()
            written, size = [], 0
        written.append(text)
        size += len(text)
    if written:
        yield f"[{','.join(written)}]".encode()


def _alert(alert: Alert) -> dict[str, object]:
    return {
        "fingerprint": alert.fingerprint,
        "status": alert.status.value,
        "labels": alert.labels,
        "annotations": alert.annotations,
        "starts_at": alert.starts_at.isoformat(),
        "ends_at": alert.ends_at.isoformat() if alert.ends_at else None,
        "generator_url": alert.generator_url,
    }


def _refused(refused: Sequence[RefusedAlert]) -> list[dict[str, object]]:
    return [
        {
            "number": each.number,
            "oddity": each.oddity.value,
            "reason": each.reason,
            "fingerprint": each.fingerprint,
            "name": each.name,
        }
        for each in refused
    ]


def _head(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def _received() -> bytes | None:
    size = _read(LENGTH.size)
    return None if size is None else _read(LENGTH.unpack(size)[0])


def _read(size: int) -> bytes | None:
    """Return so many bytes, or None where the other side has ended."""
    data = sys.stdin.buffer.read(size)
    return data if len(data) == size else None


def _write(frame: bytes) -> None:
    sys.stdout.buffer.write(LENGTH.pack(len(frame)))
    sys.stdout.buffer.write(frame)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
