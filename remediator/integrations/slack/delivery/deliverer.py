"""Tell people by Slack: one root message per run, edited in place, and what happens in its thread.

Used by the courier. Every step may be repeated: the root is edited to the newest state, and `Memory` knows what was
posted of a delivery that failed half-way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from remediator.core.errors import DeliveryError
from remediator.core.messages import Message, MessageKind
from remediator.integrations.slack.cards.cards import Drawing, draw
from remediator.integrations.slack.cards.digest import draw_digest
from remediator.integrations.slack.cards.mentions import SILENT, Mentions
from remediator.integrations.slack.delivery import attachments, loudness
from remediator.integrations.slack.delivery.memory import Memory, Part
from remediator.integrations.slack.delivery.mention_lookup import calling, mentions_of
from remediator.integrations.slack.delivery.poster import Writer
from remediator.integrations.slack.delivery.receipt import Root, read_receipt, write_receipt
from remediator.integrations.slack.delivery.thread import call, reply
from remediator.integrations.slack.gateway.api import Posted
from remediator.integrations.slack.gateway.workspace import SLACK, Slack
from remediator.integrations.slack.settings.destination import SlackDestination
from remediator.ports.channel import Channel
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters


class SlackDeliverer:
    """Delivers by one way; a Bundler (ports.channel)."""

    def __init__(self, reads: Reads, destination: SlackDestination) -> None:
        self._reads = reads  # asked each time: a reload puts another gateway there
        self._destination = destination
        self._memory = Memory()

    async def deliver(self, message: Message, receipt: str | None) -> str:
        """See ports.channel.Deliverer."""
        return await self.deliver_all((message,), receipt)

    async def deliver_all(self, messages: Sequence[Message], receipt: str | None) -> str:
        """See ports.channel.Bundler."""
        if not self._reads.has(SLACK):
            raise DeliveryError(SLACK.missing)
        slack = self._reads[SLACK]
        root = read_receipt(receipt)
        if root and root.told:
            told = [message for message in messages if message.deduplication in root.told]
            self._memory.keep(told, Part.SAID, root.where)
        try:
            return write_receipt(await self._tell(slack, messages, root))
        except DeliveryError as error:
            error.receipt = self._half_told(messages, root)
            raise

    async def _tell(self, slack: Slack, messages: Sequence[Message], root: Root | None) -> Root:
        telling = _Telling(slack, self._destination, self._memory, messages)
        if root and not root.is_of(self._destination) and root.is_open_to(self._destination):
            await telling.join(root)
            return replace(root, told=())
        own = root.where if root and root.is_of(self._destination) else None
        where = await telling.tell(own)
        await attachments.add_graph(self._reads, self._memory, messages, where)
        return Root(where=where, destination=self._destination.place, call=self._destination.call)

    def _half_told(self, messages: Sequence[Message], root: Root | None) -> str | None:
        """Return the receipt of a delivery that has failed: the next try may be another replica's."""
        if posted := self._memory.recall(messages, Part.ROOT):
            root = Root(
                where=posted, destination=self._destination.place, call=self._destination.call
            )
        if root is None:
            return None
        known = [m for m in messages if self._memory.knows(m, Part.SAID, Part.SHOWN)]
        return write_receipt(replace(root, told=tuple(m.deduplication for m in known)))


