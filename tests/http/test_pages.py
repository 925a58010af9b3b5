"""Which part of a list is answered, and where the next one begins: what the handlers ask of a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from remediator.core import events as ev
from remediator.core.target import Target
from remediator.http import read_routes
from remediator.http.openapi import document
from remediator.http.refusal import HttpRefusal
from remediator.ports.store import Store
from remediator.stores.store import open_store, sqlite_url
from remediator.testing import builders as make
from tests.http.calls import a_call, answered
from tests.http.daemon import a_waiting_run, keep
from tests.http.routes import ROUTES

pytestmark = pytest.mark.asyncio(loop_scope="module")

LISTS = {
    "runs": (read_routes.runs, "id", ["run_2", "run_1", "run_0"]),
    "approvals": (read_routes.approvals, "run", ["run_2", "run_1", "run_0"]),
    "decisions": (read_routes.decisions, "id", ["dec_2", "dec_1", "dec_0"]),
}
NOTES = [f"note {number}" for number in range(1, 6)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    """One for all: nobody writes."""
    opened = await open_store(sqlite_url(tmp_path_factory.mktemp("pages")))
    for number in range(3):
        at = make.MOMENT + timedelta(seconds=number)
        host = Target("host", f"web{number}")
        run = a_waiting_run(f"run_{number}", created_at=at, order=make.an_order(target=host))
        await keep(opened, run, events=[ev.Noted(text=note) for note in NOTES])
        decision = make.a_decision(id=f"dec_{number}", at=at, notification=f"ntf_{number}")
        await opened.submit(lambda tx, d=decision: tx.decide(d))  # type: ignore[misc]
    yield opened
    await opened.close()


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_read_page_by_page_newest_first(store: Store, name: str) -> None:
    handler, key, expected = LISTS[name]

    first = await answered(handler, "/?limit=2", store)
    second = await answered(handler, f"/?limit=2&before={first['next']}", store)

    assert [item[key] for item in first["items"]] == expected[:2]
    assert [item[key] for item in second["items"]] == expected[2:]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "numbers", "after"),
    [
        ("", [1, 2, 3, 4, 5], None),
        ("limit=2", [1, 2], "2"),
        ("limit=2&after=2", [3, 4], "4"),
        ("limit=2&after=4", [5], None),
        ("after=5", [], None),
    ],
)
async def test_a_journal_is_read_from_where_one_stopped(
    store: Store, query: str, numbers: list[int], after: str | None
) -> None:
    page = await answered(read_routes.events, f"/?{query}", store, match="run_1")

    assert [item["seq"] for item in page["items"]] == numbers
    assert page["next"] == after


@pytest.mark.parametrize("after", ["-1", "x", "", "1" * 10, "%D9%A1"])
async def test_a_journal_is_not_read_from_what_is_no_number(after: str) -> None:
    with pytest.raises(HttpRefusal, match="`after` must be the number of an event"):
        await read_routes.events(a_call(f"/?after={after}", match="run_1"))


@pytest.mark.parametrize(
    ("name", "query", "found"),
    [
        ("runs", "target=host/web1", ["run_1"]),
        ("runs", "phase=closed", []),
        ("approvals", "target=host/WEB1", ["run_1"]),
        ("approvals", "playbook=other", []),
        ("decisions", "notification=ntf_1", ["dec_1"]),
    ],
)
async def test_a_list_holds_what_its_filters_leave(
    store: Store, name: str, query: str, found: list[str]
) -> None:
    handler, key, _ = LISTS[name]

    page = await answered(handler, f"/?{query}", store)

    assert [item[key] for item in page["items"]] == found


@pytest.mark.parametrize("handler", [read_routes.run, read_routes.events])
async def test_a_run_that_is_not_there_is_not_found(store: Store, handler: Any) -> None:
    with pytest.raises(HttpRefusal) as refused:
        await handler(a_call(store=store, match="run_9"))

    assert (refused.value.status, refused.value.code) == (404, "not_found")


async def test_the_status_is_as_its_schema_says(store: Store) -> None:
    schema = document(ROUTES, "")["components"]["schemas"]["Status"]

    status = await answered(read_routes.status, "/", store)

    assert set(status) == set(schema["required"])
    assert status["runs_active"] == {"awaiting_approval": 3}
    assert status["approvals_pending"] == 3
