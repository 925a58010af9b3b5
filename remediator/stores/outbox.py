"""The outbox: messages on their way to people, once per (deduplication, channel), in order within (thread, channel)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Row, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from remediator.core.messages import Message
from remediator.ports.codec import decode_message, encode_message
from remediator.ports.store import Delivery, Work
from remediator.stores.columns import Moment, RowNumber
from remediator.stores.schema import IS_WAITING, Sending, outbox
from remediator.stores.session import Session

_ENQUEUE = insert(outbox).on_conflict_do_nothing().inline()
_IS_IT = outbox.c.id == bindparam("p_id", type_=RowNumber)
_RECEIPT = (
    select(outbox.c.receipt)
    .where(
        outbox.c.thread == bindparam("p_thread"),
        outbox.c.channel == bindparam("p_channel"),
        outbox.c.state == Sending.DELIVERED.value,
    )
    .order_by(outbox.c.place.desc(), outbox.c.id.desc())
    .limit(1)
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
_RETRY = (
    update(outbox)
    .where(_IS_IT, IS_WAITING)
    .values(
        due_at=bindparam("p_due_at", type_=Moment()),
        problem=bindparam("p_problem"),
        tries=outbox.c.tries + 1,
        owner=None,
        lease_until=None,
    )
)
_HUSH = (
    update(outbox)
    .where(outbox.c.while_firing == bindparam("p_episode"), IS_WAITING)
    .values(state=Sending.HUSHED.value, owner=None, lease_until=None)
)


class OutboxWriting(Session):
    """Queues messages and hands them to the courier."""

    def enqueue(self, message: Message, channels: Sequence[str], due_at: datetime) -> None:
        """Put a message in the outbox for each channel, not before its own `due_at`; a repeat is ignored."""
        if not channels:
            return
        row = _row(message, max(due_at, message.due_at or due_at))
        self._change(_ENQUEUE, [row | {"channel": channel} for channel in channels])
        self.wakes.add(Work.OUTBOX)

    def claim_deliveries(
        self, *, owner: str, lease: timedelta, limit: int, now: datetime
    ) -> tuple[Delivery, ...]:
        """Take due deliveries; of each (thread, channel) only the first that is not yet delivered."""
        leases = self._dialect.leases
        wanted = {"p_owner": owner, "p_now": now, "p_limit": limit}
        rows = self._all(leases.claim_deliveries, wanted | leases.parameters(now, lease))
        return tuple(map(self._delivery, sorted(rows, key=lambda row: (row.due_at, row.id))))

    def delivered(self, delivery_id: str, receipt: str, at: datetime) -> None:
        """Note that a message has arrived."""
        self._finish(delivery_id, Sending.DELIVERED, at, receipt=receipt)
        self.wakes.add(Work.OUTBOX)

    def retry_delivery(self, delivery_id: str, due_at: datetime, problem: str) -> None:
        """Try again later; messages behind it in its thread wait with it."""
        row = {"p_id": int(delivery_id), "p_due_at": due_at, "p_problem": problem}
        self._change(_RETRY, row)

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

    def _delivery(self, row: Row[*tuple[Any, ...]]) -> Delivery:
        thread = {"p_thread": row.thread, "p_channel": row.channel}
        return Delivery(
            id=str(row.id),
            message=decode_message(row.message),
            channel=row.channel,
            due_at=row.due_at,
            tries=row.tries,
            receipt=self._value(_RECEIPT, thread),
        )


def _row(message: Message, due_at: datetime) -> dict[str, Any]:
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
