"""What is put into a run's thread as a file: output too long for a message, and the graph of the verification.

Best effort: a file that cannot be put there never fails or repeats a delivery.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from remediator.core.errors import ActionError, DeliveryError
from remediator.core.messages import Message, MessageKind
from remediator.integrations.slack.cards.mrkdwn import escape
from remediator.integrations.slack.delivery.memory import Memory, Part
from remediator.integrations.slack.delivery.thread import overflow
from remediator.integrations.slack.gateway.api import Posted, SlackApi, SlackRefusal
from remediator.integrations.slack.gateway.workspace import SLACK, Slack
from remediator.ports.gateways import Reads

if TYPE_CHECKING:
    from remediator.integrations.prometheus.api import Prometheus

PATIENCE = 10.0
MOST_BYTES = 1_000_000
_WITH_OUTPUT = frozenset(
    {MessageKind.FAILURE, MessageKind.HANDED_OVER, MessageKind.UNKNOWN, MessageKind.RESULT}
)
_WITH_GRAPH = frozenset({MessageKind.RESULT, MessageKind.FAILURE, MessageKind.HANDED_OVER})


async def add_overflow(api: SlackApi, memory: Memory, message: Message, root: Posted) -> None:
    """Put the whole text of a message into the thread, where it did not fit."""
    text = overflow(message) if message.kind in _WITH_OUTPUT else ""
    if not text or memory.knows(message, Part.FILE):
        return
    memory.keep((message,), Part.FILE, root)
    content = text.encode()[:MOST_BYTES].decode(errors="ignore").encode()
    name, title = f"{message.run_id}-{message.kind.value}.txt", "The whole text"
    try:
        async with asyncio.timeout(PATIENCE):
            await api.upload(root.channel, name=name, title=title, content=content, thread=root.ts)
    except SlackRefusal as refusal:
        await _say_that_it_is_missing(api, root, refusal)
    except (DeliveryError, TimeoutError):
        return


async def add_graph(
    reads: Reads, memory: Memory, messages: Sequence[Message], root: Posted
) -> None:
    """Put a graph of what was verified into the thread, where Prometheus and matplotlib are there to draw it."""
    newest = messages[-1]
    is_due = newest.kind in _WITH_GRAPH and not memory.knows(newest, Part.GRAPH)
    if not is_due or newest.card is None or newest.at is None:
        return
    prometheus = _prometheus(reads)
    if prometheus is None:
        return
    from remediator.integrations.slack.graph.graph import picture

    memory.keep((newest,), Part.GRAPH, root)
    try:
        async with asyncio.timeout(PATIENCE):
            drawn = await picture(prometheus, newest.card, newest.at)
            if drawn is not None:
                await _upload(reads[SLACK], drawn, root)
    except (DeliveryError, ActionError, TimeoutError):
        return


def _prometheus(reads: Reads) -> Prometheus | None:
    """Return the one system that is asked for what is drawn, where it is installed and set."""
    try:
        from remediator.integrations.prometheus.api import PROMETHEUS
    except ModuleNotFoundError:
        return None
    return reads[PROMETHEUS] if reads.has(PROMETHEUS) else None


async def _say_that_it_is_missing(api: SlackApi, root: Posted, refusal: SlackRefusal) -> None:
    """Say in the thread that there is more, and what would help: files need the bot in the channel, messages do not."""
    text = f"There is more output, but it could not be attached. {escape(str(refusal))}"
    with suppress(DeliveryError):
        await api.post(root.channel, text=text, thread=root.ts)


async def _upload(slack: Slack, drawn: Any, root: Posted) -> None:
    await slack.api.upload(
        root.channel,
        name=drawn.name,
        title=drawn.title,
        content=drawn.png,
        thread=root.ts,
        alt=drawn.alt,
    )
