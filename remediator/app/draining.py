"""Connected that a reload has replaced: they stay open until what uses them is done. Used by the daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from remediator.ports.integration import Connected

SECONDS = 12.0
"""Longer than a delivery or an answer to a click may take."""


class Draining:
    """Closes old gateways. `under_way` returns what drives runs at the moment: it may be in the middle of a change."""

    def __init__(
        self, under_way: Callable[[], Collection[asyncio.Task[None]]], *, seconds: float = SECONDS
    ) -> None:
        self._under_way = under_way
        self._seconds = seconds
        self._left: dict[asyncio.Task[None], Connected] = {}

    def add(self, gateways: Connected) -> None:
        """Close them later."""
        closing = asyncio.create_task(self._close(gateways, self._under_way()))
        self._left[closing] = gateways
        closing.add_done_callback(self._left.pop)

    async def close(self) -> None:
        """Close all that are left, now."""
        for closing, gateways in tuple(self._left.items()):
            closing.cancel()
            await gateways.close()

    async def _close(self, gateways: Connected, users: Collection[asyncio.Task[None]]) -> None:
        await asyncio.sleep(self._seconds)
        if users:
            await asyncio.wait(users)
        await gateways.close()
