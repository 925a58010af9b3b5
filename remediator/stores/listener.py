"""Hears other replicas' commits: a connection that LISTENs and rings the bell; lost rings cost only latency."""

from __future__ import annotations

import asyncio
from typing import Any

from remediator.ports.store import Work
from remediator.stores.bell import Bell
from remediator.stores.server import UNREACHABLE, Connect

CHANNEL = "remediator_due"
_RECONNECT_SECONDS = 1.0


async def listen(connect: Connect, bell: Bell) -> None:
    """Listen for ever, connecting again whenever the connection is lost; ends by being cancelled."""
    while True:
        try:
            await _listen_once(connect, bell)
        except UNREACHABLE:
            bell.ring(Work)  # what was rung meanwhile is not known: look
        await asyncio.sleep(_RECONNECT_SECONDS)


async def _listen_once(connect: Connect, bell: Bell) -> None:
    lost = asyncio.Event()
    connection = await connect()
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(CHANNEL, lambda *said: bell.ring(_kinds(said[-1])))
        bell.ring(Work)
        await lost.wait()
    finally:
        await _close(connection)


def _kinds(payload: str) -> frozenset[Work]:
    """Read what another replica rang for; words of a newer program are passed over."""
    known = {kind.value for kind in Work}
    return frozenset(Work(word) for word in payload.split() if word in known)


async def _close(connection: Any) -> None:
    if not connection.is_closed():
        connection.terminate()
