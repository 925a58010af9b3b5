"""People's verbs through the API, with the real control behind them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from remediator.core.run import Run, StepState
from tests.http.daemon import Daemon, a_waiting_run, keep, running

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


def digest_of(run: Run) -> str:
    assert run.plan is not None
    return run.plan.digest


async def verb(daemon: Daemon, name: str, body: Any = None) -> Any:
    return await daemon.post(f"/api/v1/runs/run_1/{name}", body)


async def test_an_approval_of_the_current_digest_sets_the_run_going(tmp_path: Path) -> None:
    run = a_waiting_run()
    async with running(tmp_path) as daemon:
        await keep(daemon.store, run)

        answer = await verb(daemon, "approve", {"digest": digest_of(run), "reason": "looks right"})

        assert (answer.status, answer.json["phase"]) == (200, "acting")
        assert answer.json["approval"]["state"] == "granted"
        (vote,) = answer.json["approval"]["votes"]
        assert (vote["person"], vote["door"], vote["reason"]) == ("local", "api", "looks right")


async def test_an_approval_of_another_plan_is_a_conflict_and_changes_nothing(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        answer = await verb(daemon, "approve", {"digest": "0" * 64})

        assert (answer.status, answer.error["code"]) == (409, "conflict")
        assert "digest" in answer.error["message"]
        assert (await daemon.get("/api/v1/runs/run_1")).json["phase"] == "awaiting_approval"


async def test_a_second_decision_is_a_conflict(tmp_path: Path) -> None:
    run = a_waiting_run()
    async with running(tmp_path) as daemon:
        await keep(daemon.store, run)
        await verb(daemon, "approve", {"digest": digest_of(run)})

        again = await verb(daemon, "approve", {"digest": digest_of(run)})
        no = await verb(daemon, "reject", {"reason": "too late"})

        assert (again.status, no.status) == (409, 409)


async def test_somebody_who_may_not_decide_is_told_who_can(tmp_path: Path) -> None:
    run = a_waiting_run()
    policy = replace(run.order.approval, users=("ana",), groups=("@sre-leads",))
    async with running(tmp_path) as daemon:
        await keep(daemon.store, replace(run, order=replace(run.order, approval=policy)))

        answer = await verb(daemon, "approve", {"digest": digest_of(run)})

        assert (answer.status, answer.error["code"]) == (403, "forbidden")
        assert "@sre-leads, ana" in answer.error["hint"]


async def test_a_rejection_with_a_reason_is_noted(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        answer = await verb(daemon, "reject", {"reason": "backup is running"})

        assert (answer.status, answer.json["approval"]["state"]) == (200, "rejected")


async def test_cancel_and_take_over_need_no_body(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        cancelled = await daemon.ask("POST", "/api/v1/runs/run_1/cancel")

        assert (cancelled.status, cancelled.json["cancelled_by"]) == (200, "local")


async def test_taking_over_keeps_remediator_away_from_the_target(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        answer = await verb(daemon, "take-over", {"reason": "I am on it"})

        assert (answer.status, answer.json["taken_over"]) == (200, True)
        (pause,) = (await daemon.get("/api/v1/pauses")).json["items"]
        assert (pause["scope"], pause["reason"]) == ("target/host/web1", "I am on it")


async def test_what_nobody_could_see_is_settled_by_a_person(tmp_path: Path) -> None:
    run = a_waiting_run()
    unknown = replace(run.progress[0], state=StepState.UNKNOWN, n=1)
    acting = replace(run, phase=type(run.phase).ACTING, progress=(unknown,))
    async with running(tmp_path) as daemon:
        await keep(daemon.store, acting)

        wrong = await verb(daemon, "resolve-unknown", {"settlement": "perhaps"})
        right = await verb(daemon, "resolve-unknown", {"settlement": "not_applied"})

        assert (wrong.status, right.status) == (400, 200)
        assert right.json["steps"][0]["state"] == "failed"


async def test_a_pause_is_made_listed_and_ended(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        body = {"scope": "playbook/disk-space-low", "for": "2h", "reason": "prunes too much"}
        made = await daemon.post("/api/v1/pauses", body)
        (listed,) = (await daemon.get("/api/v1/pauses")).json["items"]
        ended = await daemon.ask("DELETE", f"/api/v1/pauses/{made.json['id']}")
        again = await daemon.ask("DELETE", f"/api/v1/pauses/{made.json['id']}")

        assert made.status == 201
        assert listed == made.json
        assert (ended.status, ended.json) == (200, {"ended": 1})
        assert (again.status, again.error["code"]) == (404, "not_found")
        assert (await daemon.get("/api/v1/pauses")).json["items"] == []


async def test_a_pause_is_ended_by_its_scope_with_slashes_in_the_path(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await daemon.post("/api/v1/pauses", {"scope": "target/host/web1"})

        answer = await daemon.ask("DELETE", "/api/v1/pauses/target/host/web1")

        assert (answer.status, answer.json) == (200, {"ended": 1})


@pytest.mark.parametrize("scope", ["everything", "target/HOST/x", "target/host/../x", "playbook/"])
async def test_a_scope_that_does_not_exist_is_refused(tmp_path: Path, scope: str) -> None:
    async with running(tmp_path) as daemon:
        answer = await daemon.post("/api/v1/pauses", {"scope": scope, "reason": "x"})

        assert answer.status in (400, 409)
        assert (await daemon.get("/api/v1/pauses")).json["items"] == []


async def test_a_plan_is_made_for_labels(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        labels = {"alertname": "Full", "host name": "büro"}

        answer = await daemon.post("/api/v1/plan", {"labels": labels, "playbook": "p"})

        (decided,) = answer.json["decisions"]
        assert (answer.status, answer.json["alert"]["labels"]) == (200, labels)
        assert (decided["playbook"], decided["would"]) == ("p", "ask")
        assert decided["run"]["plan"]["digest"] == decided["plan"]["digest"]


async def test_a_plan_is_made_for_an_alert_that_is_known_by_its_fingerprint(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        answer = await daemon.post("/api/v1/plan", {"fingerprint": "3b1f"})

        assert answer.json["alert"]["fingerprint"] == "3b1f"


BAD = [
    ("/api/v1/runs/run_1/approve", {}, "`digest` is missing"),
    ("/api/v1/runs/run_1/approve", {"digest": ""}, "`digest` must not be empty"),
    ("/api/v1/runs/run_1/approve", {"digest": 7}, "`digest` must be a text"),
    ("/api/v1/runs/run_1/approve", {"digest": "d", "raeson": ""}, "Did you mean `reason`?"),
    ("/api/v1/runs/run_1/approve", {"digest": "d", "reason": "x" * 3000}, "at most 2000"),
    ("/api/v1/runs/run_1/reject", {}, "`reason` is missing"),
    ("/api/v1/runs/run_1/reject", {"reason": "  "}, "`reason` must not be empty"),
    ("/api/v1/runs/run_1/cancel", ["x"], "must be a JSON object"),
    ("/api/v1/runs/run_1/resolve-unknown", {}, "`settlement` is missing"),
    ("/api/v1/pauses", {}, "`scope` is missing"),
    ("/api/v1/pauses", {"scope": "all", "for": "1.5h"}, "is not a duration"),
    ("/api/v1/pauses", {"scope": "all", "for": "-2h"}, "is not a duration"),
    ("/api/v1/plan", {}, "`labels` is missing"),
    ("/api/v1/plan", {"labels": {"a": "b"}, "fingerprint": "f"}, "not both"),
    ("/api/v1/plan", {"labels": {"a": "b"}, "annotations": {"a": 1}}, "`a` must be a text"),
    ("/api/v1/plan", {"labels": {}}, "`labels` must be an object"),
    ("/api/v1/plan", {"labels": {"a": 1}}, "`a` must be a text"),
]


@pytest.mark.parametrize(("path", "body", "words"), BAD)
async def test_a_body_that_makes_no_sense_is_refused_before_anything_happens(
    tmp_path: Path, path: str, body: Any, words: str
) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        answer = await daemon.post(path, body)

        assert (answer.status, answer.error["code"]) == (400, "invalid")
        assert words in answer.error["message"] + answer.error["hint"]
        assert (await daemon.get("/api/v1/runs/run_1")).json["phase"] == "awaiting_approval"


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"scope=all", "application/x-www-form-urlencoded", 415),
        (b'{"scope": "all"}', "text/plain", 415),
        (b'{"scope": "all", "scope": "playbook/x"}', "application/json", 400),
        (b'{"scope": "all\\u0000"}', "application/json", 400),
        (b'{"scope": NaN}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b" " * 300_000, "application/json", 413),
        (b"\xff", "application/json", 400),
    ],
)
async def test_a_body_that_is_not_plain_json_is_refused(
    tmp_path: Path, body: bytes, content_type: str, code: int
) -> None:
    async with running(tmp_path) as daemon:
        headers = {"Content-Type": content_type}

        answer = await daemon.ask("POST", "/api/v1/pauses", data=body, headers=headers)

        assert answer.status == code
        assert (await daemon.get("/api/v1/pauses")).json["items"] == []


async def test_the_command_line_is_told_from_other_programs(tmp_path: Path) -> None:
    run = a_waiting_run()
    async with running(tmp_path) as daemon:
        await keep(daemon.store, run)
        headers = {"User-Agent": "remediator-cli/0.1.0"}

        answer = await daemon.post(
            "/api/v1/runs/run_1/approve", {"digest": digest_of(run)}, headers=headers
        )

        assert answer.json["approval"]["votes"][0]["door"] == "cli"
