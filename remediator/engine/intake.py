"""Drain the inbox: read accepted notifications, newest first, and have each alert admitted.

Every step can be repeated: a notification that was half done when the daemon died is done again from the start.
Bodies are read outside of any transaction: foreign bytes never hold up the store.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from remediator.core.alert import Alert, AlertGroup, RefusedAlert
from remediator.core.errors import InvalidAlert, NothingTaken, Overloaded, StoreUnavailable
from remediator.engine.admission import Admission, Rules, Taken
from remediator.engine.batch import Batch, Item, pieces
from remediator.engine.leftovers import Leftovers
from remediator.engine.listener import Listener
from remediator.engine.recorder import Recorder
from remediator.engine.remainder import Remainder
from remediator.ports.ambient import Ambient
from remediator.ports.refusals import refusal_records
from remediator.ports.store import Notification, Store, Transaction, Work
from remediator.ports.traffic import Backlog, Traffic

TOGETHER = 50
MOST_BYTES = 4 * 1024 * 1024
MOST_READINGS = 3
LONGEST_WAIT = 2.0
GIVE_WAY_SECONDS = 0.05

Read = Callable[[Notification], Awaitable[AlertGroup]]
"""Reads a body off the loop; raises InvalidAlert, or Overloaded where a later try may work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """How notifications come: who reads their bodies, asks for what senders cut off, knows how busy the door is, and
    hears how much there still is in the inbox."""

    read: Read
    remainder: Remainder | None = None
    traffic: Traffic | None = None
    backlog: Backlog | None = None


