"""Take turns: at most one post a second in a channel, as Slack asks (chat.postMessage, "Rate limiting")."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from remediator.integrations.slack.gateway.errors import SlackAway

LONGEST_WAIT = 10.0
MOST_CHANNELS = 1000


class RateLimiter:
    """Gives out turns for each channel; the time between two is `rest` seconds. Turns are in the order of the calls."""

    def __init__(self, *, rest: float, monotonic: Callable[[], float]) -> None:
        self._rest = rest
        self._monotonic = monotonic
        self._next: dict[str, float] = {}

    async def take(self, channel: str) -> None:
        """Wait for a turn; raise SlackAway where the queue is too long to stand in."""
        now = self._monotonic()
        at = max(now, self._next.get(channel, now))
        if (excess := at - now - LONGEST_WAIT) > 0:
            raise SlackAway("much is being posted in this channel", retry_after=max(1.0, excess))
        self._next[channel] = at + self._rest
        if len(self._next) > MOST_CHANNELS:
            self._next = {name: free for name, free in self._next.items() if free > now}
        if at > now:
            await asyncio.sleep(at - now)

    def join(self, name: str, channel: str) -> None:
        """Let a channel's turns continue those that were taken by another of its names."""
        free = self._next.pop(name, None)
        if free is not None:
            self._next[channel] = max(free, self._next.get(channel, free))
