"""Sends what people did to the app, by a socket or to its URL, and shows them what the app answers at once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from remediator.integrations.slack.fake.call import App
from remediator.integrations.slack.fake.delivery import Attempt, Delivery
from remediator.integrations.slack.fake.http_door import form_of, send, signed_headers
from remediator.integrations.slack.fake.messages import Blocks, Ephemeral
from remediator.integrations.slack.fake.refusals import Refusal
from remediator.integrations.slack.fake.sockets import Sockets
from remediator.integrations.slack.fake.workspace import World

PATIENCE = 3.0


class Outgoing:
    """`events_url` is the app's own URL: where it is set, requests go there, and to a socket otherwise."""

    def __init__(self, world: World, app: App, sockets: Sockets) -> None:
        self.events_url = ""
        self.is_doubling = False
        self.patience = PATIENCE
        self._world = world
        self._app = app
        self._sockets = sockets

    async def deliver(self, delivery: Delivery, by: str) -> None:
        """Send it once, or at the same time twice; note what came of it."""
        times = 2 if self.is_doubling else 1
        sendings = [self._send(delivery.payload, by, late=n) for n in range(times)]
        delivery.attempts += await asyncio.gather(*sendings)
        if delivery.acknowledged and "command" in delivery.payload:
            self._show(delivery)

    async def repeat(self, delivery: Delivery, attempt: Attempt) -> None:
        """Send exactly the same bytes and headers again, as somebody who overheard them would."""
        delivery.attempts.append(await self._post(attempt.url, attempt.sent, attempt.headers))

    async def _send(self, payload: Mapping[str, object], by: str, late: int) -> Attempt:
        if by == "socket" or (not by and not self.events_url):
            return await self._by_socket(payload)
        body = form_of(payload)
        headers = signed_headers(self._app, body, self._world.now() + late)
        return await self._post(self.events_url, body, headers)

    async def _by_socket(self, payload: Mapping[str, object]) -> Attempt:
        began = time.monotonic()
        is_command = "command" in payload
        wants_answer = is_command or payload["type"] == "view_submission"
        kind = "slash_commands" if is_command else "interactive"
        error, body = "", ""
        try:
            answer = await self._sockets.deliver(
                kind, payload, wants_answer=wants_answer, patience=self.patience
            )
            body = json.dumps(answer) if answer else ""
        except TimeoutError:
            error = "operation_timeout"
        except ConnectionError:
            error = "dispatch_failed"
        return Attempt(by="socket", took=time.monotonic() - began, error=error, body=body)

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Attempt:
        began = time.monotonic()
        error, status, answer = "", 0, ""
        try:
            status, answer = await send(url, body, headers, self.patience)
            error = "" if status == 200 else f"http_{status}"
        except TimeoutError:
            error = "operation_timeout"
        except aiohttp.ClientError:
            error = "dispatch_failed"
        took = time.monotonic() - began
        return Attempt(
            by="http",
            took=took,
            error=error,
            status=status,
            body=answer,
            url=url,
            sent=body,
            headers=headers,
        )

    def _show(self, delivery: Delivery) -> None:
        """Show the answer to a command that came with its acknowledgement."""
        answer: dict[str, Any] = (
            delivery.ack if isinstance(delivery.ack, dict) else {"text": delivery.body}
        )
        text: str = str(answer.get("text") or "")
        blocks: Blocks = answer.get("blocks") or []
        if not text and not blocks:
            return
        with self._world.lock:
            self._world.ephemerals.append(
                Ephemeral(
                    number=self._world.next_number(),
                    user=delivery.user,
                    channel=str(delivery.payload["channel_id"]),
                    text=text,
                    blocks=blocks,
                    by="answer",
                    interaction=delivery.id,
                    names=self._world.names(),
                )
            )


def response_action(delivery: Delivery) -> Mapping[str, Any]:
    """Return what an app answered to a submission; raise Refusal where Slack could not read it."""
    if not delivery.body:
        return {}
    answer = delivery.ack
    known = ("errors", "update", "clear", "push")
    if not isinstance(answer, dict) or (answer and answer.get("response_action") not in known):
        raise Refusal("invalid_response", delivery.body)
    return answer
