"""What the playbook files said when they were last read, so that a reload reads only those that changed.

A file is the same where all that the system says of it is the same: device, inode, size, and both its times to the
nanosecond. That is believed only of what had rested for a while when it was read, because a file may be written twice
within one tick of its file system's clock. One that was read again and holds the same bytes keeps its playbook, the
very object. Nothing is kept where the settings have changed: what a playbook may say depends on them.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from remediator.config.playbook_files import PlaybookFile
from remediator.core.playbook import Playbook
from remediator.documents.problem import Problem
from remediator.documents.yaml_source import YamlSource, read_bytes, read_yaml, unreadable
from remediator.ports.inspection import WrittenCheck

_REST_NANOSECONDS = 2_000_000_000  # no file system's clock ticks slower than FAT's
FileState = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading one file came to."""

    playbook: Playbook | None
    problems: tuple[Problem, ...]
    checks: tuple[WrittenCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    state: FileState | None
    digest: bytes
    outcome: Outcome


class KnownPlaybooks:
    """Kept by whoever loads again and again. One load at a time: `begin`, then `outcome` for each file."""

    def __init__(self, now: Callable[[], int] = time.time_ns) -> None:
        self._now = now
        self._ground: object = None
        self._known: dict[PlaybookFile, _Known] = {}
        self.newly_read = 0
        """How many files the load under way, or the last one, has read anew."""

    def begin(self, ground: object, files: Iterable[PlaybookFile]) -> None:
        """Begin a load of these files. `ground` is all else that decides what a file comes to."""
        kept = set(files) if ground == self._ground else set()
        self._known = {file: known for file, known in self._known.items() if file in kept}
        self._ground, self.newly_read = ground, 0

    def outcome(self, file: PlaybookFile, judge: Callable[[YamlSource], Outcome]) -> Outcome:
        """Return what a file came to; it is read, and judged, where it is not what it was."""
        state, before = _state(file, self._now()), self._known.get(file)
        if before and state is not None and before.state == state:
            return before.outcome
        try:
            raw = read_bytes(file.named, file.real)
        except OSError as error:
            self._known.pop(file, None)
            return judge(unreadable(str(file.named), error))
        digest = hashlib.sha256(raw).digest()
        if before and before.digest == digest:
            outcome = before.outcome
        else:
            self.newly_read += 1
            outcome = judge(read_yaml(str(file.named), raw))
        self._known[file] = _Known(state, digest, outcome)
        return outcome


def _state(file: PlaybookFile, now: int) -> FileState | None:
    """Return what tells one content of a file from the next; None where it was changed a moment ago."""
    try:
        found = os.lstat(file.real)
    except OSError:
        return None  # reading it will say why
    if now - max(found.st_mtime_ns, found.st_ctime_ns) < _REST_NANOSECONDS:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
