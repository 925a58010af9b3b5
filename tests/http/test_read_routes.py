"""GET /api/v1/… over a real store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.core import events as ev
from remediator.core.events import Outcome
from remediator.core.facts import Answer, Known
from remediator.core.run import Phase
from remediator.core.target import Target
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.testing import builders as make
from tests.http.daemon import a_waiting_run, keep, running
from tests.parts.site_events import SITE_EVENTS

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


async def test_status_tells_version_health_and_numbers(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        status = (await daemon.get("/api/v1/status")).json

        assert status["version"] == "0.1.0"
        assert (status["healthy"], status["accepting"], status["playbooks"]) == (True, True, 1)
        assert status["runs_active"] == {"awaiting_approval": 1}
        assert status["approvals_pending"] == 1
        assert status["pauses"] == []


async def test_playbooks_are_listed_and_one_shows_its_document(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        (listed,) = (await daemon.get("/api/v1/playbooks")).json["items"]
        one = (await daemon.get("/api/v1/playbooks/disk-space-low")).json

        assert listed["name"] == "disk-space-low"
        assert listed["match"] == [['alertname=~"DiskSpaceLow|Full"']]
        assert listed["verify"] == ["alert: resolved"]
        assert one == {**listed, "document": {"name": "disk-space-low", "mode": "approve"}}
        assert (await daemon.get("/api/v1/playbooks/nope")).status == 404


async def test_runs_are_listed_newest_first_page_by_page(tmp_path: Path) -> None:
    runs = [
        make.a_run(id=f"run_{n}", episode=f"eps_{n}", created_at=make.MOMENT + timedelta(seconds=n))
        for n in range(5)
    ]

    async with running(tmp_path) as daemon:
        await keep(daemon.store, *runs)
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await daemon.get(f"/api/v1/runs?limit=2{cursor}")).json
            seen += [run["id"] for run in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&before={page['next']}"

        assert seen == ["run_4", "run_3", "run_2", "run_1", "run_0"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("playbook=disk-space-low", {"run_a", "run_b"}),
        ("playbook=other", set()),
        ("target=host/db1", {"run_b"}),
        ("target=host%2Fdb1&phase=closed", {"run_b"}),
        ("phase=awaiting_approval", {"run_a"}),
        ("outcome=resolved", {"run_b"}),
        ("fingerprint=5ef2a9c1d0b34e77", {"run_a", "run_b"}),
        ("phase=closed&outcome=failed", set()),
        ("target=' or 1=1 --", set()),
    ],
)
async def test_runs_are_found_by_their_filters(tmp_path: Path, query: str, found: set[str]) -> None:
    closed = make.a_run(
        id="run_b",
        episode="eps_b",
        order=make.an_order(target=Target("host", "db1")),
        phase=Phase.CLOSED,
        outcome=Outcome.RESOLVED,
        closed_at=make.MOMENT,
    )
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run("run_a"), closed)

        page = (await daemon.get(f"/api/v1/runs?{query}")).json

        assert {run["id"] for run in page["items"]} == found


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("plabook=x", "Did you mean `playbook`?"),
        ("limit=501", "`limit`"),
        ("limit=%D9%A1", "`limit`"),
        ("before=nonsense", "cursor"),
        ("playbook=a%00b", "not a text that can be"),
        ("after=1", "unknown query parameter"),
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(
    tmp_path: Path, query: str, words: str
) -> None:
    async with running(tmp_path) as daemon:
        answer = await daemon.get(f"/api/v1/runs?{query}")

        assert (answer.status, answer.error["code"]) == (400, "invalid")
        assert words in answer.error["message"] + answer.error["hint"]


@pytest.mark.parametrize("run_id", ["run_2", "%00", "..%2f..%2fetc", "a b", "x" * 200, "%ED%A0%80"])
@pytest.mark.parametrize("rest", ["", "/events"])
async def test_a_run_that_is_not_there_is_not_found(tmp_path: Path, run_id: str, rest: str) -> None:
    async with running(tmp_path) as daemon:
        answer = await daemon.get(f"/api/v1/runs/{run_id}{rest}")

        assert (answer.status, answer.error["code"]) == (404, "not_found")


async def test_the_journal_tells_what_happened_in_words_and_fields(tmp_path: Path) -> None:
    run = a_waiting_run()
    verdict = Verdict(guard="risk", ruling=Ruling.ASK, reason="cannot be undone")
    events = (
        ev.Admitted(order=run.order, episode=run.episode, ordinal=1, deadline=run.deadline),
        ev.Judged(stage=ev.Stage.PLANNED, judgement=Judgement(verdicts=(verdict,))),
        ev.Looked(answers={"promql: up": Answer(known=Known.FAILS, detail="NaN", value=1.5)}),
        ev.Closed(outcome=Outcome.UNRESOLVED, reason="still full"),
    )
    async with running(tmp_path) as daemon:
        await keep(daemon.store, run, events=events)

        first = (await daemon.get(f"/api/v1/runs/{run.id}/events?limit=2")).json
        rest = (await daemon.get(f"/api/v1/runs/{run.id}/events?after={first['next']}")).json

        admitted, judged = first["items"]
        looked, closed = rest["items"]
        assert [e["seq"] for e in (admitted, judged, looked, closed)] == [1, 2, 3, 4]
        assert admitted["kind"] == "admitted"
        assert admitted["order"]["playbook"] == "disk-space-low"
        assert judged["text"] == "Guards want a person's yes (planned): risk: cannot be undone"
        assert judged["verdicts"][0]["ruling"] == "ask"
        assert looked["text"] == "Verification looked: promql: up: does not hold (NaN)"
        assert (closed["text"], closed["outcome"]) == ("Not fixed: still full", "unresolved")
        assert len(closed["hash"]) == 64
        assert rest["next"] is None


async def test_numbers_that_json_cannot_hold_become_null(tmp_path: Path) -> None:
    run = a_waiting_run()
    odd: Any = float("nan")
    looked = ev.Looked(answers={"promql: x": Answer(known=Known.UNKNOWN, detail="", value=odd)})
    async with running(tmp_path) as daemon:
        await keep(daemon.store, run, events=(looked,))

        answer = await daemon.get(f"/api/v1/runs/{run.id}/events")

        assert answer.json["items"][0]["answers"]["promql: x"]["value"] is None


async def test_decisions_are_listed_and_filtered(tmp_path: Path) -> None:
    skipped = make.a_decision(id="dec_2", playbook="other", decision="skipped", reason="no label x")
    async with running(tmp_path) as daemon:
        await daemon.store.submit(lambda tx: tx.decide(make.a_decision()))
        await daemon.store.submit(lambda tx: tx.decide(skipped))

        every = (await daemon.get("/api/v1/decisions")).json["items"]
        some = (await daemon.get("/api/v1/decisions?decision=skipped")).json["items"]

        assert {d["id"] for d in every} == {"dec_1", "dec_2"}
        assert [(d["playbook"], d["reason"]) for d in some] == [("other", "no label x")]


async def test_approvals_are_the_plans_that_wait(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run(), make.a_run(id="run_2", episode="eps_2"))

        (waiting,) = (await daemon.get("/api/v1/approvals")).json["items"]

        assert (waiting["run"], waiting["state"]) == ("run_1", "waiting")
        assert waiting["digest"] == waiting["plan"]["digest"]
        assert waiting["who_decides"] == "1 of any approver"


async def test_actions_are_listed_with_their_parameters(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        (action, *_) = (await daemon.get("/api/v1/actions")).json["items"]

        assert action["name"] == "world.set"
        assert "to" in action["parameters"]["properties"]


async def test_why_explains_and_an_unknown_subject_is_not_found(tmp_path: Path) -> None:
    run = a_waiting_run()
    async with running(tmp_path) as daemon:
        await keep(daemon.store, run)

        told = (await daemon.get(f"/api/v1/why/{run.id}")).json
        unknown = await daemon.get("/api/v1/why/ffff")

        assert told["run"]["headline"] == "Disk space low on web1"
        assert {other["playbook"] for other in told["others"]} == {"grow-disk"}
        assert (unknown.status, unknown.error["code"]) == (404, "not_found")
        assert unknown.error["hint"]


async def test_while_the_store_is_away_reading_is_503(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await daemon.store.close()

        answer = await daemon.get("/api/v1/runs")

        assert (answer.status, answer.error["code"]) == (503, "unavailable")


async def test_hostile_labels_come_back_as_the_values_they_are(tmp_path: Path) -> None:
    labels = {"alertname": "<script>alert(1)</script>", "instance": "\x1b[31m\u202e{{7*7}}"}
    run = a_waiting_run()
    hostile = replace(run, order=replace(run.order, alert=make.an_alert(labels=labels)))
    async with running(tmp_path) as daemon:
        await keep(daemon.store, hostile)

        answer = await daemon.get(f"/api/v1/runs/{run.id}")

        assert answer.json["alert"]["labels"] == labels
        assert b"\x1b" not in answer.body
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_sites_journal_is_listed_newest_first_page_by_page(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        for event in SITE_EVENTS:
            await daemon.store.submit(lambda tx, e=event: tx.append_site(make.MOMENT, e))
        listed: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await daemon.get(f"/api/v1/audit?limit=5{cursor}")).json
            listed += page["items"]
            cursor = f"&before={page['next']}" if page["next"] else None
        assert (await daemon.get("/api/v1/audit?before=x")).status == 400

    count = len(SITE_EVENTS)
    assert [each["number"] for each in listed] == list(range(count, 0, -1))
    assert [each["kind"] for each in listed] == [e.kind for e in reversed(SITE_EVENTS)]
    first = listed[-1]
    assert list(first) == ["number", "at", "text", "kind", *_FIELDS_OF_A_PAUSE, "hash"]
    assert first["text"] == "ana paused everything until 2026-09-01 12:00 UTC: moving"


_FIELDS_OF_A_PAUSE = ("pause_id", "scope", "who", "reason", "until")


async def test_a_pause_by_the_api_stands_in_the_sites_journal(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        body = {"scope": "target/host/web1", "for": "2h", "reason": "moving"}
        made = (await daemon.post("/api/v1/pauses", body)).json
        (told,) = (await daemon.get("/api/v1/audit")).json["items"]

    assert (told["kind"], told["pause_id"], told["who"]) == ("pause_set", made["id"], made["who"])
