"""Hears other replicas' commits: a connection that LISTENs and wakes the loops; a lost wake-up costs only latency."""

from __future__ import annotations

import asyncio
from typing import Any

from remediator.ports.store import Work
from remediator.stores.notifier import Notifier
from remediator.stores.postgres_server import UNREACHABLE, Connect

CHANNEL = "remediator_due"
_RECONNECT_SECONDS = 1.0


async def listen(connect: Connect, notifier: Notifier) -> None:
    """Listen for ever, connecting again whenever the connection is lost; ends by being cancelled."""
    while True:
        try:
            await _listen_once(connect, notifier)
        except UNREACHABLE:
            notifier.ring(Work)  # what was rung meanwhile is not known: look
        await asyncio.sleep(_RECONNECT_SECONDS)


async def _listen_once(connect: Connect, notifier: Notifier) -> None:
    lost = asyncio.Event()
    connection = await connect()
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(CHANNEL, lambda *said: notifier.ring(_kinds(said[-1])))
        notifier.ring(Work)
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
