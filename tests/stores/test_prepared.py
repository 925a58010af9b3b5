"""Statements that go to the driver directly behave as by SQLAlchemy's own way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, create_engine, select, text
from sqlalchemy.exc import StatementError

from remediator.core.errors import StoreError
from remediator.ports.store import Store
from remediator.stores.columns import Moment
from remediator.stores.prepared import Prepared
from remediator.stores.schema import inbox
from remediator.testing.builders import MOMENT, a_notification

IDS = [f"ntf_{n}" for n in range(9)]
BY_IDS = select(inbox.c.id).where(inbox.c.id.in_(bindparam("p_ids", expanding=True)))


@pytest.mark.parametrize("many", range(10))
async def test_a_list_of_any_length_finds_what_is_in_it_once(store: Store, many: int):
    await store.submit(lambda tx: tx.accept(*(a_notification(id=each) for each in IDS)))

    found = await store.submit(lambda tx: tx.lock_notifications(IDS[:many]))

    assert found == frozenset(IDS[:many])


def test_lists_of_many_lengths_are_few_statements():
    prepared = Prepared(BY_IDS, create_engine("sqlite://").dialect, ("p_ids",))

    sent = {prepared.bind({"p_ids": IDS[:1] * length})[0] for length in range(1, 129)}

    assert len(sent) == 8


async def test_a_value_that_cannot_be_bound_is_refused_and_not_told(store: Store):
    since = select(inbox.c.id).where(inbox.c.received_at > bindparam("p_at", type_=Moment()))

    with pytest.raises(StoreError) as caught:
        await store.submit(lambda tx: tx._all(since, {"p_at": "hunter2"}))

    cause = caught.value.__cause__
    assert isinstance(cause, StatementError)
    assert "hunter2" not in f"{caught.value!r} {cause!r} {cause}"


async def test_rows_of_a_text_have_the_names_that_it_gives_them(store: Store):
    row = await store.read(lambda r: r._one(text("SELECT 1 AS first, 'x' AS second"), {}))

    assert (row.first, row.second, row[1], row._asdict()) == (
        *(1, "x", "x"),
        {"first": 1, "second": "x"},
    )


async def test_what_types_write_they_read_again(store: Store):
    moment = MOMENT + timedelta(microseconds=1)
    written = a_notification(source="a\0b", body=b"\0\xff", received_at=moment)

    def write_and_read(tx):
        tx.accept(written)
        return tx.notification(written.id)

    read = await store.submit(write_and_read)

    assert (read.source, read.body, read.received_at) == (
        *("a\N{REPLACEMENT CHARACTER}b", b"\0\xff", moment),
    )