class _Telling:
    """One delivery: what has piled up in one thread, by one way."""

    def __init__(
        self,
        slack: Slack,
        destination: SlackDestination,
        memory: Memory,
        messages: Sequence[Message],
    ) -> None:
        self._slack = slack
        self._destination = destination
        self._memory = memory
        self._messages = messages
        self._writer = Writer(slack.api)
        self._place = destination.place or slack.channel

    async def tell(self, former: Posted | None) -> Posted:
        """Tell everything, and return where the thread's root stands; `former` is where it stood before."""
        root = self._memory.recall(self._messages, Part.ROOT) or former
        for message in self._messages:
            if message.kind is MessageKind.NOTICE and not self._memory.knows(message, Part.SAID):
                root = await self._say_apart(message)
        digests = [m for m in self._messages if m.kind is MessageKind.DIGEST]
        if digests:
            root = await self._show(root, digests[-1])
        run = [m for m in self._messages if m.kind not in loudness.APART]
        if run:
            root = await self._tell_run(root, run, is_new=former is None)
        if root is None:  # notices that were all posted before
            root = self._memory.recall(self._messages, Part.SAID)
        if root is None:
            raise DeliveryError("there is nothing to tell", final=True)
        return root

    async def join(self, root: Root) -> None:
        """Call our people in the thread of another way, which tells the rest."""
        for message in self._messages:
            is_due = message.kind not in loudness.APART and loudness.is_loud(
                message, self._messages
            )
            if is_due and not self._memory.knows(message, Part.SAID):
                await self._call(message, root.where)

    async def _tell_run(
        self, root: Posted | None, run: Sequence[Message], *, is_new: bool
    ) -> Posted:
        newest = loudness.drawn(run)
        if newest is not None or root is None:
            root = await self._show(root, newest or run[-1])
        await self._say(run, root, is_new=is_new)
        for message in run:
            await attachments.add_overflow(self._slack.api, self._memory, message, root)
        return root

    async def _show(self, root: Posted | None, message: Message) -> Posted:
        """Draw the root anew, or post it where there is none (any more)."""
        if root is not None and await self._edit(root, message):
            return root
        mentions = await mentions_of(self._slack, self._destination, message)
        drawing = _drawing(message, mentions)
        if loudness.rings(message):
            drawing = self._calling(drawing, mentions)
        return await self._begin(drawing, message)

    async def _edit(self, root: Posted, message: Message) -> bool:
        if message.kind is MessageKind.REMINDER and message.card is None:
            return True  # nothing to draw that is not there
        mentions = await mentions_of(self._slack, self._destination, message)
        return await self._writer.edit(root, _drawing(message, mentions), message)

    async def _begin(self, drawing: Drawing, message: Message) -> Posted:
        posted = await self._writer.post(self._place, drawing, message)
        self._memory.keep(self._messages, Part.ROOT, posted)
        if message.kind is not MessageKind.PROGRESS:  # its words go with the next edit
            self._memory.keep((message,), Part.SHOWN, posted)
        return posted

    async def _say(self, run: Sequence[Message], root: Posted, *, is_new: bool) -> None:
        """Say in the thread what the root alone does not: quiet lines together, loud ones for all to see."""
        new = [m for m in run if not self._memory.knows(m, Part.SAID, Part.SHOWN)]
        for is_loud, group in loudness.grouped(new, run, is_new=is_new):
            if is_loud:
                await self._call(group[0], root)
            elif drawing := reply(group, SILENT):
                posted = await self._writer.reply(root, drawing, group[-1])
                self._memory.keep(group, Part.SAID, posted)

    async def _call(self, message: Message, root: Posted) -> None:
        mentions = await mentions_of(self._slack, self._destination, message)
        drawing = self._calling(call(message, mentions), mentions)
        posted = await self._writer.reply(root, drawing, message, broadcast=True)
        self._memory.keep((message,), Part.SAID, posted)

    def _calling(self, drawing: Drawing, mentions: Mentions) -> Drawing:
        return calling(drawing, mentions.mentions.get(self._destination.call, ""))

    async def _say_apart(self, message: Message) -> Posted:
        drawing = draw(message, await mentions_of(self._slack, self._destination, message))
        posted = await self._writer.post(self._place, drawing, message)
        self._memory.keep((message,), Part.SAID, posted)
        return posted


def _drawing(message: Message, mentions: Mentions) -> Drawing:
    return draw_digest(message.digest, mentions) if message.digest else draw(message, mentions)


def _deliverer(reads: Reads, settings: Parameters) -> SlackDeliverer:
    return SlackDeliverer(reads, SlackDestination.of(settings))


CHANNEL = Channel(
    name="slack",
    doc="Write to a Slack channel, or call a person or user group there; needs the section `slack`.",
    settings=SlackDestination,
    shorthand="to",
    deliverer=_deliverer,
    rest=timedelta(seconds=3),
    crowd=20,
    joins=True,
    title="Slack",
    needs="slack",
    how_to_set="Add `slack` with `bot_token_file` and `channel`.",
    how_to_write="Write it in quotes, slack: '#sre', because # begins a comment.",
)
