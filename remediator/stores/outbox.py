"""The outbox: messages on their way to people, once per (deduplication, channel), in order within (thread, channel)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Integer,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    union,
    update,
)

from remediator.core.messages import Message
from remediator.ports.codec import decode_message, encode_message
from remediator.ports.store import Delivery, Work
from remediator.stores.columns import Moment, RowNumber
from remediator.stores.gathered import later_insert
from remediator.stores.prepared import Row
from remediator.stores.schema import IS_DELIVERED, IS_WAITING, Sending, outbox
from remediator.stores.session import Session
from remediator.stores.upsert import insert

_ENQUEUE = later_insert(
    "messages",
    insert(outbox).on_conflict_do_nothing().inline(),
    *("run_id", "thread", "deduplication", "message", "while_firing", "state"),
    *("place", "due_at", "tries", "problem", "channel"),
)
_IS_IT = outbox.c.id == bindparam("p_id", type_=RowNumber)
_QUEUED = select(outbox.c.id).where(outbox.c.deduplication == bindparam("p_deduplication")).limit(1)
_IN_THREAD = (outbox.c.thread == bindparam("p_thread"), IS_DELIVERED)
_EARLIER = outbox.alias("earlier")
_PREVIOUS = (
    select(outbox.c.receipt, outbox.c.finished_at)
    .where(*_IN_THREAD, outbox.c.channel == bindparam("p_channel"))
    .order_by(outbox.c.place.desc(), outbox.c.id.desc())
    .limit(1)
)
# From channel to channel of a thread, and to the last message of each: a thread may have lived for years.
_ANY, _LAST = outbox.alias("any_of_thread"), outbox.alias("last_of_channel")
_FIRST_CHANNEL = select(func.min(_ANY.c.channel).label("name")).where(
    _ANY.c.thread == bindparam("p_thread")
)
_CHANNELS = _FIRST_CHANNEL.cte("channels", recursive=True)
_CHANNELS = _CHANNELS.union_all(
    select(_FIRST_CHANNEL.where(_ANY.c.channel > _CHANNELS.c.name).scalar_subquery()).where(
        _CHANNELS.c.name.is_not(None)
    )
)
_LAST_TOLD = (
    select(_LAST.c.id)
    .where(
        _LAST.c.thread == bindparam("p_thread"),
        _LAST.c.channel == _CHANNELS.c.name,
        _LAST.c.state == literal_column(f"'{Sending.DELIVERED}'"),
    )
    .order_by(_LAST.c.place.desc(), _LAST.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_ELSEWHERE = (
    select(outbox.c.channel, outbox.c.receipt)
    .join_from(_CHANNELS, outbox, outbox.c.id == _LAST_TOLD)
    .where(_CHANNELS.c.name != bindparam("p_channel"))
    .order_by(outbox.c.finished_at.desc(), outbox.c.id.desc())
)
_SINCE = bindparam("p_since", type_=Moment())
_OF_CHANNEL = select(outbox.c.thread).where(outbox.c.channel == bindparam("p_channel"))
_BEGUN = union(
    _OF_CHANNEL.where(
        IS_DELIVERED, outbox.c.finished_at > _SINCE, outbox.c.receipt != bindparam("p_besides")
    ),
    _OF_CHANNEL.where(outbox.c.owner.is_not(None)),
).subquery("begun")
_THREADS_BEGUN = (
    select(func.count())
    .select_from(_BEGUN)
    .where(
        ~exists().where(
            _EARLIER.c.thread == _BEGUN.c.thread,
            _EARLIER.c.channel == bindparam("p_channel"),
            _EARLIER.c.state == Sending.DELIVERED.value,
            _EARLIER.c.finished_at <= _SINCE,
            _EARLIER.c.receipt != bindparam("p_besides"),
        )
    )
)
_FINISH = (
    update(outbox)
    .where(_IS_IT)
    .values(
        state=bindparam("p_state"),
        receipt=bindparam("p_receipt"),
        problem=bindparam("p_problem"),
        finished_at=bindparam("p_at", type_=Moment()),
        tries=outbox.c.tries + bindparam("p_tries", type_=Integer()),
        owner=None,
        lease_until=None,
    )
)
_HALF_TOLD: ColumnElement[str | None] = func.coalesce(bindparam("p_receipt"), outbox.c.receipt)
_RETRY = (
    update(outbox)
    .where(_IS_IT, IS_WAITING)
    .values(
        due_at=bindparam("p_due_at", type_=Moment()),
        problem=bindparam("p_problem"),
        receipt=_HALF_TOLD,
        tries=outbox.c.tries + 1,
        owner=None,
        lease_until=None,
    )
)
_POSTPONE = (
    update(outbox)
    .where(_IS_IT, IS_WAITING)
    .values(
        due_at=bindparam("p_due_at", type_=Moment()),
        receipt=_HALF_TOLD,
        owner=None,
        lease_until=None,
    )
)
_HUSH = (
    update(outbox)
    .where(outbox.c.while_firing == bindparam("p_episode"), IS_WAITING)
    .values(state=Sending.HUSHED.value, owner=None, lease_until=None)
)


class OutboxReading(Session):
    """Counts what was begun to be told."""

    def was_told(self, thread: str, channel: str) -> bool:
        """Say whether a channel has been told anything in this thread."""
        return bool(self._all(_PREVIOUS, {"p_thread": thread, "p_channel": channel}))

    def is_queued(self, deduplication: str) -> bool:
        """Say whether a message is in the outbox, by whatever channel."""
        return self._one(_QUEUED, {"p_deduplication": deduplication}) is not None

    def threads_begun(self, channel: str, since: datetime, besides: str = "folded") -> int:
        """Count the threads that a channel has begun since, or is beginning now; others that count wait for us."""
        self.enter_gate()
        wanted = {"p_channel": channel, "p_since": since, "p_besides": besides}
        return int(self._value(_THREADS_BEGUN, wanted))


class OutboxWriting(OutboxReading):
    """Queues messages and hands them to the courier."""

    def enqueue(self, message: Message, channels: Sequence[str], due_at: datetime) -> None:
        """Put a message in the outbox for each channel, not before its own `due_at`; a repeat is ignored."""
        if not channels:
            return
        row = _row(message, max(due_at, message.due_at or due_at))
        rows = [row | {"channel": channel} for channel in channels]
        self._later(_ENQUEUE, rows, (), outbox)
        self.wakes.add(Work.OUTBOX)

    def claim_deliveries(
        self,
        *,
        owner: str,
        lease: timedelta,
        limit: int,
        now: datetime,
        besides: Collection[str] = (),
    ) -> tuple[Delivery, ...]:
        """Take due deliveries; of each (thread, channel) only the first that is not yet delivered."""
        leases = self._dialect.leases
        wanted = {"p_owner": owner, "p_now": now, "p_limit": limit, "p_besides": sorted(besides)}
        rows = self._all(leases.claim_deliveries, wanted | leases.parameters(now, lease))
        return tuple(map(self._delivery, sorted(rows, key=lambda row: (row.due_at, row.id))))

    def claim_behind(
        self, delivery: Delivery, *, owner: str, lease: timedelta, limit: int, now: datetime
    ) -> tuple[Delivery, ...]:
        """Take the due deliveries that wait behind a claimed one; they share what came before it."""
        leases = self._dialect.leases
        head = {"p_head": int(delivery.id), "p_owner": owner, "p_now": now, "p_limit": limit}
        rows = self._all(leases.claim_behind, head | leases.parameters(now, lease))
        return tuple(
            replace(
                delivery,
                id=str(row.id),
                message=decode_message(row.message),
                due_at=row.due_at,
                tries=row.tries,
            )
            for row in sorted(rows, key=lambda row: (row.place, row.id))
        )

    def postpone_delivery(
        self, delivery_id: str, due_at: datetime, receipt: str | None = None
    ) -> None:
        """Give a claimed delivery back for later; its tries stay."""
        row = {"p_id": int(delivery_id), "p_due_at": due_at, "p_receipt": receipt}
        self._change(_POSTPONE, row)

    def delivered(self, delivery_id: str, receipt: str, at: datetime) -> None:
        """Note that a message has arrived."""
        self._finish(delivery_id, Sending.DELIVERED, at, receipt=receipt)
        self.wakes.add(Work.OUTBOX)

    def retry_delivery(
        self, delivery_id: str, due_at: datetime, problem: str, receipt: str | None = None
    ) -> None:
        """Try again later; messages behind it in its thread wait with it."""
        row = {"p_id": int(delivery_id), "p_due_at": due_at, "p_receipt": receipt}
        self._change(_RETRY, row | {"p_problem": problem})

    def give_up_delivery(self, delivery_id: str, problem: str, at: datetime) -> None:
        """Stop trying; the messages behind it are free."""
        self._finish(delivery_id, Sending.GIVEN_UP, at, problem=problem)
        self.wakes.add(Work.OUTBOX)

    def hush(self, while_firing: str) -> int:
        """Drop undelivered messages that are only meant while this episode fires."""
        return self._change(_HUSH, {"p_episode": while_firing}) if while_firing else 0

    def _finish(
        self,
        delivery_id: str,
        state: Sending,
        at: datetime,
        *,
        receipt: str | None = None,
        problem: str = "",
    ) -> None:
        row = {"p_id": int(delivery_id), "p_state": state.value, "p_receipt": receipt}
        self._change(_FINISH, row | {"p_problem": problem, "p_at": at, "p_tries": 1})

    def _delivery(self, row: Row) -> Delivery:
        thread = {"p_thread": row.thread, "p_channel": row.channel}
        previous = self._one(_PREVIOUS, thread)
        return Delivery(
            id=str(row.id),
            message=decode_message(row.message),
            channel=row.channel,
            due_at=row.due_at,
            tries=row.tries,
            receipt=row.receipt or (previous.receipt if previous else None),
            previous_at=previous.finished_at if previous else None,
            elsewhere=tuple((r.channel, r.receipt) for r in self._all(_ELSEWHERE, thread)),
        )


def _row(message: Message, due_at: datetime) -> dict[str, object]:
    return {
        "run_id": message.run_id,
        "thread": message.thread,
        "deduplication": message.deduplication,
        "message": encode_message(message),
        "while_firing": message.while_firing,
        "state": Sending.WAITING.value,
        "place": due_at,
        "due_at": due_at,
        "tries": 0,
        "problem": "",
    }
