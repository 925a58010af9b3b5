"""A small real ext4 file system on a loop device, that can be filled; the /var of `host.py`."""

import os

from tests.parts.part import Part
from tests.parts.server import output

MEBIBYTE = 1024 * 1024
SLACK = 64 * 1024  # what the ballast's own metadata may take, so that df does not round up


class LoopFs(Part):
    """A file system of `mebibytes`, mounted at `path` while the context is open."""

    def __init__(self, mebibytes: int) -> None:
        super().__init__("loopfs")
        self.path = self.directory / "mnt"
        self.image = self.directory / "image"
        self._mebibytes = mebibytes
        self._server.last_words = f"umount -l {self.path}"

    def start(self) -> None:
        self.path.mkdir()
        with self.image.open("wb") as image:
            image.truncate(self._mebibytes * MEBIBYTE)
        output(["mkfs.ext4", "-q", "-m", "0", str(self.image)])
        self._server.start(["sleep", "infinity"], lambda: True)
        output(["mount", "-o", "loop", str(self.image), str(self.path)])

    def used_percent(self) -> float:
        """Use as `df` counts it: used of what root may use."""
        state = os.statvfs(self.path)
        used = state.f_blocks - state.f_bfree
        return 100 * used / (used + state.f_bavail)

    def available(self) -> int:
        """Bytes that can still be written."""
        state = os.statvfs(self.path)
        return state.f_bavail * state.f_frsize

    def fill(self, percent: float) -> None:
        """Grow or shrink one ballast file until the file system is `percent` full."""
        ballast = self.path / "ballast"
        ballast.unlink(missing_ok=True)
        state = os.statvfs(self.path)
        used = (state.f_blocks - state.f_bfree) * state.f_frsize
        size = int((used + self.available()) * percent / 100) - used - SLACK
        if size > 0:
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, min(size, self.available()))
