"""How many connections are held, and which of them goes where there are too many. Used by `listener`.

A connection costs a file descriptor, and without descriptors nothing works: no store, no SSH, no answer. So there is a
bound below the limit of the process. Where it is reached, the newest gets the place of the one that is worth least: one
that has sent no request yet, the oldest of them; then one that is idle; then one whose body still comes. One whose
request is being worked on keeps its place; and so does one that has just come, whose head may lie unread before us.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterable, Iterator
from typing import Any

MOST = 4096
RESERVED = 48
"""Descriptors for everything else, at least: the store, readers' pipes, SSH, APIs; a quarter where that is more."""
FEWEST = 8
GRACE_SECONDS = 0.1
"""A client sends its head together with the last packet of its connecting."""
BODY_GRACE_SECONDS = 0.25


def most_connections() -> int:
    """Return how many connections may be held under this process's limit of open files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST
    return max(FEWEST, min(MOST, soft - RESERVED, soft * 3 // 4))


class Connections:
    """Keeps them in the order in which they came, by what they are doing; a connection is whatever tells it apart."""

    def __init__(self) -> None:
        self._transports: dict[object, asyncio.Transport] = {}
        self._new: dict[object, float] = {}
        self._idle: dict[object, None] = {}
        self._busy: dict[object, tuple[Any, float]] = {}

    def __len__(self) -> int:
        return len(self._transports)

    def made(self, connection: object, transport: asyncio.Transport, at: float) -> None:
        """Take one up that has sent nothing yet."""
        self._transports[connection] = transport
        self._new[connection] = at

    def lost(self, connection: object) -> None:
        """Forget one."""
        self._transports.pop(connection, None)
        for known in (self._new, self._idle, self._busy):
            known.pop(connection, None)

    def begins(self, connection: object, request: object, at: float) -> None:
        """Note that a request of a connection is worked on."""
        self._new.pop(connection, None)
        self._idle.pop(connection, None)
        self._busy[connection] = request, at

    def ends(self, connection: object) -> None:
        """Note that a connection waits for its next request."""
        self._busy.pop(connection, None)
        if connection in self._transports:
            self._idle[connection] = None

    def end_silent(self, since: float) -> None:
        """End those that came before and have not sent a whole head in all that time."""
        for connection, at in tuple(self._new.items()):
            if at > since:
                return
            self._end(connection)

    def end_one(self, now: float) -> bool:
        """End the connection that is worth least; False where each has a reason to stay, at least for the moment."""
        for candidates in (self._silent(now), self._idle, self._reading(now)):
            if (connection := _first(candidates)) is not None:
                self._end(connection)
                return True
        return False

    def _silent(self, now: float) -> Iterator[object]:
        oldest = _first(self._new)
        if oldest is not None and self._new[oldest] <= now - GRACE_SECONDS:
            yield oldest

    def _reading(self, now: float) -> Iterator[object]:
        for connection, (request, at) in self._busy.items():
            if at <= now - BODY_GRACE_SECONDS and not request.content.is_eof():
                yield connection

    def _end(self, connection: object) -> None:
        transport = self._transports[connection]
        self.lost(connection)
        transport.abort()


def _first(connections: Iterable[object]) -> object:
    return next(iter(connections), None)
