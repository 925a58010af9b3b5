"""The check `postgres`, the probe `postgres.activity` and `check --online`, on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from remediator.core.facts import Known
from remediator.core.target import Target
from remediator.integrations.postgres.api import Known as Server
from remediator.integrations.postgres.checks.query import CHECKS, QueryParameters
from remediator.integrations.postgres.gateway.databases import DatabasesLooker
from remediator.integrations.postgres.inspect import judged
from remediator.integrations.postgres.probes.activity import PROBES, ActivityParameters
from remediator.ports.check import Question
from remediator.ports.inspection import Level
from remediator.testing.builders import an_alert
from tests.bound import reads_of
from tests.integrations.postgres.orders import ORDERS, Orders
from tests.parts.postgres import Postgres


@pytest.fixture(scope="module")
def orders(postgres: Postgres) -> Orders:
    return Orders.made(postgres)


async def ask(looker: DatabasesLooker | None, check: str, target: Target = ORDERS):
    question = Question(
        parameters=QueryParameters(check=check),
        alert=an_alert(),
        target=target,
        now=datetime.now(UTC),
    )
    return await CHECKS[0].checker(reads_of(postgres=looker)).ask(question)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "known", "said"),
    [
        ("room", Known.HOLDS, "is true"),
        ("number", Known.UNKNOWN, "answers int, not true or false"),
        ("nothing", Known.UNKNOWN, "answers no row"),
        ("writes", Known.UNKNOWN, "read-only transaction"),
        ("other", Known.UNKNOWN, "there are: nothing, number, room, writes"),
    ],
)
async def test_only_a_yes_is_a_yes_and_nothing_is_written(
    orders: Orders, check: str, known: Known, said: str
) -> None:
    found = await ask(orders.looker(), check)

    assert found.known is known
    assert said in found.detail


async def test_a_daemon_without_databases_says_what_to_add() -> None:
    found = await ask(None, "room")

    assert found.known is Known.UNKNOWN
    assert "add `postgres` to the settings" in found.detail


@pytest.mark.slow
async def test_a_server_that_is_down_is_unknown(orders: Orders) -> None:
    nowhere = {"url": f"postgresql://ops@127.0.0.1:1/{orders.name}"}
    gone = DatabasesLooker((orders.settings().model_copy(update=nowhere),))

    assert "no connection" in (await ask(gone, "room")).detail


@pytest.mark.slow
async def test_people_see_who_holds_whom_up(orders: Orders) -> None:
    async with orders.session(), orders.query("SELECT * FROM orders"):
        prober = PROBES[0].prober(reads_of(postgres=orders.looker()))
        found = await prober.probe(ORDERS, ActivityParameters(), timedelta(seconds=10))

    assert found.problem == ""
    assert found.lines[0].startswith("2 sessions: 1 ")
    assert any(line.startswith("blocks: pid") and "1 wait for it" in line for line in found.lines)


@pytest.mark.slow
async def test_the_roles_are_asked_for(orders: Orders) -> None:
    said = {user: await orders.looker(user).known(ORDERS) for user in ("ops", "blind")}

    assert judged(ORDERS, said["ops"]).level is Level.OK
    blind = judged(ORDERS, said["blind"])
    assert (blind.level, "pg_read_all_stats" in blind.text) == (Level.ERROR, True)


@pytest.mark.parametrize(
    ("version", "level"), [(150004, Level.WARNING), (150005, Level.OK), (160000, Level.OK)]
)
def test_a_server_that_lets_background_workers_be_ended_is_told(version: int, level: Level) -> None:
    known = Server(version=version, may_signal=True, may_read=True, is_superuser=False)

    assert judged(ORDERS, known).level is level
