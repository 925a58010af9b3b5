"""A chat that remembers what it was told, two channels to it, and couriers that deliver there; for test_courier.py."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from remediator.core.errors import DeliveryError
from remediator.core.messages import Message, MessageKind
from remediator.engine.courier import Courier
from remediator.ports.channel import Channel
from remediator.ports.gateways import ReadKey, Reads
from remediator.ports.parameters import Parameters
from remediator.ports.store import Store
from remediator.stores.store import open_store
from remediator.testing.builders import a_message
from remediator.testing.clock import ManualClock
from tests.engine.house import Heard

CROWD = 20
REST = timedelta(seconds=3)
SRE, ONCALL = '{"chat":{"to":"#sre"}}', '{"chat":{"to":"@oncall"}}'
PAGER, OTHER_PAGER = '{"pager":{"to":"a"}}', '{"pager":{"to":"b"}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What was told at once."""

    to: str
    messages: tuple[Message, ...]
    before: str | None
    receipt: str

    @property
    def titles(self) -> list[str]:
        return [message.title for message in self.messages]

    @property
    def thread(self) -> str:
        return self.messages[0].thread

    @property
    def kind(self) -> MessageKind:
        return self.messages[-1].kind


class Chat:
    """Takes everything, but for what `troubles` say; hangs after taking what is told to someone in `hanging`."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.troubles: list[Exception] = []
        self.calls = 0
        self.hanging: set[str] = set()
        self.refused: set[str] = set()
        self.most_at_once: int = 0
        self._at_once = 0

    async def take(self, to: str, messages: Sequence[Message], before: str | None) -> str:
        self.calls += 1
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(0)
            if spoilt := self.refused & {message.title for message in messages}:
                raise DeliveryError(f"malformed: {spoilt}", final=True)
            if self.troubles:
                raise self.troubles.pop(0)
            receipt = before or f"{to}/{len(self.posts)}"
            self.posts.append(Post(to=to, messages=tuple(messages), before=before, receipt=receipt))
            if to in self.hanging or messages[0].thread in self.hanging:
                await asyncio.Event().wait()
            return receipt
        finally:
            self._at_once -= 1

    @property
    def titles(self) -> list[str]:
        return [title for post in self.posts for title in post.titles]

    @property
    def roots(self) -> list[Post]:
        return [post for post in self.posts if post.before is None]

    def of(self, kind: MessageKind) -> list[Post]:
        return [post for post in self.posts if post.kind is kind]


class To(Parameters):
    to: str


class Pager:
    """Tells one message at a time."""

    def __init__(self, chat: Chat, to: str) -> None:
        self._chat, self._to = chat, to

    async def deliver(self, message: Message, receipt: str | None) -> str:
        return await self._chat.take(self._to, (message,), receipt)


class Room(Pager):
    """Tells all at once."""

    async def deliver_all(self, messages: Sequence[Message], receipt: str | None) -> str:
        return await self._chat.take(self._to, messages, receipt)


CHAT: ReadKey[Chat] = ReadKey("chat", "there is no chat")


def pager(reads: Reads, settings: To) -> Pager:
    return Pager(reads[CHAT], settings.to)


def room(reads: Reads, settings: To) -> Room:
    return Room(reads[CHAT], settings.to)


CHANNELS = {
    "pager": Channel(name="pager", doc="", settings=To, shorthand="to", deliverer=pager),
    "chat": Channel(
        name="chat",
        doc="",
        settings=To,
        shorthand="to",
        deliverer=room,
        rest=REST,
        crowd=CROWD,
        joins=True,
    ),
}


class PostOffice:
    """A store with an outbox, a chat, a clock that stands still, and as many couriers as wanted."""

    def __init__(self, store: Store, clock: ManualClock, chat: Chat | None = None) -> None:
        self.store, self.clock = store, clock
        self.chat, self.listener = chat or Chat(), Heard()
        self.reads = Reads().having(CHAT, self.chat)
        self.courier = self.new_courier()

    def new_courier(self) -> Courier:
        return Courier(
            store=self.store,
            ambient=self.clock.ambient(),
            channels=CHANNELS,
            reads=Reads.following(lambda: self.reads),
            listener=self.listener,
        )

    async def queue(self, *messages: Message, destinations: Sequence[str] = (SRE,)) -> None:
        now = self.clock.now()
        await self.store.submit(lambda tx: [tx.enqueue(m, destinations, now) for m in messages])

    async def deliver(self, *couriers: Courier) -> None:
        """Deliver until nothing is due any more."""
        each = couriers or (self.courier,)
        while sum(await asyncio.gather(*(courier.deliver_due() for courier in each))):
            pass

    async def pass_time(self, seconds: float, *couriers: Courier) -> None:
        """Let time pass second by second, and deliver what becomes due."""
        for _ in range(int(seconds)):
            self.clock.advance(timedelta(seconds=1))
            await self.deliver(*couriers)

    async def waiting(self) -> int:
        statistics = await self.store.read(lambda reader: reader.statistics(self.clock.now()))
        return statistics.outbox_pending


def tell(title: str, thread: str = "run_1", kind: str = "result", **more: Any) -> Message:
    return a_message(
        kind=MessageKind(kind), title=title, thread=thread, deduplication=title, **more
    )


@asynccontextmanager
async def a_post_office(folder: Path):
    store = await open_store(f"sqlite:///{folder / 'remediator.db'}")
    try:
        yield PostOffice(store, ManualClock())
    finally:
        await store.close()
