"""Who reads the body of a notification, and where: small ones here, middling ones on a thread, large ones in a process
apart. Used by the webhook, which asks for a judgement before it answers, and by intake, which takes what was read.

A body is read once: what the webhook's reading found is kept for intake, as far as there is room. After a restart,
intake reads it again, outside of any transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from remediator.core.alert import Alert, AlertGroup, RefusedAlert
from remediator.core.errors import InvalidAlert, NothingTaken, Overloaded
from remediator.core.panics import EnoughMemory
from remediator.http.apart.process import Frames, ReaderProcess
from remediator.ports.codec import adapter
from remediator.ports.source import Source
from remediator.ports.store import Notification

SMALL = 16 * 1024
MIDDLING = 256 * 1024
PROCESSES = 2
MOST_KEPT = 32 * 1024 * 1024
PATIENCE_SECONDS = 8.0
"""How long a body may wait for its turn; then its sender is asked to come again."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How many alerts of a body are taken, and which are not."""

    taken: int
    refused: tuple[RefusedAlert, ...] = ()


class Readers:
    """Reads bodies of these kinds. `close` gives up whatever is being read."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources = tuple(sources)
        self._by_kind = {source.kind: source for source in self.sources}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="remediator-reader")
        self._processes = [ReaderProcess() for _ in range(PROCESSES)]
        self._free = asyncio.Queue[ReaderProcess]()
        for process in self._processes:
            self._free.put_nowait(process)
        self._lanes = ThreadPoolExecutor(PROCESSES, thread_name_prefix="remediator-apart")
        self._kept: dict[str, AlertGroup | Frames] = {}
        self._room = MOST_KEPT
        self._is_closed = False

    async def judge(self, notification: Notification) -> Judgement:
        """Say what is taken of a body; raise InvalidAlert, or Overloaded where that cannot be said now."""
        source, body = self._source(notification), notification.body
        count = _glance(source, body) if len(body) <= MIDDLING else None
        if count is not None:
            return Judgement(taken=count)
        read = await self._read(source, body)
        self._keep(notification.id, read, len(body))
        if isinstance(read, AlertGroup):
            return Judgement(taken=len(read.alerts), refused=read.refused)
        head = await self._on_thread(lambda: _head(read))
        return Judgement(taken=head["alerts"], refused=_refused(head))

    async def read(self, notification: Notification) -> AlertGroup:
        """Return what a stored notification says; raise InvalidAlert, or Overloaded where that cannot be said now."""
        source = self._source(notification)
        read = self._kept.get(notification.id) or await self._read(source, notification.body)
        self.forget(notification.id, len(notification.body))
        return read if isinstance(read, AlertGroup) else await self._whole(read)

    def forget(self, notification_id: str, size: int) -> None:
        """Forget what was read for a notification, because it was taken in or never stored."""
        if self._kept.pop(notification_id, None) is not None:
            self._room += size

    async def close(self) -> None:
        """End processes and threads; whoever waits for a process is told Overloaded. May be repeated."""
        self._is_closed = True
        for process in self._processes:
            await asyncio.to_thread(process.close)
        # What they were handed still has its turn, a short one: whoever waits for it must hear why nothing came of it.
        self._lanes.shutdown(wait=False)
        self._thread.shutdown(wait=False)

    def _source(self, notification: Notification) -> Source:
        source = self._by_kind.get(notification.kind)
        if source is None:
            raise InvalidAlert(f"nothing here reads notifications of the kind {notification.kind}")
        return source

    async def _read(self, source: Source, body: bytes) -> AlertGroup | Frames:
        if self._is_closed:
            raise Overloaded("shutting down")
        if len(body) <= SMALL:
            group = _guarded(lambda: source.parse(body))
            await asyncio.sleep(0)  # many in a row must not hold up the loop
            return group
        if len(body) <= MIDDLING:
            return await self._on_thread(lambda: source.parse(body))
        return await self._apart(source, body)

    async def _apart(self, source: Source, body: bytes) -> Frames:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                process = await self._free.get()
        except TimeoutError as error:
            raise Overloaded("too many large bodies wait to be read") from error
        reading = self._begun(self._lanes, process.read, source.address, body)
        reading.add_done_callback(lambda _: self._free.put_nowait(process))
        frames = await asyncio.shield(reading)
        head = await self._on_thread(lambda: _head(frames))
        if "error" in head:
            raise _error(head)
        return frames

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await self._begun(self._thread, _guarded, work)

    def _begun(
        self, pool: ThreadPoolExecutor, work: Callable[..., T], *arguments: object
    ) -> asyncio.Future[T]:
        try:
            return asyncio.get_running_loop().run_in_executor(pool, work, *arguments)
        except RuntimeError as error:  # it was closed meanwhile
            raise Overloaded("shutting down") from error

    async def _whole(self, frames: Frames) -> AlertGroup:
        """Put a group together, portion by portion, so that the loop goes on between them."""
        head = await self._on_thread(lambda: _head(frames))
        alerts: list[Alert] = []
        for portion in frames.portions:
            alerts += adapter(tuple[Alert, ...]).validate_json(portion)
            await asyncio.sleep(0)
        return AlertGroup(alerts=tuple(alerts), refused=_refused(head), **head["group"])

    def _keep(self, notification_id: str, read: AlertGroup | Frames, size: int) -> None:
        if size <= self._room:
            self._kept[notification_id] = read
            self._room -= size


def _glance(source: Source, body: bytes) -> int | None:
    return _guarded(lambda: source.glance(body))


def _guarded(work: Callable[[], T]) -> T:
    """Do something with foreign bytes; raise Overloaded where there is no memory for it."""
    with EnoughMemory():
        return work()


def _head(frames: Frames) -> Any:
    return adapter(dict[str, object]).validate_json(frames.head)


def _refused(head: Any) -> tuple[RefusedAlert, ...]:
    found: tuple[RefusedAlert, ...] = adapter(tuple[RefusedAlert, ...]).validate_python(
        head.get("refused", ())
    )
    return found


def _error(head: Any) -> InvalidAlert:
    refused = _refused(head)
    return NothingTaken(head["error"], refused) if refused else InvalidAlert(head["error"])
