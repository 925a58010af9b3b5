"""What is answered is what `/api/openapi.json` says: both come from the models in `http/answers`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from remediator.core.run import Run
from remediator.http import openapi
from remediator.testing import builders as make
from tests.http.daemon import Answer, Daemon, a_waiting_run, keep, payload, running
from tests.http.routes import ROUTES
from tests.http.test_doors import an_acting_run
from tests.http.test_shapes import an_event_of_each_kind, planning, resolved
from tests.parts.site_events import SITE_EVENTS
from tests.stores.test_drills import REPORT

DOCUMENT = openapi.document(ROUTES, "0.1.0")

WAITING = ("run_yes", "run_no", "run_stop", "run_mine")
DIGEST = a_waiting_run().plan.digest
REASON = {"reason": "because"}
ASKED: dict[str, tuple[str, Any]] = {
    "GET /-/healthy": ("/-/healthy", None),
    "GET /-/ready": ("/-/ready", None),
    "POST /-/reload": ("/-/reload", {}),
    "GET /api/openapi.json": ("/api/openapi.json", None),
    "GET /api/schema/{id}": ("/api/schema/playbook.json", None),
    "GET /api/v1/status": ("/api/v1/status", None),
    "GET /api/v1/playbooks": ("/api/v1/playbooks", None),
    "GET /api/v1/playbooks/{id}": ("/api/v1/playbooks/disk-space-low", None),
    "GET /api/v1/playbooks/{id}/record": ("/api/v1/playbooks/disk-space-low/record", None),
    "GET /api/v1/records": ("/api/v1/records", None),
    "GET /api/v1/drill": ("/api/v1/drill", None),
    "POST /api/v1/drill": ("/api/v1/drill", {"playbook": "disk-space-low"}),
    "GET /api/v1/runs": ("/api/v1/runs", None),
    "GET /api/v1/runs/{id}": ("/api/v1/runs/run_end", None),
    "GET /api/v1/runs/{id}/events": ("/api/v1/runs/run_end/events", None),
    "GET /api/v1/decisions": ("/api/v1/decisions", None),
    "GET /api/v1/approvals": ("/api/v1/approvals", None),
    "GET /api/v1/audit": ("/api/v1/audit", None),
    "GET /api/v1/actions": ("/api/v1/actions", None),
    "GET /api/v1/why/{id}": ("/api/v1/why/run_end", None),
    "POST /api/v1/runs/{id}/approve": ("/api/v1/runs/run_yes/approve", {"digest": DIGEST}),
    "POST /api/v1/runs/{id}/reject": ("/api/v1/runs/run_no/reject", REASON),
    "POST /api/v1/runs/{id}/cancel": ("/api/v1/runs/run_stop/cancel", REASON),
    "POST /api/v1/runs/{id}/take-over": ("/api/v1/runs/run_mine/take-over", REASON),
    "POST /api/v1/runs/{id}/resolve-unknown": (
        "/api/v1/runs/run_unsure/resolve-unknown",
        {"settlement": "applied"},
    ),
    "POST /api/v1/pauses": ("/api/v1/pauses", {"scope": "all", "for": "2h"}),
    "GET /api/v1/pauses": ("/api/v1/pauses", None),
    "DELETE /api/v1/pauses/{id}": ("/api/v1/pauses/all", None),
    "POST /api/v1/plan": ("/api/v1/plan", {"labels": {"alertname": "DiskSpaceLow"}}),
}


def runs() -> list[Run]:
    states = {"run_plan": planning(), "run_end": resolved()}
    kept = [replace(run, id=name, episode=f"eps_{name}") for name, run in states.items()]
    return [*map(a_waiting_run, WAITING), an_acting_run("run_unsure"), *kept]


def objections(route: str, status: int, answer: Any) -> list[str]:
    method, _, path = route.partition(" ")
    responses = DOCUMENT["paths"][path][method.lower()]["responses"]
    response = responses.get(str(status)) or responses["default"]
    schema = response["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    return [error.message for error in validator.iter_errors(answer)]


async def ask(daemon: Daemon, route: str) -> Answer:
    path, body = ASKED[route]
    more = {} if body is None else {"json": body}
    return await daemon.ask(route.partition(" ")[0], path, **more)


def test_every_route_that_answers_json_to_people_is_asked() -> None:
    answered = {
        f"{method.upper()} {path}"
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if "text/plain" not in str(operation["responses"])
    }
    assert answered - {"POST /webhooks/alertmanager"} == set(ASKED)


async def test_what_every_route_answers_is_as_its_schema_says(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        *others, told = runs()
        await keep(daemon.store, *others)
        await keep(daemon.store, told, events=an_event_of_each_kind())
        await daemon.store.submit(lambda tx: tx.decide(make.a_decision()))
        for event in SITE_EVENTS:
            await daemon.store.submit(lambda tx, e=event: tx.append_site(make.MOMENT, e))
        await daemon.store.submit(lambda tx: tx.begin_drill(REPORT.night, make.MOMENT))
        await daemon.store.submit(lambda tx: tx.end_drill(REPORT))
        taken = await daemon.notify(payload("firing"))
        assert objections("POST /webhooks/alertmanager", taken.status, taken.json) == []
        for route in ASKED:
            answer = await ask(daemon, route)
            assert answer.status < 300, (route, answer.body)
            assert objections(route, answer.status, answer.json) == [], route
            assert answer.json.get("items", True), f"{route}: an empty list proves nothing"


async def test_what_is_refused_is_as_its_schema_says(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        for route, (path, body) in ASKED.items():
            if "{id}" in route:
                method = route.partition(" ")[0]
                answer = await daemon.ask(method, path.replace("run_", "no_"), json=body)
                assert answer.status >= 400 or "playbooks" in route or "schema" in route, route
                assert objections(route, answer.status, answer.json) == [], route
