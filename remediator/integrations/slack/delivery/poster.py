"""Put drawings into Slack and survive what people and Slack do to them: deleted messages, blocks that are refused.

Used by the deliverer. A request for approval is never lost because it cannot be drawn.
"""

from __future__ import annotations

from remediator.core.messages import Message
from remediator.integrations.slack.cards.cards import Drawing
from remediator.integrations.slack.cards.limits import cut
from remediator.integrations.slack.cards.mrkdwn import code, sentence
from remediator.integrations.slack.gateway.api import Posted, SlackApi, SlackRefusal
from remediator.integrations.slack.gateway.errors import GONE, OVERSIZED_OR_MALFORMED

MOST_PLAIN = 3000
_WRONG_CHANNEL = frozenset({"channel_not_found"})


class Writer:
    """Posts, edits and replies through one API."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def post(self, channel: str, drawing: Drawing, message: Message) -> Posted:
        """Post a message of its own."""
        about = {"run_id": message.run_id}
        try:
            return await self._api.post(
                channel, text=drawing.text, blocks=drawing.blocks, metadata=about
            )
        except SlackRefusal as refusal:
            _raise_unless_malformed(refusal.at(channel))
        return await self._api.post(channel, text=plain_form(drawing, message), metadata=about)

    async def edit(self, where: Posted, drawing: Drawing, message: Message) -> bool:
        """Replace a message; False where it is not there any more."""
        try:
            return await self._edit(where, drawing, message)
        except SlackRefusal as refusal:
            if refusal.code in GONE:
                return False
            raise

    async def reply(
        self, root: Posted, drawing: Drawing, message: Message, *, broadcast: bool = False
    ) -> Posted:
        """Answer in a thread. Where the thread is gone, what everybody is to see is posted beside it."""
        try:
            return await self._reply(root, drawing, message, broadcast=broadcast)
        except SlackRefusal as refusal:
            if refusal.code not in GONE - _WRONG_CHANNEL:
                raise
        return await self.post(root.channel, drawing, message) if broadcast else root

    async def _edit(self, where: Posted, drawing: Drawing, message: Message) -> bool:
        try:
            await self._api.update(where, text=drawing.text, blocks=drawing.blocks)
        except SlackRefusal as refusal:
            _raise_unless_malformed(refusal)
            await self._api.update(where, text=plain_form(drawing, message))
        return True

    async def _reply(
        self, root: Posted, drawing: Drawing, message: Message, *, broadcast: bool
    ) -> Posted:
        place, thread = root.channel, root.ts
        try:
            return await self._api.post(
                place, text=drawing.text, blocks=drawing.blocks, thread=thread, broadcast=broadcast
            )
        except SlackRefusal as refusal:
            _raise_unless_malformed(refusal)
        text = plain_form(drawing, message)
        return await self._api.post(place, text=text, thread=thread, broadcast=broadcast)


def plain_form(drawing: Drawing, message: Message) -> str:
    """Return a message without blocks: its sentence, its lines, and how to decide without a button."""
    request = message.card.request if message.card else None
    lines = [f"• {sentence(line, 300)}" for line in message.lines]
    if request and request.is_open:
        lines.insert(0, f"To decide: {code(f'/remediator approve {message.run_id}')}, or `reject`")
    return cut("\n".join((drawing.text or sentence(message.text), *lines)), MOST_PLAIN)


def _raise_unless_malformed(refusal: SlackRefusal) -> None:
    if refusal.code not in OVERSIZED_OR_MALFORMED:
        raise refusal
