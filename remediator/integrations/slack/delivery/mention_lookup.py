"""Whom a message calls: names looked up in the directory, before anything is drawn. Used by the deliverer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from remediator.core.messages import Message
from remediator.integrations.slack.cards.blocks import section
from remediator.integrations.slack.cards.cards import Drawing
from remediator.integrations.slack.cards.mentions import Mentions
from remediator.integrations.slack.gateway.workspace import Slack
from remediator.integrations.slack.settings.destination import SlackDestination

PATIENCE = 5.0
MOST_NAMES = 20


async def mentions_of(slack: Slack, destination: SlackDestination, message: Message) -> Mentions:
    """Return the mentions for a message; who cannot be looked up within seconds is called as last known."""
    meant = {name: name for name in _names(message)} | (
        {destination.call: destination.call} if destination.call else {}
    )
    if message.to and destination.call:
        meant[message.to] = destination.call
    names = list(meant)[:MOST_NAMES]
    try:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            asked = [group.create_task(slack.directory.mention(meant[name])) for name in names]
    except TimeoutError:
        return Mentions(mentions={n: slack.directory.known_mention(meant[n]) for n in names})
    mentions = {name: found.result() for name, found in zip(names, asked, strict=True)}
    return Mentions(mentions=mentions)


def calling(drawing: Drawing, mention: str) -> Drawing:
    """Return a drawing that calls somebody, if it does not yet."""
    if not mention or mention in drawing.text or mention in str(drawing.blocks):
        return drawing
    return replace(
        drawing, text=f"{mention} {drawing.text}", blocks=(*section(mention), *drawing.blocks)
    )


def _names(message: Message) -> Iterator[str]:
    if message.to:
        yield message.to
    cards = (message.card, *(message.digest.waiting if message.digest else ()))
    for request in (card.request for card in cards if card):
        yield from (*request.groups, *request.users) if request else ()
