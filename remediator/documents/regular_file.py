"""Reads a file that the settings name, and nothing else: a pipe or a device there would hold the start up for ever.

Used by whoever reads settings, playbooks, secrets, inventories, known_hosts and kubeconfigs.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

LARGEST = 4 * 1024 * 1024


def read_regular(path: Path, most: int = LARGEST, *, follow: bool = True) -> bytes:
    """Return at most `most + 1` bytes of a file; OSError where it cannot be read, or is no regular file."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    descriptor = os.open(path, flags if follow else flags | os.O_NOFOLLOW)
    with open(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return stream.read(most + 1)


def read_regular_text(path: Path, *, errors: str = "strict") -> str:
    """Return a file's text; OSError as above and for one of more than 4 MiB, ValueError for what is no UTF-8."""
    raw = read_regular(path)
    if len(raw) > LARGEST:
        raise OSError(errno.EFBIG, f"it is larger than {LARGEST >> 20} MiB")
    return raw.decode(errors=errors)


def require_regular(path: Path) -> None:
    """Raise OSError where a library that opens files itself would find none, or would wait for a pipe."""
    read_regular(path, 0)
