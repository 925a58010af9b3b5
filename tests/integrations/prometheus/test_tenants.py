"""Prometheus behind a proxy that asks for a tenant and speaks as VictoriaMetrics' cluster does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from remediator.core.errors import Transient
from remediator.integrations.json_api import Endpoint, JsonApi, endpoints_of
from remediator.integrations.prometheus.gateway import TIMEOUT, PrometheusGateway
from remediator.integrations.prometheus.settings import PrometheusSettings
from tests.http.certificates import Authority

Proxied = Callable[[object], Awaitable[PrometheusGateway]]
TENANT = {"X-Scope-OrgID": "team-a"}


@pytest.fixture
async def behind(prometheus, tmp_path: Path) -> AsyncIterator[Proxied]:
    """A gateway to the real Prometheus behind TLS, a tenant and a word on how much of the answer there is."""
    authority = Authority(tmp_path)
    gateways: list[PrometheusGateway] = []
    runners: list[web.AppRunner] = []

    async def proxied(is_partial: object) -> PrometheusGateway:
        async def forward(request: web.Request) -> web.Response:
            if request.headers.get("X-Scope-OrgID") != "team-a":
                return web.json_response({"status": "error", "error": "no org id"}, status=401)
            async with aiohttp.ClientSession() as session:
                url, body = f"{prometheus.url}{request.path}", await request.read()
                kind = {"Content-Type": request.headers["Content-Type"]}
                async with session.post(url, data=body, headers=kind) as answer:
                    document = await answer.json()
            said = {} if is_partial is None else {"isPartial": is_partial}
            return web.json_response({**said, **document})

        app = web.Application()
        app.router.add_post("/{path:.*}", forward)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        runners.append(runner)
        pair = authority.issue(f"proxy{len(runners)}")
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=_served(pair)).start()
        port = runner.addresses[0][1]
        settings = PrometheusSettings(
            url=f"https://127.0.0.1:{port}", headers=TENANT, ca_file=authority.cert
        )
        gateways.append(PrometheusGateway(*endpoints_of((settings.url,), settings)))
        return gateways[-1]

    yield proxied
    for gateway in gateways:
        await gateway.close()
    for runner in runners:
        await runner.cleanup()


def _served(pair):
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.cert, pair.key)
    return context


@pytest.mark.slow
@pytest.mark.parametrize("is_partial", [None, False])
async def test_a_tenant_is_named_and_its_proxy_believed_by_the_authority_that_is_set(
    behind: Proxied, is_partial: object
) -> None:
    gateway = await behind(is_partial)
    (sample,) = await gateway.query("vector(3)")
    assert sample.value == 3


@pytest.mark.slow
@pytest.mark.parametrize("is_partial", [True, "yes", 1, {}])
async def test_an_answer_of_victoriametrics_that_is_partial_is_unknown(
    behind: Proxied, is_partial: object
) -> None:
    gateway = await behind(is_partial)
    with pytest.raises(Transient, match="the answer is partial"):
        await gateway.query("vector(3)")


def test_headers_of_a_section_do_not_stand_in_reprs_and_go_with_every_request() -> None:
    settings = PrometheusSettings(url="http://127.0.0.1:1", headers={"X-Api-Key": "hunter2"})
    (endpoint,) = endpoints_of((settings.url,), settings)
    assert "hunter2" not in repr(endpoint)
    assert endpoint.headers == {"X-Api-Key": "hunter2"}
    assert JsonApi(Endpoint(url="http://x"), timeout=TIMEOUT).place == "x"
