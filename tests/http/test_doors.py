"""Every route × everybody who could come. Who may do what is written down here by hand, not read off the table."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from remediator.core.run import Phase, Run, StepState
from remediator.http.auth import Authenticator
from remediator.http.credentials import ProxyTrust, Role, SourceKeys, UserKeys
from remediator.ports.store import Listing
from tests.http.daemon import Daemon, a_waiting_run, keep, payload, running
from tests.http.routes import ROUTES

ANYONE, SCRAPER, SOURCE, SLACK = "anyone", "scraper", "source", "slack"
V, A, O = Role.VIEWER, Role.APPROVER, Role.OPERATOR  # noqa: E741
WHO: dict[str, Role | str] = {
    "POST /webhooks/alertmanager": SOURCE,
    "POST /slack/events": SLACK,
    "GET /metrics": SCRAPER,
    "GET /-/healthy": ANYONE,
    "GET /-/ready": ANYONE,
    "GET /api/openapi.json": ANYONE,
    "GET /api/schema/{id}": ANYONE,
    "POST /-/reload": O,
    "GET /api/v1/status": V,
    "GET /api/v1/playbooks": V,
    "GET /api/v1/playbooks/{id}": V,
    "GET /api/v1/playbooks/{id}/record": V,
    "GET /api/v1/records": V,
    "GET /api/v1/drill": V,
    "GET /api/v1/runs": V,
    "GET /api/v1/runs/{id}": V,
    "GET /api/v1/runs/{id}/events": V,
    "GET /api/v1/decisions": V,
    "GET /api/v1/approvals": V,
    "GET /api/v1/pauses": V,
    "GET /api/v1/audit": V,
    "GET /api/v1/actions": V,
    "GET /api/v1/why/{id}": V,
    "POST /api/v1/runs/{id}/approve": A,
    "POST /api/v1/runs/{id}/reject": A,
    "POST /api/v1/runs/{id}/cancel": O,
    "POST /api/v1/runs/{id}/take-over": O,
    "POST /api/v1/runs/{id}/resolve-unknown": O,
    "POST /api/v1/pauses": O,
    "POST /api/v1/plan": O,
    "POST /api/v1/drill": O,
    "DELETE /api/v1/pauses/{id:.+}": O,
}
SAMPLE = (
    "POST /webhooks/alertmanager",
    "GET /metrics",
    "GET /api/v1/status",
    "POST /api/v1/runs/{id}/approve",
    "POST /api/v1/pauses",
)
"""Where those come who are nobody, or known in another way: one route of each kind."""
TOKENS = {role: f"token-of-{role.name.lower()}" for role in Role}
PROXY = ProxyTrust(
    networks=["127.0.0.0/8"],
    secret="between us",
    roles={Role.OPERATOR: ["sre"], Role.APPROVER: ["lead"], Role.VIEWER: ["dev", "admin"]},
)
LOCKED = Authenticator(
    sources=[
        SourceKeys(name="staging", basic=("am", "pa:ss")),
        SourceKeys(name="prod", tokens=["prod"]),
    ],
    users=[UserKeys(name=r.name.lower(), role=r, tokens=[t]) for r, t in TOKENS.items()],
    proxy=PROXY,
    metrics_tokens=["scrape"],
    on_loopback=True,
)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def by_proxy(**more: str) -> dict[str, str]:
    headers = {
        "X-Remediator-Proxy-Secret": "between us",
        "X-Forwarded-User": "u1",
        "X-Forwarded-Groups": "dev, sre",
    }
    return {name: text for name, text in {**headers, **more}.items() if text}


def groups(text: str) -> dict[str, str]:
    return by_proxy(**{"X-Forwarded-Groups": text})


# Who comes, with what: and what that makes them. None: nobody (401), "": somebody without a role (403).
CALLERS: list[tuple[dict[str, str], Role | str | None]] = [
    *((bearer(token), role) for role, token in TOKENS.items()),
    ({"Authorization": f"bearer  {TOKENS[V]} "}, V),
    (by_proxy(), O),
    (groups("dev,lead"), A),
    (groups("admin"), V),
    (groups("guests"), ""),
    (groups(""), ""),
    (by_proxy(**{"X-Forwarded-User": ""}), None),
    (by_proxy(**{"X-Remediator-Proxy-Secret": "wrong"}), None),
    (by_proxy(**{"X-Remediator-Proxy-Secret": ""}), None),
    ({}, None),
    (bearer(""), None),
    (bearer("token-of-admi"), None),
    (bearer("token-of-admin2"), None),
    ({"Authorization": TOKENS[Role.ADMIN]}, None),
    (basic(f"admin:{TOKENS[Role.ADMIN]}"), None),
    (bearer("scrape"), SCRAPER),
    (bearer("prod"), SOURCE),
    (basic("am:pa:ss"), SOURCE),
    (basic("am:pa"), None),
    (basic("prod:prod"), None),
    (bearer("am:pa:ss"), None),
]


def refusal(needs: Role | str, held: Role | str | None) -> int | None:
    """Return how somebody is turned away at a route, or None where they come in."""
    if needs == ANYONE:
        return None
    if isinstance(needs, str):
        return None if held == needs else 401
    if held is None or held in (SCRAPER, SOURCE):
        return 401
    return None if isinstance(held, Role) and held >= needs else 403


def place(path: str) -> str:
    return path.replace("{id:.+}", "nothing").replace("{id}", "run_0")


async def turned_away(daemon: Daemon, route: str, headers: dict[str, str]) -> int | None:
    method, _, path = route.partition(" ")
    answer = await daemon.ask(method, place(path), headers=headers)
    if answer.status < 400:
        return None
    assert set(answer.error) >= {"code", "message", "hint"}, route
    return answer.status if answer.status in (401, 403) else None


def test_the_table_of_this_file_names_every_route() -> None:
    assert {f"{route.method} {route.path}" for route in ROUTES} == set(WHO)


async def test_everybody_comes_in_where_they_may_and_nowhere_else(tmp_path: Path) -> None:
    async with running(tmp_path, authenticator=lambda: LOCKED) as daemon:
        for number, (headers, held) in enumerate(CALLERS):
            routes = WHO if number <= len(Role) or headers == {} else SAMPLE
            for route in routes:
                needs = WHO[route]
                found = await turned_away(daemon, route, headers)
                assert found == refusal(needs, held), (route, headers)
        assert await daemon.stored() == [] or {n.state for n in await daemon.stored()} == {"bad"}


async def test_a_proxy_far_away_and_a_door_that_is_not_on_loopback_let_nobody_in(
    tmp_path: Path,
) -> None:
    far = ProxyTrust(networks=["10.0.0.0/8"], secret="between us", roles=PROXY.roles)
    doors = [Authenticator(proxy=far, on_loopback=True), Authenticator(on_loopback=False)]
    async with running(tmp_path, authenticator=lambda: doors[0]) as daemon:
        for _ in range(2):
            for headers in ({}, by_proxy(), {"X-Forwarded-User": "root"}):
                assert (await daemon.get("/api/v1/status", headers=headers)).status == 401
            doors.reverse()
        doors[0] = doors[1] = Authenticator(on_loopback=False)
        assert (await daemon.notify(payload("firing"))).status == 401


async def test_on_loopback_without_any_credentials_people_are_operators_named_local(
    tmp_path: Path,
) -> None:
    open_door = Authenticator(on_loopback=True)
    async with running(tmp_path, authenticator=lambda: open_door) as daemon:
        made = await daemon.post("/api/v1/pauses", {"scope": "all", "reason": "x"})
        assert (made.status, made.json["who"]) == (201, "local")
        assert (await daemon.get("/api/v1/status", headers=bearer("x"))).status == 401
        assert (await daemon.notify(payload("firing"), headers=bearer("x"))).status == 401
        assert (await daemon.notify(payload("firing"))).status == 202


async def test_each_source_is_known_by_its_own_credentials(tmp_path: Path) -> None:
    async with running(tmp_path, authenticator=lambda: LOCKED) as daemon:
        for headers in (bearer("prod"), basic("am:pa:ss")):
            assert (await daemon.notify(payload("firing"), headers=dict(headers))).status == 202
        wrong = await daemon.notify(payload("firing"), headers=bearer("prod2"))
        assert (wrong.status, wrong.error["code"]) == (401, "unauthorized")
        assert wrong.headers["WWW-Authenticate"].startswith("Bearer")
        two = [("Authorization", "Bearer prod"), ("Authorization", "Bearer prod")]
        twice = await daemon.ask("POST", "/webhooks/alertmanager", headers=two, data=b"{}")
        assert twice.status == 401

        assert [n.source for n in await daemon.stored()] == ["prod", "staging"]
        assert daemon.metrics.notifications[:3] == [
            ("prod", "202"),
            ("staging", "202"),
            ("-", "401"),
        ]


# what people want, one after the other at one daemon


def an_acting_run(run_id: str) -> Run:
    run = a_waiting_run(run_id)
    unknown = replace(run.progress[0], state=StepState.UNKNOWN, n=1)
    return replace(run, phase=Phase.ACTING, progress=(unknown,))


async def test_people_are_heard_by_the_api_and_told_no_where_it_must_be(tmp_path: Path) -> None:
    runs = {name: a_waiting_run(f"run_{name}") for name in ("yes", "no", "stop", "mine", "old")}
    unsure = an_acting_run("run_unsure")
    async with running(tmp_path) as daemon:
        await keep(daemon.store, *runs.values(), unsure)

        async def verb(name: str, what: str, **body: Any) -> tuple[int, Any]:
            answer = await daemon.post(f"/api/v1/runs/run_{name}/{what}", body)
            return answer.status, answer.json if answer.status < 400 else answer.error

        plan = runs["yes"].plan
        assert plan
        for digest in ("", plan.digest[:7], "0" * 64, plan.digest[::-1], None, 5):
            code, _ = await verb("yes", "approve", digest=digest, reason="x")
            assert code in (400, 409), digest
        assert (await verb("yes", "approve", reason="x"))[0] == 400
        assert (await verb("yes", "reject", digest=plan.digest, reason=" "))[0] in (400, 409)
        assert (await verb("yes", "reject", digest="0" * 64, reason="x"))[0] == 409
        code, run = await verb("yes", "approve", digest=plan.digest, reason="looks right")
        assert (code, run["phase"], run["approval"]["state"]) == (200, "acting", "granted")
        (vote,) = run["approval"]["votes"]
        assert (vote["person"], vote["door"], vote["reason"]) == ("local", "api", "looks right")
        assert (await verb("yes", "approve", digest=plan.digest))[0] == 409

        code, run = await verb("no", "reject", digest=plan.digest, reason="backup runs")
        assert (code, run["approval"]["state"]) == (200, "rejected")
        assert run["approval"]["votes"][0]["reason"] == "backup runs"
        code, run = await verb("stop", "cancel", reason="why not")
        assert (code, run["cancelled_by"], run["taken_over"]) == (200, "local", False)
        code, run = await verb("mine", "take-over", reason="I am on it")
        assert (code, run["taken_over"]) == (200, True)
        assert (await verb("unsure", "resolve-unknown", settlement="perhaps"))[0] == 400
        assert (await verb("old", "resolve-unknown", settlement="applied"))[0] == 409
        code, run = await verb("unsure", "resolve-unknown", settlement="applied", reason="seen")
        assert (code, run["steps"][0]["state"]) == (200, "applied")
        assert (await verb("missing", "cancel"))[0] == 404
        journal = await daemon.store.read(lambda reader: reader.events("run_yes"))
        assert [e.event.kind for e in journal].count("answer_refused") >= 2


async def test_pauses_are_made_listed_and_ended(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        for scope, length in (("namespace/shop", "2h"), ("target/host/web1", "1h"), ("all", None)):
            more = {"for": length} if length else {}
            body = {"scope": scope, "reason": f"about {scope}", **more}
            assert (await daemon.post("/api/v1/pauses", body)).status == 201
        for body in ({"scope": "host/web1"}, {"scope": "namespace/"}, {"scope": ""}, {}):
            assert (await daemon.post("/api/v1/pauses", body)).status in (400, 409)
        listed = (await daemon.get("/api/v1/pauses")).json["items"]
        assert {p["scope"]: p["reason"] for p in listed} == {
            scope: f"about {scope}" for scope in ("namespace/shop", "target/host/web1", "all")
        }

        gone = await daemon.ask("DELETE", "/api/v1/pauses/target/host/web1")
        assert gone.json == {"ended": 1}
        assert (await daemon.ask("DELETE", "/api/v1/pauses/target/host/web1")).status >= 400
        left = await daemon.store.read(lambda reader: reader.pauses(datetime.now(UTC)))
        assert {pause.scope for pause in left} == {"namespace/shop", "all"}


async def test_lists_are_filtered_paged_and_say_what_is_stored(tmp_path: Path) -> None:
    runs = [a_waiting_run(f"run_{n}") for n in range(5)]
    runs[3] = replace(runs[3], order=replace(runs[3].order, playbook="grow-disk"))
    async with running(tmp_path) as daemon:
        await keep(daemon.store, *runs)

        async def ids(query: str) -> list[str]:
            answer = await daemon.get(f"/api/v1/runs?{query}")
            assert answer.status == 200, answer.body
            return [item["id"] for item in answer.json["items"]]

        assert await ids("playbook=grow-disk") == ["run_3"]
        assert sorted(await ids("phase=awaiting_approval")) == [f"run_{n}" for n in range(5)]
        assert await ids("phase=closed") == []
        first = (await daemon.get("/api/v1/runs?limit=2")).json
        rest = await ids(f"limit=9&before={first['next']}")
        assert sorted([*(i["id"] for i in first["items"]), *rest]) == [f"run_{n}" for n in range(5)]
        for wrong in ("limit=0", "limit=x", "nonsense=1", "limit=1000000"):
            assert (await daemon.get(f"/api/v1/runs?{wrong}")).status == 400, wrong
        assert (await daemon.get("/api/v1/runs/run_9")).status == 404
        events = (await daemon.get("/api/v1/runs/run_0/events")).json["items"]
        assert [event["kind"] for event in events] == ["admitted"]
        waiting = (await daemon.get("/api/v1/approvals")).json["items"]
        assert len(waiting) == 5
        stored = await daemon.store.read(lambda reader: reader.runs(Listing(limit=9)))
        assert len(stored.items) == 5


async def test_health_says_no_while_loops_are_dead_or_nothing_is_accepted(tmp_path: Path) -> None:
    alive, accepting = [True], [True]
    async with running(
        tmp_path, loops_alive=lambda: alive[0], accepting=lambda: accepting[0]
    ) as daemon:
        for path, switch in (("/-/healthy", alive), ("/-/ready", accepting)):
            assert (await daemon.get(path)).status == 200
            switch[0] = False
            assert (await daemon.get(path)).status == 503, path
            switch[0] = True
        assert (await daemon.post("/-/reload")).status == 200
        daemon.reload_problems.append("disk.yaml:3: no")
        told = await daemon.post("/-/reload")
        assert (told.status, told.error["problems"]) == (422, ["disk.yaml:3: no"])
        assert (await daemon.ask("PUT", "/api/v1/status")).status == 405
        assert (await daemon.get("/nothing")).status == 404
