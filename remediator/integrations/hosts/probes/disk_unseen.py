"""What du cannot see of a full file system: deleted files that are still open, what is mounted over, root's reserve.

Used by the probe `disk.usage`. The words are constants: they stand in `deploy/sudoers.d/remediator`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remediator.core.duration import format_size
from remediator.integrations.shell.filesystem import FileSystem

OPEN_FILES = (
    *("find", "/proc", "-maxdepth", "3", "-path", "/proc/[0-9]*/fd/*", "-lname", "/* (deleted)"),
    *(
        "-exec",
        "stat",
        "-L",
        "-c",
        "%d %i %b %n",
        "{}",
        "+",
        "-exec",
        "stat",
        "-c",
        "%N",
        "{}",
        "+",
    ),
)
"""Lists every open file that has no name any more: first its device, inode and blocks, then its old name."""
MOUNTS = ("cat", "--", "/proc/self/mountinfo")
_BLOCK = 512  # what stat's %b counts in on Linux
_TELLING = 0.02  # of the file system: less is no news
_MOST = 3
_OPENED = re.compile(r"(\d+) (\d+) (\d+) (/proc/(\d+)/fd/\d+)")
_NAMED = re.compile(r"'(/proc/\d+/fd/\d+)' -> [\"'](/.*) \(deleted\)[\"']")
_KERNELS_OWN = ("/proc", "/sys", "/dev", "/run")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """A deleted file that a process still holds open."""

    size: int
    name: str
    pid: str


def read_open_files(text: str, device: str) -> Sequence[OpenFile]:
    """Read what OPEN_FILES says of one device (stat's `%d`), the biggest first, each file once."""
    names = {found[1]: found[2] for found in map(_NAMED.fullmatch, text.splitlines()) if found}
    files: dict[str, OpenFile] = {}
    for found in filter(None, map(_OPENED.fullmatch, text.splitlines())):
        if found[1] == device:
            name = names.get(found[4], "a file without a name")
            files[found[2]] = OpenFile(size=int(found[3]) * _BLOCK, name=name, pid=found[5])
    return sorted(files.values(), key=lambda file: -file.size)


def mounted_over(text: str, mountpoint: str) -> Sequence[str]:
    """Read /proc/self/mountinfo: what is mounted directly on a file system, and so hides what lies there (proc(5))."""
    rows = [row for row in (line.split() for line in text.splitlines()) if len(row) > 5]
    own = [row[0] for row in rows if _plain(row[4]) == mountpoint][-1:]
    found = (_plain(row[4]) for row in rows if row[1] in own)
    return [path for path in found if not path.startswith(_KERNELS_OWN)]


def unseen_lines(
    filesystem: FileSystem, sizes: Mapping[str, int], files: Sequence[OpenFile], over: Sequence[str]
) -> list[str]:
    """Return a line for each place where the space may be that no directory shows."""
    least = int(filesystem.size * _TELLING)
    lines = [*_reserved(filesystem, least), *_open(files, least)]
    seen = sizes.get(filesystem.mountpoint)
    hidden = filesystem.used - seen - sum(file.size for file in files) if seen else 0
    if hidden > least:
        lines.append(f"{format_size(hidden)} used are in no file that du sees{_over_words(over)}")
    return lines


def _reserved(filesystem: FileSystem, least: int) -> list[str]:
    reserved = filesystem.size - filesystem.used - filesystem.available
    return [f"{format_size(reserved)} are reserved for root"] if reserved > least else []


def _open(files: Sequence[OpenFile], least: int) -> list[str]:
    total = sum(file.size for file in files)
    if total <= least:
        return []
    named = ", ".join(f"{file.name} (pid {file.pid})" for file in files[:_MOST])
    more = f" and {len(files) - _MOST} more" if len(files) > _MOST else ""
    return [f"{format_size(total)} are in deleted files that are still open: {named}{more}"]


def _over_words(over: Sequence[str]) -> str:
    if not over:
        return ""
    more = f" and {len(over) - _MOST} more" if len(over) > _MOST else ""
    return f"; they may lie below what is mounted over them: {', '.join(over[:_MOST])}{more}"


def _plain(text: str) -> str:
    """Undo the kernel's escapes, such as \\040 for a space."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
