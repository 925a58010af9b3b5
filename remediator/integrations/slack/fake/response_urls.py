"""`response_url`: how an app answers what a person did, five times in half an hour.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from remediator.integrations.slack.fake.chat import check_content
from remediator.integrations.slack.fake.going_wrong import fall_silent, go_wrong
from remediator.integrations.slack.fake.messages import Ephemeral, Message
from remediator.integrations.slack.fake.refusals import Refusal
from remediator.integrations.slack.fake.troubles import Kind, Troubles
from remediator.integrations.slack.fake.workspace import World

MOST_USES = 5
LIVES = 30 * 60.0
_KNOWN = {
    "text",
    "blocks",
    "response_type",
    "replace_original",
    "delete_original",
    "thread_ts",
    "unfurl_links",
    "unfurl_media",
    "mrkdwn",
    "metadata",
}


@dataclass(slots=True, kw_only=True)
class _Issued:
    user: str
    channel: str
    interaction: str
    at: float
    message: Message | None
    uses: int = 0


class ResponseUrls:
    """Gives URLs out and takes what is posted there."""

    def __init__(self, world: World, troubles: Troubles) -> None:
        self._world = world
        self._troubles = troubles
        self._issued: dict[str, _Issued] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [web.post("/actions/{secret}", self._answer)]

    def issue(self, user: str, channel: str, interaction: str, message: Message | None) -> str:
        """Return the path of a new one."""
        secret = secrets.token_hex(12)
        self._issued[secret] = _Issued(
            user=user,
            channel=channel,
            interaction=interaction,
            at=self._world.now(),
            message=message,
        )
        return f"/actions/{secret}"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        trouble = self._troubles.next_trouble("response_url")
        if trouble is not None and trouble.kind is not Kind.ACCEPT:
            return await go_wrong(request, trouble)
        answer = self._answered(request.match_info["secret"], await request.text())
        return answer if trouble is None else await fall_silent(request, trouble)

    def _answered(self, secret: str, text: str) -> web.Response:
        issued = self._issued.get(secret)
        if issued is None:
            return web.Response(status=404, text="no_such_url")
        if issued.uses >= MOST_USES or self._world.now() - issued.at > LIVES:
            return web.Response(status=404, text="used_url" if issued.uses else "expired_url")
        issued.uses += 1
        try:
            answer = _parsed(text)
            with self._world.lock:
                self._show(issued, answer)
        except Refusal as refusal:
            return web.Response(status=400, text=refusal.code)
        return web.Response(text="ok")

    def _show(self, issued: _Issued, answer: Mapping[str, Any]) -> None:
        text, blocks = str(answer.get("text", "")), answer.get("blocks") or []
        if answer.get("delete_original") is True and issued.message is not None:
            del self._world.channels[issued.channel].all[issued.message.ts]
            return
        check_content(text, blocks)
        if answer.get("replace_original") is True and issued.message is not None:
            issued.message.versions.append(self._world.version(text, blocks))
            return
        if answer.get("response_type") == "in_channel":
            raise Refusal("the_fake_shows_answers_to_one_person_only")
        self._world.ephemerals.append(
            Ephemeral(
                number=self._world.next_number(),
                user=issued.user,
                channel=issued.channel,
                text=text,
                blocks=blocks,
                by="response_url",
                interaction=issued.interaction,
                names=self._world.names(),
            )
        )


def _parsed(text: str) -> Mapping[str, object]:
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise Refusal("invalid_payload") from error
    if not isinstance(answer, dict) or set(answer) - _KNOWN:
        raise Refusal("invalid_payload")
    return answer
