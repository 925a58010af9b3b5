"""No statement costs more the longer a site has lived, and each index is there for one that would.

What every other test of this folder sends is looked at by a fixture (`conftest.py`); here it is seen to complain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from remediator.core.events import Outcome
from remediator.core.facts import Counted, Pause, Scope, Tally
from remediator.core.run import Phase
from remediator.ports.chains import SITE, ChainHead
from remediator.ports.store import Listing, Reader, Transaction
from remediator.stores.decisions import _DECISIONS
from remediator.stores.runs import _RUNS
from remediator.stores.schema import METADATA
from remediator.stores.store import open_store, sqlite_url
from remediator.testing.builders import HOST, MOMENT, a_run
from tests.stores.query_plans import (
    GROWING,
    SMALL,
    Recorder,
    SqlitePlans,
    listen,
    stop_listening,
)

HOUR = timedelta(hours=1)
CLAIM: dict[str, Any] = {"owner": "w", "lease": HOUR, "limit": 9, "now": MOMENT}
CURSOR = "1700000000000000.x"
NAMES = {
    table.name: {str(index.name) for index in table.indexes}
    for table in METADATA.sorted_tables
    if table.name in GROWING
}
# Others can stand in for these; they are there because those read more.
STAND_INS = {
    "ix_run_playbook_outcome": {"ix_run_playbook", "ix_run_outcome"},
    "ix_run_target_playbook": {"ix_run_target", "ix_run_playbook"},
    "ix_run_fingerprint": {"ix_run_fingerprint_created_at", "ix_run_playbook"},
    "ix_budget_domain": {"ix_budget_target"},
}


def ask_everything(reader: Reader) -> None:
    for before in (None, CURSOR):
        for name in _RUNS.filters:
            reader.runs(Listing(filters={name: "x"}, before=before))
        for phase in Phase:
            reader.runs(Listing(filters={"phase": phase.value}, before=before))
        for name in _DECISIONS.filters:
            reader.decisions(Listing(filters={name: "x"}, before=before))
        for state in ("new", "bad"):
            reader.notifications(Listing(filters={"state": state}, before=before))
        reader.runs(Listing(before=before))
        reader.decisions(Listing(before=before))
        reader.notifications(Listing(before=before))
    asked: dict[str, Any] = {"playbook": "p", "target": HOST, "now": MOMENT}
    for scope in Scope:
        reader.tallies((Tally(counted=Counted.ACTED, scope=scope, per=HOUR),), **asked)
    reader.acting(playbook="p", besides="r")
    reader.last_run_of("s", "f", "p")
    reader.latest_episode("s", "f")
    reader.open_episode("s", "f")
    reader.refused_alerts("p", "label", MOMENT)
    reader.past_runs("p", 9)
    reader.last_drill()
    reader.alerts_without_run("p", 9)
    reader.firing_together(playbook="p", since=MOMENT, most=3)
    reader.elsewhere(domain="a", besides="r", since=MOMENT)
    reader.was_told("t", "c")
    reader.threads_begun("c", MOMENT)
    reader.outcomes(MOMENT)
    for number in (None, 9):
        reader.site_events(before=number)
        reader.site_head(number)
    reader.follow_site(ChainHead(run_id=SITE), 9)
    reader.statistics(MOMENT)
    reader.awaiting_approval(3)


def do_everything(tx: Transaction) -> None:
    old = a_run(phase=Phase.CLOSED, outcome=Outcome.FAILED, closed_at=MOMENT - HOUR)
    tx.insert_run(old, MOMENT)
    tx.claim_due(**CLAIM)
    tx.claim_deliveries(**CLAIM)
    tx.take_notifications(9)
    tx.waiting_notifications(9, 9)
    tx.stale_episodes(MOMENT, 9)
    tx.hush("eps")
    tx.confirm_clock(MOMENT)
    pause = Pause(id="pau_1", scope="all", who="ana", reason="", since=MOMENT, until=None)
    tx.add_pause(pause)
    tx.end_pause("pau_1", "ana", MOMENT)
    tx.prune(runs_before=MOMENT, notifications_before=MOMENT, limit=9)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a store sends from its start on."""
    recorder = Recorder()
    listen(recorder)

    async def live() -> None:
        store = await open_store(sqlite_url(tmp_path_factory.mktemp("plans")))
        await store.read(ask_everything)
        await store.submit(do_everything)
        await store.close()

    asyncio.run(live())
    stop_listening(recorder)
    return recorder.taken("sqlite")


@pytest.fixture
def without() -> Iterator[Any]:
    made: list[SqlitePlans] = []

    def make(*indexes: str) -> SqlitePlans:
        made.append(SqlitePlans(*indexes))
        return made[-1]

    yield make
    for plans in made:
        plans.close()


def test_nothing_that_is_asked_or_done_grows_with_history(sent, without):
    assert len(sent) > 50
    assert without().complaints(sent) == []


@pytest.mark.parametrize("index", sorted(set().union(*NAMES.values()) - SMALL))
def test_an_index_that_is_dropped_is_missed(sent, without, index: str):
    assert without(index, *STAND_INS.get(index, ())).complaints(sent)


@pytest.mark.parametrize("table", ["episode", "inbox", "outbox", "run"])
def test_without_any_index_of_what_is_under_way_all_that_was_is_read(sent, without, table: str):
    assert without(*NAMES[table] & SMALL).complaints(sent)
