"""Whether a database that is not there is new, or was lost: with it, pauses, holds and fences would be gone.

Used when the SQLite store opens. A directory that held a database never gets an empty one without somebody's word.
"""

from __future__ import annotations

import stat
from pathlib import Path

from remediator.core.errors import StoreUnavailable
from remediator.stores.data_directory import LOCK_NAME, DirectoryLock

_COMPANIONS = ("-wal", "-shm", "-journal", ".before-upgrade")


def is_to_be_made(file: Path, lock: DirectoryLock) -> bool:
    """Say whether there is no database yet; raise StoreUnavailable where there was one, and where no file can be."""
    size = _size(file)
    if size:
        return False
    what = "is not there" if size is None else "is empty (0 bytes)"
    if lock.knows(file.name) or (size == 0 and lock.was_held):
        raise StoreUnavailable(lost(file, what))
    left = [file.with_name(file.name + end) for end in _COMPANIONS]
    beside = next((path.name for path in left if path.exists()), None)
    if beside is not None:
        raise StoreUnavailable(lost(file, f"{what}, but {beside} is"))
    return True


def lost(file: Path, what: str) -> str:
    """Return the words for a database that is missing where one was made."""
    rest = ", ".join(f"{file.name}{end}" for end in _COMPANIONS)
    return (
        f"{file} {what}, and a database was made in this directory: its runs, pauses, holds and fences would be gone. "
        f"Put it back from a backup; or, to begin with nothing, remove {file.name}, {rest} and {LOCK_NAME}"
    )


def _size(file: Path) -> int | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        if file.is_symlink():
            text = f"{file} is a link to {file.readlink()}, which is not there"
            raise StoreUnavailable(f"{text}: is a disk not mounted?") from None
        return None
    if not stat.S_ISREG(found.st_mode):
        raise StoreUnavailable(f"{file} is not a regular file: name one in `data_dir` or `store`")
    return found.st_size
