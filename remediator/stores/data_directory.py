"""The data directory of SQLite: ours alone, private, and on a disk of this machine; used when the store opens.

SQLite's locks and its shared memory do not work over network file systems (https://www.sqlite.org/wal.html), and two
daemons on one directory would take each other's runs for abandoned.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from remediator.core.errors import InvalidSettings, StoreUnavailable

LOCK_NAME = "remediator.lock"
MOUNTS = Path("/proc/self/mounts")
NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs"}
    | {"gfs2", "ocfs2", "davfs", "vboxsf", "virtiofs", "ncpfs", "orangefs", "gpfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse"}
)


_OWNER_BYTES = 21


class DirectoryLock:
    """Holds a directory for this store, against every other process and store, until closed or killed.

    The file says who holds it, and behind that, for ever, which databases were made in the directory.
    """

    def __init__(self, directory: Path) -> None:
        self._file = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(self._file, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise StoreUnavailable(
                f"{directory} is in use by another remediator (process {owner}); "
                "stop it, or use another data_dir"
            ) from error
        self.was_held = os.fstat(self._file).st_size > 0
        os.pwrite(self._file, f"{os.getpid():<20}\n".encode(), 0)

    def knows(self, name: str) -> bool:
        """Say whether a database of this name was made in the directory."""
        return _made(name) in os.pread(self._file, 65_536, 0)

    def remember(self, name: str) -> None:
        """Write down that there is a database of this name, so that it is missed where it vanishes."""
        if not self.knows(name):
            end = max(os.fstat(self._file).st_size, _OWNER_BYTES)
            os.pwrite(self._file, _made(name), end)
            os.fsync(self._file)

    def close(self) -> None:
        """Let others have the directory; may be repeated."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def _made(name: str) -> bytes:
    return f"made: {name}\n".encode()


def prepare_directory(directory: Path) -> None:
    """Make the directory, for us alone; refuse one on a network file system."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    kind = mount_type(directory.resolve(), _mounts())
    if kind in NETWORK_TYPES:
        raise InvalidSettings(
            f"{directory} is on a network file system ({kind}), where SQLite loses data: "
            "use a local data_dir, or `store: postgresql://…`"
        )


def make_private(file: Path) -> None:
    """Create a file that only we can read, or take other people's rights to it away."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Make a new or renamed file's name durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def mount_type(path: Path, mounts: str) -> str:
    """Return the type of the file system a path is on, by the text of /proc/self/mounts; empty where unknown."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        words = line.split(" ")
        if len(words) < 3:
            continue
        point = Path(_unescaped(words[1]))
        # Of two mounts on one point the later covers the earlier.
        if len(point.parts) >= best and path.is_relative_to(point):
            best, kind = len(point.parts), words[2]
    return kind


def _unescaped(word: str) -> str:
    # The kernel escapes space, tab, newline and backslash as octal: fs/proc_namespace.c.
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        word = word.replace(code, character)
    return word


def _mounts() -> str:
    return MOUNTS.read_text(errors="replace") if MOUNTS.exists() else ""
