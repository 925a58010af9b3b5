"""What people ask for reaches the real control whole: which run, which plan, who, and why."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from remediator.core import events as ev
from remediator.core.errors import InputError, Refused
from remediator.core.run import Phase, Run, StepState
from remediator.http import bodies
from remediator.http.asked import body_of, given_in
from remediator.http.refusal import HttpRefusal
from remediator.http.route import Handler
from remediator.http.verb_routes import people_routes
from remediator.ports.preview import Previewed, Wanted, Would
from remediator.ports.store import Store
from remediator.ports.verbs import CANCEL, VERBS
from remediator.stores.store import open_store, sqlite_url
from remediator.testing import builders as make
from tests.http.calls import a_post
from tests.http.daemon import a_waiting_run, keep

pytestmark = pytest.mark.asyncio(loop_scope="module")

people = SimpleNamespace(**{each.handler.__name__: each.handler for each in people_routes(VERBS)})
REASON = body_of(CANCEL)
NUMBERS = count()
DIGEST = a_waiting_run().plan.digest  # type: ignore[union-attr]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    """One for all: each test has a run of its own."""
    opened = await open_store(sqlite_url(tmp_path_factory.mktemp("verbs")))
    yield opened
    await opened.close()


async def a_kept_run(store: Store, *, in_doubt: bool = False) -> Run:
    run = a_waiting_run(f"run_{next(NUMBERS)}")
    if in_doubt:
        lost = replace(run.progress[0], state=StepState.UNKNOWN, n=1, token="t")
        run = replace(run, phase=Phase.ACTING, progress=(lost,))
    await keep(store, run)
    return run


async def last_of(store: Store, run: Run, kind: type) -> Any:
    entries = await store.read(lambda reader: reader.events(run.id))
    return [entry.event for entry in entries if isinstance(entry.event, kind)][-1]


@pytest.mark.parametrize("body", [{"digest": DIGEST, "reason": "fine"}, {"digest": f" {DIGEST} "}])
async def test_a_yes_is_to_the_plan_that_was_seen(store: Store, body: Mapping[str, str]) -> None:
    run = await a_kept_run(store)

    await people.approve(a_post(body, store=store, match=run.id))

    vote = await last_of(store, run, ev.Voted)
    assert (vote.approve, vote.digest, vote.person.name) == (True, DIGEST, "ana")
    assert vote.reason == body.get("reason", "")


@pytest.mark.parametrize("body", [{"digest": DIGEST, "reason": "no"}, {"reason": "no"}])
async def test_a_no_needs_a_reason_and_may_name_its_plan(
    store: Store, body: Mapping[str, str]
) -> None:
    run = await a_kept_run(store)

    await people.reject(a_post(body, store=store, match=run.id))

    vote = await last_of(store, run, ev.Voted)
    assert (vote.approve, vote.digest, vote.reason) == (False, DIGEST, "no")


@pytest.mark.parametrize("handler", [people.approve, people.reject])
async def test_a_word_to_another_plan_is_refused(store: Store, handler: Handler) -> None:
    run = await a_kept_run(store)

    with pytest.raises(Refused):
        await handler(a_post({"digest": "0" * 64, "reason": "x"}, store=store, match=run.id))


@pytest.mark.parametrize(("handler", "stays"), [(people.cancel, False), (people.take_over, True)])
async def test_who_stops_a_run_says_whether_they_see_to_the_target(
    store: Store, handler: Handler, *, stays: bool
) -> None:
    run = await a_kept_run(store)

    await handler(a_post({"reason": "mine"}, store=store, match=run.id))

    asked = await last_of(store, run, ev.CancelRequested)
    assert (asked.take_over, asked.reason, asked.person.name) == (stays, "mine", "ana")


@pytest.mark.parametrize("word", ["applied", "not_applied", "not applied", "abandon"])
async def test_a_person_settles_what_nobody_could_see(store: Store, word: str) -> None:
    run = await a_kept_run(store, in_doubt=True)

    body = {"settlement": word, "reason": "looked"}
    await people.resolve_unknown(a_post(body, store=store, match=run.id))

    settled = await last_of(store, run, ev.Settled)
    assert settled.settlement.value == word.replace("_", " ")
    assert (settled.reason, settled.person.name) == ("looked", "ana")


async def test_any_other_word_settles_nothing() -> None:
    with pytest.raises(HttpRefusal, match="one of: applied, not_applied, abandon"):
        await people.resolve_unknown(a_post({"settlement": "perhaps"}, match="run_1"))


@pytest.mark.parametrize(
    ("body", "length"),
    [
        ({"for": "2h"}, timedelta(hours=2)),
        ({}, timedelta(days=30)),
        ({"for": "31d"}, timedelta(days=30)),
    ],
)
async def test_a_pause_has_its_scope_its_length_and_its_reason(
    store: Store, body: Mapping[str, str], length: timedelta
) -> None:
    scope = f"playbook/{next(NUMBERS)}-p"
    call = a_post({"scope": scope, "reason": "deploy", **body}, store=store)

    answer = await people.pause(call)
    now = call.context.ambient.now()
    (made,) = [p for p in await store.read(lambda r: r.pauses(now)) if p.scope == scope]

    assert answer.status == 201
    assert (made.reason, made.who) == ("deploy", "ana")
    assert made.until == made.since + length


async def test_a_pause_is_ended_by_its_scope(store: Store) -> None:
    await people.pause(a_post({"scope": "namespace/shop"}, store=store))

    ended = await people.resume(a_post(b"", store=store, match="namespace/shop"))

    assert ended.body == b'{"ended": 1}'


@pytest.mark.parametrize("wanted", ["", "x" * 301, "a\nb", "a;b", "ä"])
async def test_what_can_be_no_scope_is_no_pause(wanted: str) -> None:
    with pytest.raises(HttpRefusal) as refused:
        await people.resume(a_post(b"", match=wanted))

    assert (refused.value.status, refused.value.code) == (404, "not_found")


async def planned(wanted: Wanted) -> Previewed:
    if wanted.playbook == "none":
        raise InputError("there is no such playbook")
    said = Would(playbook=wanted.playbook, decision="off", reason="")
    return Previewed(alert=make.an_alert(labels=wanted.labels), would=(said,))


@pytest.mark.parametrize(("number", "playbook"), [(1, None), (256, "disk")])
async def test_a_plan_is_asked_for_with_up_to_256_labels(number: int, playbook: str | None) -> None:
    labels = {f"l{n}": "x" for n in range(number)}
    body = {"labels": labels} | ({"playbook": playbook} if playbook else {})

    answer = await people.plan(a_post(body, plan=planned))

    assert answer.status == 200
    assert str(answer.body).count('"x"') == number
    assert (f'"playbook": "{playbook}"' in str(answer.body)) is bool(playbook)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"labels": {}}, "1 to 256 label names"),
        ({"labels": ["a"]}, "1 to 256 label names"),
        ({"labels": {f"l{n}": "x" for n in range(257)}}, "1 to 256 label names"),
        ({"labels": {"a": 1}}, "`a` must be a text"),
        ({"labels": {"a": "b"}, "playbook": "none"}, "there is no such playbook"),
        ({"playbook": "disk"}, "`labels` is missing"),
    ],
)
async def test_a_plan_for_what_is_no_alert_is_refused(body: Mapping[str, Any], words: str) -> None:
    with pytest.raises(HttpRefusal, match=words) as refused:
        await people.plan(a_post(body, plan=planned))

    assert (refused.value.status, refused.value.code) == (400, "invalid")


FULL = b'{"reason": "' + b"x" * 1990 + b'"}'


@pytest.mark.parametrize("headers", [{"Content-Type": "application/json; charset=utf-8"}, None])
async def test_a_body_up_to_256_kib_is_read(headers: Mapping[str, str] | None) -> None:
    body = FULL + b" " * (256 * 1024 - len(FULL))
    call = a_post(body, headers=headers)

    assert given_in(CANCEL, await bodies.read_object(call, REASON)) == {"reason": "x" * 1990}


async def test_no_body_is_an_object_without_keys_whatever_it_is_called() -> None:
    assert given_in(CANCEL, await bodies.read_object(a_post(b"", headers={}), REASON)) == {
        "reason": ""
    }


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (FULL + b" " * 256 * 1024, None, 413, "the most is 262144 bytes"),
        (b"{}", {"Content-Length": "262145"}, 413, "the most is 262144 bytes"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "the body must be JSON"),
        (b"{}", {}, 415, "the body must be JSON"),
        (b"{}", {"Content-Encoding": "gzip"}, 415, "no Content-Encoding"),
        (b"[]", None, 400, "must be a JSON object"),
        (b"7", None, 400, "must be a JSON object"),
        (b"{", None, 400, "not JSON"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, None, 400, "nested deeper than 32"),
        (b'{"reasn": 1}', None, 400, "unknown key `reasn`"),
        (b'{"reason": 1, "reason": 2}', None, 400, "reason"),
    ],
)
async def test_a_body_that_is_no_small_json_object_is_refused(
    body: bytes, headers: Mapping[str, str] | None, status: int, words: str
) -> None:
    with pytest.raises(HttpRefusal, match=words) as refused:
        await bodies.read_object(a_post(body, headers=headers), REASON)

    assert refused.value.status == status


async def test_a_typo_is_answered_with_what_was_meant() -> None:
    with pytest.raises(HttpRefusal) as refused:
        await bodies.read_object(a_post({"reasn": "x"}), REASON)

    assert refused.value.hint == "Did you mean `reason`?"
