"""Ending sessions of a real PostgreSQL: who is chosen, who never is, and that a pid alone is nobody."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from remediator.core.change import Change, Nothing
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Observation
from remediator.integrations.postgres.actions.sessions import ACTIONS
from remediator.ports.action import Request
from remediator.testing.action_contract import ActionCase, ActionContract
from tests.bound import reads_of, writes_of
from tests.integrations.postgres.orders import ORDERS, Orders
from tests.parts.postgres import Postgres

pytestmark = pytest.mark.slow
CANCEL, TERMINATE = ACTIONS


@pytest.fixture(scope="module")
def orders(postgres: Postgres) -> Orders:
    return Orders.made(postgres)


def case_of(
    orders: Orders, action: Any = TERMINATE, user: str = "ops", **parameters: Any
) -> ActionCase:
    looker = orders.looker(user)
    wanted = {"older_than": timedelta(seconds=10), **parameters}
    now = datetime.now(UTC)
    return ActionCase(
        action=action,
        request=Request(
            step="end",
            target=ORDERS,
            parameters=action.parameters.model_construct(**wanted),
            timeout=timedelta(seconds=30),
            now=now,
        ),
        reads=reads_of(postgres=looker),
        writes=writes_of(postgres=orders.writer(user)),
        state=lambda: orders.server.query(
            orders.name,
            "SELECT pid, backend_start FROM pg_stat_activity"
            " WHERE usename = 'shop' AND datname = current_database() ORDER BY 1",
        ),
    )


YOUNG = timedelta(0)


class TestTerminating(ActionContract):
    @pytest.fixture
    async def case(self, orders: Orders) -> Any:
        async with orders.session():
            yield case_of(orders, older_than=YOUNG)
            await asyncio.sleep(0.1)

    async def test_what_was_not_applied_is_seen_as_such_and_never_starts(
        self, case: ActionCase
    ) -> None:
        """A server keeps no tickets: a session that is gone is gone, whoever ended it."""
        change, ticket, before = await case.change(), case.ticket(), case.state()
        sight = await case.proposer().observe(change, ticket)

        assert sight.observation is Observation.NOT_APPLIED
        assert case.state() == before


async def test_the_one_who_holds_others_up_is_named_with_who_waits_and_is_ended(
    orders: Orders,
) -> None:
    async with orders.session() as holder, orders.query("SELECT * FROM orders") as waiting:
        case = case_of(orders, older_than=YOUNG)
        change = await case.change()
        assert "terminate 1 session of postgres/orders" in change.summary
        assert "(shop, migrate, idle in transaction for 0s, 1 wait for it)" in change.summary
        await case.applier().apply(change, case.ticket())

        await asyncio.wait_for(waiting, 60)
        assert holder.is_closed() or await _is_gone(holder)


async def _is_gone(connection: Any) -> bool:
    try:
        await connection.execute("SELECT 1")
    except Exception:
        return True
    return False


async def test_a_session_that_began_anew_since_is_another(orders: Orders) -> None:
    async with orders.session() as holder:
        case = case_of(orders, older_than=YOUNG)
        change = await case.change()
        await holder.execute("COMMIT")
        await holder.execute("BEGIN")
        await holder.execute("SELECT 1")

        again = await case.proposer().propose(replace(case.request, planned=change))
        assert isinstance(again, Nothing)
        with pytest.raises(Stale, match="ended by themselves"):
            await case.applier().apply(change, case.ticket())
        assert await holder.fetchval("SELECT 1") == 1


async def test_the_same_pid_with_another_start_is_refused_by_the_server_itself(
    orders: Orders,
) -> None:
    async with orders.session() as holder:
        (session,) = await orders.looker().sessions(ORDERS)
        other = replace(session, began="2001-01-01 00:00:00+00")
        limit = timedelta(seconds=10)

        assert not await orders.writer().end(ORDERS, other, terminate=True, timeout=limit)
        assert await holder.fetchval("SELECT 1") == 1


@pytest.mark.parametrize(
    ("user", "application"),
    [("report", "migrate"), ("remediator", "migrate"), ("shop", "pg_dump"), ("shop", "PgBouncer")],
)
async def test_nobody_else_is_ended(orders: Orders, user: str, application: str) -> None:
    async with orders.session(user, application):
        case = case_of(orders, older_than=YOUNG)

        assert isinstance(await case.proposer().propose(case.request), Nothing)


async def test_one_that_is_young_or_not_the_application_is_left_alone(orders: Orders) -> None:
    async with orders.session():
        for wish in ({}, {"older_than": YOUNG, "application": "other"}):
            case = case_of(orders, **wish)
            assert isinstance(await case.proposer().propose(case.request), Nothing)


async def test_a_query_is_cancelled_and_its_session_stays(orders: Orders) -> None:
    async with orders.query("SELECT pg_sleep(60)") as running:
        case = case_of(orders, CANCEL, older_than=YOUNG)
        change, ticket = await case.change(), case.ticket()
        assert (
            await case.proposer().observe(change, ticket)
        ).observation is Observation.NOT_APPLIED
        await case.applier().apply(change, ticket)

        with pytest.raises(Exception, match="canceling statement"):
            await asyncio.wait_for(running, 60)
        assert (await case.proposer().observe(change, ticket)).observation is Observation.APPLIED
        assert case.state()


async def test_at_most_so_many_the_oldest_first(orders: Orders) -> None:
    async with (
        orders.query("SELECT pg_sleep(60)", "first"),
        orders.query("SELECT pg_sleep(60)", "second"),
    ):
        change = await case_of(orders, CANCEL, older_than=YOUNG, at_most=1).change()

        assert isinstance(change, Change)
        assert "first" in change.summary
        assert "second" not in change.summary


async def test_a_role_that_cannot_see_others_is_told_what_to_grant(orders: Orders) -> None:
    async with orders.session():
        case = case_of(orders, user="blind", older_than=YOUNG)
        with pytest.raises(Permanent, match="GRANT pg_read_all_stats"):
            await case.proposer().propose(case.request)
