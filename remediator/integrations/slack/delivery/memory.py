"""What was posted already of deliveries that failed half-way, so that the next try posts only the rest.

Kept in memory: after a crash a message may be posted twice, which people see and can live with.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from remediator.core.messages import Message
from remediator.integrations.slack.gateway.api import Posted

MOST = 5000


class Part(StrEnum):
    """What a delivery consists of."""

    ROOT = "root"  # the root message that was posted for it
    SHOWN = "shown"  # the root message that was new and drawn from it, so that it needs no words of its own
    SAID = "said"  # its line or call in the thread
    FILE = "file"
    GRAPH = "graph"


class Memory:
    """Remembers the newest parts by the message's deduplication key."""

    def __init__(self) -> None:
        self._posted: dict[tuple[str, Part], Posted] = {}

    def recall(self, messages: Iterable[Message], part: Part) -> Posted | None:
        """Return what was posted for any of these messages, the newest first."""
        found = (self._posted.get((message.deduplication, part)) for message in messages)
        return next((posted for posted in reversed([*found]) if posted), None)

    def knows(self, message: Message, *parts: Part) -> bool:
        """Say whether one of these parts was posted."""
        return any((message.deduplication, part) in self._posted for part in parts)

    def keep(self, messages: Iterable[Message], part: Part, posted: Posted) -> None:
        """Remember a part of these messages."""
        for message in messages:
            self._posted.pop((message.deduplication, part), None)
            self._posted[message.deduplication, part] = posted
        while len(self._posted) > MOST:
            del self._posted[next(iter(self._posted))]
