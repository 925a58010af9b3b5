"""What PostgreSQL needs beyond the contract: insisting on durability, time-outs, lost connections, several replicas."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from sqlalchemy import text

from remediator.core.errors import InvalidSettings, StoreUnavailable
from remediator.core.events import Noted
from remediator.ports.store import Transaction, Work
from remediator.stores.notifier import Notifier
from remediator.stores.postgres_notifications import listen
from remediator.stores.postgres_server import UNREACHABLE, connector
from remediator.stores.store import open_store
from remediator.testing.builders import MOMENT, a_notification, a_run
from tests.parts.postgres import Postgres
from tests.parts.require import require

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server of its own, to be crashed."""
    require("postgres", "initdb")
    with Postgres() as part:
        yield part


def accept(number: int):
    return lambda tx: tx.accept(a_notification(id=f"ntf_{number}"))


async def test_a_crash_of_the_server_is_reported_and_overcome(server: Postgres):
    store = await open_store(server.new_database())
    await asyncio.gather(*(store.submit(accept(number)) for number in range(20)))

    server.stop("immediate")
    with pytest.raises(StoreUnavailable):
        await store.submit(accept(20))
    with pytest.raises(StoreUnavailable):
        await store.read(lambda reader: reader.notification("ntf_1"))
    server.start()

    await store.submit(accept(21))
    found = await store.read(lambda reader: reader.notification("ntf_21"))
    assert found == a_notification(id="ntf_21")
    kept = await store.submit(lambda tx: tx.take_notifications(100))
    assert {n.id for n in kept} >= {f"ntf_{n}" for n in (*range(20), 21)}
    await store.close()


async def test_connections_that_were_cut_while_idle_are_not_noticed(postgres: Postgres):
    url = postgres.new_database()
    store = await open_store(url)
    await asyncio.gather(*(store.submit(accept(number)) for number in range(20)))
    await store.read(lambda reader: reader.notification("ntf_1"))

    ours = f"application_name = 'remediator' and datname = '{url.rsplit('/')[-1]}'"
    cut = f"select pg_terminate_backend(pid) from pg_stat_activity where {ours}"

    postgres.query("postgres", cut)
    await store.submit(accept(20))
    postgres.query("postgres", cut)
    assert await store.read(lambda reader: reader.notification("ntf_20")) is not None
    postgres.query("postgres", cut)
    await asyncio.gather(*(store.submit(accept(number)) for number in range(30, 60)))
    await store.close()


async def test_the_listener_hears_again_after_its_connection_was_cut(postgres: Postgres):
    from datetime import timedelta

    url = postgres.new_database()
    here, there = await open_store(url), await open_store(url)
    ours = f"pg_stat_activity where query ilike 'listen%' and datname='{url.rsplit('/')[-1]}'"

    async def listening() -> set[str]:
        return set(postgres.query("postgres", f"select pid from {ours}").split())

    while len(before := await listening()) < 2:
        await asyncio.sleep(0.05)
    assert postgres.query("postgres", f"select pg_terminate_backend(pid) from {ours}") == "t\nt"
    while len(await listening() - before) < 2:
        await asyncio.sleep(0.05)
    await asyncio.sleep(
        0.3
    )  # until the ring for what was missed is heard; later, it would be taken for the commit's
    await there.wait_for_work(Work.INBOX, timedelta(milliseconds=1))

    waiting = asyncio.create_task(there.wait_for_work(Work.INBOX, timedelta(hours=1)))
    await asyncio.sleep(0)
    await here.submit(accept(1))

    async with asyncio.timeout(60):
        await waiting
    await asyncio.gather(here.close(), there.close())


async def test_a_server_that_is_not_there_is_reported():
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await open_store("postgresql://nobody@127.0.0.1:1/nothing")


