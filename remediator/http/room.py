"""How much of large bodies may be in memory at once, over all connections. Used where bodies may be large."""

from __future__ import annotations

from types import TracebackType

from remediator.core.errors import Overloaded

MOST = 96 * 1024 * 1024
FREE = 256 * 1024
"""A body that is no larger than this needs no room: of such, the bound on connections is bound enough."""


class Room:
    """Bytes that all large bodies share."""

    def __init__(self, most: int = MOST) -> None:
        self._left = most

    def share(self) -> Share:
        """Return a share for one body, to be used in a `with` block for as long as the body is in memory."""
        return Share(self)

    def take(self, size: int) -> None:
        """Take so many bytes; raise Overloaded where they are not there."""
        if size > self._left:
            raise Overloaded("too many large bodies at once")
        self._left -= size

    def give_back(self, size: int) -> None:
        """Give bytes back."""
        self._left += size


class Share:
    """The bytes that one body takes."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._size = 0
        self._taken = 0

    def grow(self, size: int) -> None:
        """Note that so many bytes more have come; raise Overloaded."""
        self._size += size
        more = self._size - FREE - self._taken
        if more > 0:
            self._room.take(more)
            self._taken += more

    def __enter__(self) -> Share:
        return self

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.give_back(self._taken)
        self._taken = 0
