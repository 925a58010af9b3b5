"""Who may come in: the matrix of routes, roles and credentials, and the ways around it that must be closed."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest

from remediator.http.auth import Authenticator
from remediator.http.credentials import ProxyTrust, Role, SourceKeys, UserKeys
from remediator.http.route import Gate, Route, Signed
from remediator.http.server import TlsFiles
from tests.http.certificates import Authority
from tests.http.daemon import Daemon, a_waiting_run, keep, payload, running
from tests.http.routes import ROUTES

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

TOKENS = {role: f"token-of-{role.name.lower()}" for role in Role}
USERS = [UserKeys(name=r.name.lower(), role=r, tokens=[token]) for r, token in TOKENS.items()]
SOURCES = [
    SourceKeys(name="prod", tokens=["prod-old", "prod-new"]),
    SourceKeys(name="staging", basic=("am", "pass:word")),
]
PROXY = ProxyTrust(
    networks=["127.0.0.0/8"],
    secret="between us",
    roles={Role.OPERATOR: ["sre"], Role.VIEWER: ["dev", "admin"], Role.ADMIN: ["root"]},
)
OPEN = {"/-/healthy", "/-/ready", "/metrics", "/api/openapi.json", "/api/schema/{id}"}


def locked(**more: object) -> dict[str, object]:
    fields = {"sources": SOURCES, "users": USERS, "on_loopback": True, **more}
    authenticator = Authenticator(**fields)  # type: ignore[arg-type]
    return {"authenticator": lambda: authenticator}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def place(route: Route) -> str:
    return route.path.replace("{id:.+}", "pau_1").replace("{id}", "run_1")


async def status(daemon: Daemon, route: Route, headers: Mapping[str, str]) -> int:
    answer = await daemon.ask(route.method, place(route), headers=headers)
    if answer.status >= 400:
        assert set(answer.error) >= {"code", "message", "hint"}, route
    return answer.status


async def test_every_route_but_the_open_ones_is_refused_without_credentials(tmp_path: Path) -> None:
    async with running(tmp_path, **locked()) as daemon:
        refused = {r.path for r in ROUTES if await status(daemon, r, {}) == 401}

        assert refused == {route.path for route in ROUTES} - OPEN
        assert await daemon.stored() == []


@pytest.mark.parametrize(
    "headers",
    [
        bearer("wrong"),
        bearer(""),
        bearer("token-of-admin "[:-2]),
        {"Authorization": "token-of-admin"},
        {"Authorization": "Basic ????"},
        {"Authorization": "Bearer \xff\xfe"},
        basic("admin:token-of-admin"),
        bearer("prod-new"),
        {"X-Forwarded-User": "root", "X-Forwarded-Groups": "root"},
    ],
)
async def test_wrong_credentials_open_no_route_for_people(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    people = [route for route in ROUTES if isinstance(route.access, Role)]

    async with running(tmp_path, **locked()) as daemon:
        assert {await status(daemon, route, headers) for route in people} == {401}


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_opens_its_routes_and_no_others(tmp_path: Path, role: Role) -> None:
    people = [route for route in ROUTES if isinstance(route.access, Role)]

    async with running(tmp_path, **locked()) as daemon:
        for route in people:
            code = await status(daemon, route, bearer(TOKENS[role]))
            assert (code == 403) == (role < route.access), route
            assert code != 401, route


def test_the_roles_of_the_routes_are_as_promised() -> None:
    who = {f"{r.method} {r.path}": r.access for r in ROUTES}

    assert who.pop("POST /webhooks/alertmanager") is Gate.SOURCE
    assert who.pop("GET /metrics") is Gate.SCRAPER
    assert who.pop("POST /slack/events") == Signed("slack", "X-Slack-Signature")
    assert {k for k, access in who.items() if access is Gate.ANYONE} == {
        *("GET /-/healthy", "GET /-/ready", "GET /api/openapi.json", "GET /api/schema/{id}"),
    }
    assert {k for k, access in who.items() if access is Role.APPROVER} == {
        *("POST /api/v1/runs/{id}/approve", "POST /api/v1/runs/{id}/reject"),
    }
    changing = {k for k in who if not k.startswith("GET")}
    assert all(who[k] >= Role.APPROVER for k in changing)


@pytest.mark.parametrize(
    ("headers", "source"),
    [
        (bearer("prod-old"), "prod"),
        (bearer("prod-new"), "prod"),
        ({"Authorization": "bearer prod-new"}, "prod"),
        (basic("am:pass:word"), "staging"),
    ],
)
async def test_each_source_is_known_by_each_of_its_credentials(
    tmp_path: Path, headers: dict[str, str], source: str
) -> None:
    async with running(tmp_path, **locked()) as daemon:
        answer = await daemon.notify(payload("firing"), headers=headers)

        assert answer.status == 202
        assert [n.source for n in await daemon.stored()] == [source]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("prod-ol"),
        bearer("prod-old2"),
        bearer("am:pass:word"),
        bearer(TOKENS[Role.ADMIN]),
        basic("prod:prod-old"),
        basic("am:pass"),
        {"Authorization": "Basic am:pass:word"},
        {"Authorization": "Bearer"},
    ],
)
async def test_wrong_credentials_of_a_source_store_nothing(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with running(tmp_path, **locked()) as daemon:
        answer = await daemon.notify(payload("firing"), headers=headers)

        assert (answer.status, answer.error["code"]) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert await daemon.stored() == []
        assert daemon.metrics.notifications == [("-", "401")]


async def test_two_authorization_headers_are_refused(tmp_path: Path) -> None:
    headers = [("Authorization", "Bearer prod-new"), ("Authorization", "Bearer prod-old")]

    async with running(tmp_path, **locked()) as daemon:
        answer = await daemon.ask("POST", "/webhooks/alertmanager", headers=headers, data=b"{}")

        assert answer.status == 401


async def test_on_loopback_without_credentials_people_are_operators_and_not_admins(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as daemon:
        assert (await daemon.get("/api/v1/status")).status == 200
        answer = await daemon.post("/api/v1/pauses", {"scope": "all", "reason": "x"})

        assert (answer.status, answer.json["who"]) == (201, "local")


async def test_elsewhere_nobody_comes_in_without_credentials(tmp_path: Path) -> None:
    authenticator = Authenticator(on_loopback=False)

    async with running(tmp_path, authenticator=lambda: authenticator) as daemon:
        assert (await daemon.get("/api/v1/status")).status == 401
        assert (await daemon.notify(payload("firing"))).status == 401


async def test_on_loopback_wrong_credentials_are_refused_though_none_are_needed(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as daemon:
        assert (await daemon.get("/api/v1/status", headers=bearer("x"))).status == 401
        assert (await daemon.notify(payload("firing"), headers=bearer("x"))).status == 401


async def test_tokens_for_people_close_the_api_but_not_the_webhook_on_loopback(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, **locked(sources=[SourceKeys(name="default")])) as daemon:
        assert (await daemon.get("/api/v1/status")).status == 401
        assert (await daemon.notify(payload("firing"))).status == 202
        assert [n.source for n in await daemon.stored()] == ["default"]


async def test_metrics_need_the_token_where_one_is_set(tmp_path: Path) -> None:
    async with running(tmp_path, **locked(metrics_tokens=["scrape"])) as daemon:
        assert (await daemon.get("/metrics")).status == 401
        assert (await daemon.get("/metrics", headers=bearer("scrap"))).status == 401
        good = await daemon.get("/metrics", headers=bearer("scrape"))
        assert (good.status, good.body) == (200, b"remediator_up 1\n")


def signed_in(**more: str) -> dict[str, str]:
    headers = {
        "X-Remediator-Proxy-Secret": "between us",
        "X-Forwarded-User": "u123",
        "X-Forwarded-Email": "ana@example.com",
        "X-Forwarded-Groups": "dev, sre",
    }
    return {**headers, **more}


async def test_a_proxy_with_the_secret_signs_people_in_with_the_highest_role_of_their_groups(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, **locked(proxy=PROXY)) as daemon:
        answer = await daemon.post("/api/v1/pauses", {"scope": "all"}, headers=signed_in())

        assert (answer.status, answer.json["who"]) == (201, "ana@example.com")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"X-Remediator-Proxy-Secret": "wrong"}, 401),
        ({"X-Remediator-Proxy-Secret": ""}, 401),
        ({"X-Forwarded-Groups": "guests"}, 403),
        ({"X-Forwarded-Groups": ""}, 403),
        ({"X-Forwarded-User": "", "X-Forwarded-Email": ""}, 401),
        ({"X-Forwarded-Groups": "dev"}, 403),
    ],
)
async def test_a_proxy_without_secret_or_a_person_without_role_does_not_come_in(
    tmp_path: Path, change: dict[str, str], code: int
) -> None:
    async with running(tmp_path, **locked(proxy=PROXY)) as daemon:
        headers = signed_in(**change)
        answer = await daemon.post("/api/v1/pauses", {"scope": "all"}, headers=headers)

        assert answer.status == code


async def test_proxy_headers_from_an_address_that_is_not_trusted_are_nothing(
    tmp_path: Path,
) -> None:
    far = ProxyTrust(networks=["10.0.0.0/8"], secret="between us", roles=PROXY.roles)

    async with running(tmp_path, **locked(proxy=far)) as daemon:
        assert (await daemon.get("/api/v1/status", headers=signed_in())).status == 401


async def test_a_group_that_is_called_admin_makes_nobody_an_admin(tmp_path: Path) -> None:
    order = a_waiting_run().order
    only_leads = type(order.approval)(groups=("leads",))
    run = a_waiting_run(order=type(order)(**{**fields(order), "approval": only_leads}))

    proxy = ProxyTrust(
        networks=PROXY.networks, secret=PROXY.secret, roles={Role.APPROVER: ["admin"]}
    )
    async with running(tmp_path, **locked(proxy=proxy)) as daemon:
        await keep(daemon.store, run)
        body = {"digest": run.approval.digest if run.approval else ""}
        path = f"/api/v1/runs/{run.id}/approve"
        pretender = signed_in(**{"X-Forwarded-Groups": "admin"})

        assert (await daemon.post(path, body, headers=pretender)).status == 403
        assert (await daemon.post(path, body, headers=bearer(TOKENS[Role.ADMIN]))).status == 200


def fields(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}  # type: ignore[attr-defined]


async def test_a_client_certificate_is_a_sources_credential(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server, client = authority.issue("127.0.0.1"), authority.issue("alertmanager-prod")
    stranger = Authority(tmp_path / "other").issue("alertmanager-prod")
    files = TlsFiles(
        cert_file=str(server.cert), key_file=str(server.key), client_ca_file=str(authority.cert)
    )
    sources = [SourceKeys(name="prod", client_cn="alertmanager-prod")]

    async with running(tmp_path, tls=files, **locked(sources=sources)) as daemon:
        trusted = authority.client_context(client)
        assert (await daemon.notify(payload("firing"), ssl=trusted)).status == 202
        other_name = authority.client_context(authority.issue("somebody"))
        assert (await daemon.notify(payload("firing"), ssl=other_name)).status == 401
        none = authority.client_context(None)
        assert (await daemon.notify(payload("firing"), ssl=none)).status == 401
        forged = authority.client_context(stranger)
        with pytest.raises((ssl.SSLError, OSError)):
            await daemon.notify(payload("firing"), ssl=forged)
        assert [n.source for n in await daemon.stored()] == ["prod"]


@pytest.mark.parametrize(
    "subject",
    [
        "/CN=somebody/CN=alertmanager-prod",
        "/CN=alertmanager-prod/CN=somebody",
        "/CN=alertmanager-prod/OU=x/CN=alertmanager-prod",
        "/OU=alertmanager-prod",
    ],
)
async def test_a_certificate_with_two_names_or_none_is_nobodys(
    tmp_path: Path, subject: str
) -> None:
    """The last of two counted: an authority that checks the first one only could be talked into a source."""
    authority = Authority(tmp_path)
    server, two = authority.issue("127.0.0.1"), authority.issue("two", subject)
    files = TlsFiles(
        cert_file=str(server.cert), key_file=str(server.key), client_ca_file=str(authority.cert)
    )
    sources = [SourceKeys(name="prod", client_cn="alertmanager-prod")]

    async with running(tmp_path, tls=files, **locked(sources=sources)) as daemon:
        shown = authority.client_context(two)

        assert (await daemon.notify(payload("firing"), ssl=shown)).status == 401


def test_no_secret_stands_in_a_repr() -> None:
    texts = repr([SOURCES, USERS, PROXY])

    assert not any(word in texts for word in ("prod-old", "pass:word", "token-of", "between us"))