async def test_a_server_that_confirms_what_it_may_lose_is_refused(postgres: Postgres):
    url = postgres.new_database()
    name = url.rsplit("/")[-1]
    postgres.query("postgres", f'alter database "{name}" set synchronous_commit = off')

    with pytest.raises(InvalidSettings, match="synchronous_commit"):
        await open_store(url)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
async def test_a_server_that_could_forget_is_refused(setting: str, monkeypatch):
    from tests.parts import postgres as part

    require("postgres", "initdb")
    monkeypatch.setitem(part.SETTINGS, setting, "off")  # of the real server, not of our program
    with Postgres() as server, pytest.raises(InvalidSettings, match=setting):
        await open_store(server.new_database())


async def test_nothing_waits_for_ever_on_the_server(postgres: Postgres):
    store = await open_store(postgres.new_database())
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")

    def ask(tx):
        return [tx._connection.execute(text(f"SHOW {name}")).scalar() for name in names]

    assert await store.submit(ask) == ["15s", "5s", "3s"]
    await store.close()


async def test_a_replica_that_falls_asleep_in_its_transaction_is_waited_for_and_nobody_gives_up(
    postgres: Postgres,
):
    """It holds the gate through which all have to go who judge; the others' first try gets through."""
    url = postgres.new_database()
    store = await open_store(url)
    tries = []

    def judge(tx: Transaction) -> int:
        tries.append(tx)
        return tx.acting(playbook="p", besides="run_1")

    sleeper = await connector(url, None)()
    await sleeper.execute("BEGIN")
    await sleeper.execute("SELECT pg_advisory_xact_lock(7265, 1)")
    others = [store.submit(judge) for _ in range(20)]

    assert await asyncio.gather(*others) == [0] * 20

    assert len(tries) == 20  # no lock time-out, after which each is tried again and again
    with pytest.raises(UNREACHABLE):
        await sleeper.execute("COMMIT")
    await store.close()


async def test_the_password_is_asked_for_every_connection(postgres: Postgres):
    asked = []

    def password() -> str:
        asked.append(1)
        return "secret"

    store = await open_store(postgres.new_database(), password=password)
    await store.submit(accept(1))

    assert len(asked) >= 2
    await store.close()


async def test_a_lost_database_does_not_hang_closing(server: Postgres):
    store = await open_store(server.new_database())
    await store.submit(accept(1))
    server.stop("kill")

    async with asyncio.timeout(60):
        await store.close()


async def test_listening_goes_on_whatever_the_driver_says_of_a_lost_connection(postgres: Postgres):
    """asyncpg has an error of its own for a connection that goes away in the middle of a question."""
    url, connected = postgres.new_database(), asyncio.Event()
    errors = [asyncpg.InternalClientError("cannot switch to state 11"), OSError("refused")]

    async def connect() -> asyncpg.Connection:
        if errors:
            raise errors.pop()
        connected.set()
        return await asyncpg.connect(url)

    listening = asyncio.create_task(listen(connect, Notifier()))
    async with asyncio.timeout(60):
        await connected.wait()
    assert not listening.done()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_a_run_that_many_replicas_change_at_once_has_a_journal_without_gaps(
    postgres: Postgres,
):
    """Whoever waited for the lock read the journal's end as it was before the wait, and ran out of tries."""
    url = postgres.new_database()
    replicas = [await open_store(url) for _ in range(3)]
    await replicas[0].submit(lambda tx: tx.insert_run(a_run(), MOMENT))

    def note(number: int):
        def closure(tx: Transaction) -> None:
            run = tx.lock_run(a_run().id)
            assert run is not None
            tx.append(run.id, MOMENT, [Noted(text=str(number))])
            tx.save_run(run, MOMENT)

        return closure

    await asyncio.gather(*(replicas[n % 3].submit(note(n)) for n in range(300)))

    entries = await replicas[0].read(lambda reader: reader.events(a_run().id))
    assert [entry.seq for entry in entries] == list(range(1, 301))
    assert {entry.event.text for entry in entries} == {str(n) for n in range(300)}
    for replica in replicas:
        await replica.close()
