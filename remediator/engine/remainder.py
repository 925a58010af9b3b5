"""The alerts that a sender has cut off (`truncatedAlerts`): asked for elsewhere, and put into the inbox as a
notification of their own. Used by `intake`.

What cannot be fetched now is fetched at the group's next notification, which comes at its repeat interval. So a few
tries are enough, and nothing waits for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from remediator.core.alert import AlertGroup
from remediator.core.errors import ActionError, StoreError
from remediator.engine.listener import Listener
from remediator.ports.ambient import Ambient
from remediator.ports.store import Notification, Store

Fetch = Callable[[Notification, AlertGroup], Awaitable[bytes]]
"""Returns a body with the alerts of a group that are missing in it; empty where there are none or nobody to ask."""

MOST_WAITING = 100
PAUSES = (2.0, 10.0, 30.0)


class Remainder:
    """Fetches for one group at a time; the same group is waited for once."""

    def __init__(self, *, store: Store, ambient: Ambient, fetch: Fetch, listener: Listener) -> None:
        self._store = store
        self._ambient = ambient
        self._fetch = fetch
        self._listener = listener
        self._waiting: dict[tuple[str, ...], tuple[Notification, AlertGroup]] = {}
        self._fetching: asyncio.Task[None] | None = None

    def ask(self, notification: Notification, group: AlertGroup) -> None:
        """Fetch what is missing in this group, soon."""
        labels = (f"{name}={value}" for name, value in sorted(group.group_labels.items()))
        key = (notification.source, group.receiver, group.group_key, *labels)
        if len(self._waiting) < MOST_WAITING or key in self._waiting:
            self._waiting[key] = (notification, group)
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Fetch nothing more."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    async def _work(self) -> None:
        while self._waiting:
            notification, group = self._waiting.pop(next(iter(self._waiting)))
            await self._persist(notification, group)

    async def _persist(self, notification: Notification, group: AlertGroup) -> None:
        for pause in (*PAUSES, None):
            problem = await self._fetched(notification, group)
            if problem is None:
                return
            if pause is None:
                text = f"the {group.truncated} alerts cut off from {notification.id}: {problem}"
                self._listener.problem("remainder", text)
                return
            await asyncio.sleep(pause)

    async def _fetched(self, notification: Notification, group: AlertGroup) -> str | None:
        try:
            body = await self._fetch(notification, group)
            if body:
                rest = replace(
                    notification,
                    id=self._ambient.new_id("ntf"),
                    body=body,
                    received_at=self._ambient.now(),
                )
                await self._store.submit(lambda tx: tx.accept(rest))
        except (ActionError, StoreError) as error:
            return str(error)
        return None
