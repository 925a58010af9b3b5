"""The output of one remote command, of which only head and tail are kept; used by all shells."""

from __future__ import annotations

CUT = b"\n[... %d bytes left out ...]\n"


class Capture:
    """Collects bytes, keeps at most `limit` of them: the first half as head, the rest as tail."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.seen = 0

    @property
    def truncated(self) -> bool:
        """Whether bytes were left out."""
        return self.seen > len(self._head) + min(len(self._tail), self._half)

    def add(self, piece: bytes) -> None:
        """Take the next bytes."""
        self.seen += len(piece)
        room = self._half - len(self._head)
        self._head += piece[:room]
        self._tail += piece[room:]
        if len(self._tail) > 4 * self._half:
            del self._tail[: -self._half]

    def content(self) -> bytes:
        """Return what was kept, with a line that says how much was not."""
        tail = bytes(self._tail[-self._half :])
        left_out = self.seen - len(self._head) - len(tail)
        return bytes(self._head) + (CUT % left_out if left_out else b"") + tail