class Intake:
    """Drains the inbox, and gives way to the door while that is busy. Without `arrivals`, the rules' parsers read."""

    def __init__(
        self,
        *,
        store: Store,
        recorder: Recorder,
        ambient: Ambient,
        rules: Callable[[], Rules],
        listener: Listener,
        arrivals: Arrivals | None = None,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._ambient = ambient
        self._rules = rules
        self._listener = listener
        arrivals = arrivals or Arrivals(read=self._parsed_here)
        self._reader, self._remainder = arrivals.read, arrivals.remainder
        self._traffic = arrivals.traffic or Traffic(ambient.monotonic)
        self._backlog = arrivals.backlog or Backlog()
        self._leftovers = Leftovers(store, ambient)
        self._unread: Counter[str] = Counter()
        self._stopping = asyncio.Event()
        self.heartbeat = ambient.monotonic()

    async def run(self) -> None:
        """Drain until `stop`; whatever is left stays in the inbox."""
        while not self._stopping.is_set():
            self.heartbeat = self._ambient.monotonic()
            await self._give_way()
            try:
                if await self.drain() == 0:
                    self._backlog.note(0)
                    await self._store.wait_for_work(Work.INBOX, timedelta(seconds=1))
            except StoreUnavailable as error:
                self._listener.store_failed(str(error))
                await asyncio.sleep(1)
        self._backlog.note(0)
        if self._remainder:
            await self._remainder.close()

    def stop(self) -> None:
        """Take nothing more from the inbox."""
        self._stopping.set()

    async def drain(self, limit: int = TOGETHER) -> int:
        """Take some notifications, newest first; return how many were done with."""
        waiting = await self._store.read(lambda r: r.waiting_notifications(limit, MOST_BYTES))
        self._backlog.note(len(waiting))
        found = await self._leftovers.sort(waiting)
        for notification in found.set_aside:
            self._listener.set_aside(notification, "it stopped several starts")
        done = len(found.set_aside)
        for notification in found.alone:
            done += await self._take([notification])
        return done + await self._take(found.together)

    async def _take(self, waiting: Sequence[Notification]) -> int:
        """Read these one after the other, and admit them in transactions that stay small."""
        done, batch = 0, Batch()
        for notification in waiting:
            self.heartbeat = self._ambient.monotonic()
            item = await self._read(notification)
            if item is None:
                continue
            done += 1
            if item.is_large:
                await self._admit_large(item)
                continue
            batch.add(item)
            if batch.is_full:
                await self._admit_together(batch.items)
                batch = Batch()
        await self._admit_together(batch.items)
        return done

    async def _read(self, notification: Notification) -> Item | None:
        """Read one body; None where that was not possible now."""
        try:
            return Item(notification=notification, group=await self._reader(notification))
        except NothingTaken as error:
            return Item(notification=notification, error=str(error), refused=error.refused)
        except InvalidAlert as error:
            return Item(notification=notification, error=str(error))
        except Overloaded as error:
            return self._unreadable(notification, str(error))

    def _unreadable(self, notification: Notification, why: str) -> Item | None:
        self._unread[notification.id] += 1
        self._listener.problem("intake", f"{notification.id}: {why}")
        if self._unread[notification.id] < MOST_READINGS:
            return None
        text = f"set aside: it could not be read {MOST_READINGS} times: {why}"
        self._listener.set_aside(notification, text)
        return Item(notification=notification, error=text)

    async def _parsed_here(self, notification: Notification) -> AlertGroup:
        parse = self._rules().parsers.get(notification.kind)
        if parse is None:
            raise InvalidAlert(f"nothing here reads notifications of the kind {notification.kind}")
        return parse(notification.body)

    async def _admit_together(self, items: Sequence[Item]) -> None:
        """Admit several notifications in one transaction; where that fails, each alone, so that no other suffers."""
        if not items:
            return
        problem = await self._admitted(items)
        if problem is None:
            return
        self._listener.problem("intake", problem)
        for item in items:
            if (problem := await self._admitted([item])) is not None:
                await self._admit_one_by_one(item, problem)

    async def _admitted(self, items: Sequence[Item]) -> str | None:
        """Admit whole notifications; return what was wrong, raise StoreUnavailable where nothing can be stored."""
        result = await self._tried(lambda tx: self._settle(tx, items))
        if isinstance(result, str):
            return result
        self._report(result)
        for item in items:
            self._finished(item)
        return None

    async def _tried(self, closure: Callable[[Transaction], list[Taken]]) -> list[Taken] | str:
        """Submit; whatever a foreign alert sets off in there is an answer here, and no end of the daemon."""
        (result,) = await asyncio.gather(self._store.submit(closure), return_exceptions=True)
        if isinstance(result, StoreUnavailable):
            raise result
        if isinstance(result, BaseException):
            return f"{type(result).__name__}: {result}"[:500]
        return result

    def _settle(self, tx: Transaction, items: Sequence[Item]) -> list[Taken]:
        ours = tx.lock_notifications([item.notification.id for item in items])
        taken: list[Taken] = []
        kept: set[str] = set()
        for item in items:
            if item.notification.id in ours:
                taken += self._admit(tx, item.notification, item.alerts, kept)
                self._finish(tx, item)
        return self._told(tx, taken)

    def _finish(self, tx: Transaction, item: Item, refused: Sequence[RefusedAlert] = ()) -> None:
        for record in refusal_records(
            item.notification, (*item.refused, *refused), self._ambient.now()
        ):
            tx.decide(record)
        tx.finish_notification(item.notification.id, item.error)

    def _admit(
        self, tx: Transaction, notification: Notification, alerts: Sequence[Alert], kept: set[str]
    ) -> list[Taken]:
        rules = self._rules()
        admission = Admission(tx, self._recorder, self._ambient, rules, notification, kept)
        return [admission.take(alert) for alert in alerts]

    def _told(self, tx: Transaction, taken: list[Taken]) -> list[Taken]:
        """Tell people of alerts without a run, all of a transaction together; each keeps what was told by it."""
        found = [one for each in taken for one in each.unanswered]
        new = self._recorder.tell_unanswered(tx, found, self._ambient.now())
        for each in taken:
            each.unanswered = [u for u in each.unanswered if any(u is one for one in new)]
        return taken

    async def _admit_large(self, item: Item) -> None:
        """Admit a large group in several transactions; the last one finishes the notification."""
        for piece in pieces(item.alerts):
            self.heartbeat = self._ambient.monotonic()
            result = await self._tried(partial(self._admit_part, item, piece))
            if isinstance(result, str):
                await self._admit_one_by_one(item, result)
                return
            self._report(result)
        await self._close(item)

    def _admit_part(self, item: Item, alerts: Sequence[Alert], tx: Transaction) -> list[Taken]:
        if not tx.lock_notification(item.notification.id):
            return []  # another replica was quicker
        return self._told(tx, self._admit(tx, item.notification, alerts, set()))

    async def _admit_one_by_one(self, item: Item, problem: str) -> None:
        """Find out which alert it is that cannot be admitted; the others are, and it is kept as refused."""
        self._listener.problem("intake", f"{item.notification.id}: {problem}")
        odd: list[RefusedAlert] = []
        for number, alert in enumerate(item.alerts):
            result = await self._tried(partial(self._admit_part, item, [alert]))
            if isinstance(result, str):
                odd.append(item.refusal(number, alert, f"it could not be admitted: {result}"))
            else:
                self._report(result)
        await self._close(item, odd)

    async def _close(self, item: Item, odd: Sequence[RefusedAlert] = ()) -> None:
        def finish(tx: Transaction) -> list[Taken]:
            if tx.lock_notification(item.notification.id):
                self._finish(tx, item, odd)
            return []

        result = await self._tried(finish)
        if isinstance(result, str):  # not even its refusals can be kept: the words alone
            await self._store.submit(
                lambda tx: tx.finish_notification(item.notification.id, result)
            )
        self._finished(item, odd)

    def _finished(self, item: Item, odd: Sequence[RefusedAlert] = ()) -> None:
        self._leftovers.forget(item.notification.id)
        self._unread.pop(item.notification.id, None)
        self._listener.refused(item.notification, (*item.refused, *odd))
        if item.group and item.group.truncated:
            self._listener.truncated(item.notification, item.group.truncated)
            if self._remainder:
                self._remainder.ask(item.notification, item.group)

    async def _give_way(self) -> None:
        """While very many notifications arrive, take them in first; but not for ever."""
        began = self._ambient.monotonic()
        while self._traffic.is_heavy() and self._ambient.monotonic() - began < LONGEST_WAIT:  # noqa: ASYNC110 — no event says "quiet"
            await asyncio.sleep(GIVE_WAY_SECONDS)

    def _report(self, taken: Sequence[Taken]) -> None:
        for each in taken:
            self._listener.decided(each.alert, tuple(each.decisions))
            for moved in each.moved:
                self._listener.moved(moved)
            for one in each.unanswered:
                self._listener.unanswered(one)
