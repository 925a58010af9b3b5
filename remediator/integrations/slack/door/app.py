"""Where both doors hand in what came from Slack: bolt's app, made when first needed, and what is under way in it.

One Slack app for each SlackContext; `app` makes it, and closes it after the doors.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import TYPE_CHECKING

from remediator.integrations.slack.door import replies
from remediator.integrations.slack.door.bolt import build_app
from remediator.integrations.slack.door.context import SlackContext
from remediator.integrations.slack.door.response_target import response_target_of, tell

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.response import BoltResponse

CLOSE_SECONDS = 5.0


class SlackApp:
    """Takes payloads and has them attended to."""

    def __init__(self, context: SlackContext) -> None:
        self.context = context
        self._app: AsyncApp | None = None
        self._opening = asyncio.Lock()
        self._under_way: set[asyncio.Task[object]] = set()

    async def app(self) -> AsyncApp:
        """Return bolt's app. The first call loads the SDK in a thread, which takes about a second."""
        async with self._opening:
            if self._app is None:
                await asyncio.to_thread(importlib.import_module, "slack_bolt.async_app")
                self._app = build_app(self.context, self._begin)
        return self._app

    async def take(self, payload: Mapping[str, object]) -> BoltResponse:
        """Have one payload attended to; return what acknowledges it, which is long before it is done."""
        app = await self.app()
        from slack_bolt.request.async_request import AsyncBoltRequest

        return await app.async_dispatch(AsyncBoltRequest(body=dict(payload), mode="socket_mode"))

    async def close(self) -> None:
        """Let what is under way finish, for a while."""
        while self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _begin(self, payload: Mapping[str, object], work: Coroutine[object, object, None]) -> None:
        """Attend to a payload. In a task of ours: one of bolt's that fails at once takes the acknowledgement along."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(partial(self._ended, payload))

    def _ended(self, payload: Mapping[str, object], task: asyncio.Task[None]) -> None:
        """Write a failure down in one line, and tell the person."""
        self._under_way.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            kind = str(payload.get("type") or "command")
            self.context.log("slack_failed", type=kind, error=error)
            self._begin({}, tell(self.context, response_target_of(payload), replies.FAILED))
