"""What a sender of notifications is told: 202 once it is stored, 4xx where sending again is useless, else 503."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from remediator.core.alert import RefusedAlert
from remediator.http.answers import Accepted
from remediator.http.refusal import HttpRefusal
from remediator.http.room import FREE, Room
from remediator.http.route import Call, Gate
from remediator.http.webhook import webhook_of
from remediator.integrations.alertmanager.integration import SOURCE
from remediator.ports.store import Notification, Store
from remediator.stores.store import open_store, sqlite_url
from tests.http.calls import a_post
from tests.http.daemon import payload

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUTE = webhook_of(SOURCE)
BAD = b'{"version": "4", "alerts": [{}]}'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    opened = await open_store(sqlite_url(tmp_path_factory.mktemp("taking")))
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def closed(tmp_path_factory: pytest.TempPathFactory) -> Store:
    opened = await open_store(sqlite_url(tmp_path_factory.mktemp("closed")))
    await opened.close()
    return opened


def posted(body: bytes, **changes: Any) -> Call:
    call = a_post(body, **changes)
    return Call(call.context, call.request, source="prod")


async def kept(store: Store, notification_id: str) -> Notification:
    found = await store.read(lambda reader: reader.notification(notification_id))
    assert found is not None
    return found


async def test_what_is_stored_is_answered_with_its_id_and_counted(store: Store) -> None:
    heard: list[str] = []
    call = posted(payload("mixed"), store=store, arrived=lambda: heard.append("arrived"))

    answer = await ROUTE.handler(call)

    told = json.loads(answer.body)  # type: ignore[arg-type]
    found = await kept(store, told["notification"])
    assert (answer.status, told["alerts"], heard) == (202, 2, ["arrived"])
    assert (found.source, found.kind, found.state) == ("prod", "alertmanager", "new")
    assert found.body == payload("mixed")
    assert call.context.metrics.notifications == [("prod", "202")]  # type: ignore[attr-defined]


async def test_a_body_of_which_nothing_can_be_taken_is_kept_and_told(store: Store) -> None:
    heard: list[tuple[Notification, tuple[RefusedAlert, ...]]] = []
    call = posted(BAD, store=store, refused=lambda *refused: heard.append(refused))

    with pytest.raises(HttpRefusal) as refused:
        await ROUTE.handler(call)

    ((notification, alerts),) = heard
    assert (refused.value.status, refused.value.hint) == (400, "it is stored as bad")
    assert (await kept(store, notification.id)).state == "bad"
    assert len(alerts) == 1
    assert call.context.metrics.notifications == [("prod", "400")]  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [payload("firing"), BAD], ids=["good", "bad"])
async def test_what_cannot_be_stored_is_to_be_sent_again_by_another_connection(
    closed: Store, body: bytes
) -> None:
    call = posted(body, store=closed)

    with pytest.raises(HttpRefusal, match="nothing was stored: the store cannot be") as refused:
        await ROUTE.handler(call)

    assert (refused.value.status, refused.value.code) == (503, "unavailable")
    assert (refused.value.hint, refused.value.close) == ("send it again", True)
    assert call.context.metrics.notifications == [("prod", "503")]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"accepting": lambda: False}, "nothing was stored: shutting down"),
        ({"room": Room(0)}, "nothing was stored: too many large bodies at once"),
    ],
)
async def test_who_comes_at_a_bad_time_is_told_to_come_again(
    changes: dict[str, Any], words: str
) -> None:
    call = posted(b" " * (FREE + 1), is_whole=False, **changes)

    with pytest.raises(HttpRefusal, match=words) as refused:
        await ROUTE.handler(call)

    assert (refused.value.status, refused.value.close) == (503, True)


async def test_a_kind_of_notification_has_a_path_of_its_own() -> None:
    assert (ROUTE.method, ROUTE.path, ROUTE.status) == ("POST", "/webhooks/alertmanager", 202)
    assert (ROUTE.access, ROUTE.answer) == (Gate.SOURCE, Accepted)
