"""Where a person is answered, alone: by the interaction's own URL, or else by a message that only they see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from remediator.core.errors import DeliveryError
from remediator.integrations.slack.door.context import SlackContext


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTarget:
    """Where a person clicked or typed."""

    user: str
    channel: str = ""
    thread: str = ""
    url: str = ""


def response_target_of(body: Mapping[str, object]) -> ResponseTarget:
    """Return where a click or command came from; of a modal, only who sent it."""
    if "command" in body:
        return ResponseTarget(
            user=_text(body, "user_id"),
            channel=_text(body, "channel_id"),
            url=_text(body, "response_url"),
        )
    message = body.get("message") or {}
    return ResponseTarget(
        user=_text(body, "user", "id"),
        channel=_text(body, "channel", "id") or _text(body, "container", "channel_id"),
        thread=_text(message, "thread_ts") if isinstance(message, Mapping) else "",
        url=_text(body, "response_url"),
    )


def written(place: ResponseTarget) -> str:
    """Return a place as a text that a modal carries until it is submitted."""
    return json.dumps({"channel": place.channel, "thread": place.thread, "url": place.url})


def read_response_target(user: str, text: str) -> ResponseTarget:
    """Return the place that a modal carried, of the person who submitted it."""
    try:
        kept = json.loads(text)
    except ValueError:
        return ResponseTarget(user=user)
    if not isinstance(kept, dict):
        return ResponseTarget(user=user)
    return ResponseTarget(
        user=user,
        channel=_text(kept, "channel"),
        thread=_text(kept, "thread"),
        url=_text(kept, "url"),
    )


async def tell(context: SlackContext, place: ResponseTarget, text: str) -> None:
    """Show mrkdwn to this person alone. Never raises DeliveryError: an answer that is lost is logged."""
    text = context.mask(text)
    try:
        if place.url:
            await context.api.respond(place.url, text=text)
            return
    except DeliveryError as error:
        context.log("slack_answer_failed", problem=str(error))
    try:
        if place.channel and place.user:
            await context.api.whisper(
                place.channel, place.user, text=text, thread=place.thread or None
            )
            return
        context.log("slack_answer_lost", problem="there is no place to answer at")
    except DeliveryError as error:
        context.log("slack_answer_lost", problem=str(error))


def _text(value: Mapping[str, object], *path: str) -> str:
    """Return a text inside nested objects; empty where it is absent or something else."""
    found: object = value
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""
