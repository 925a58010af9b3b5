"""Health, metrics, reload, errors in one shape, the description of the API, and the listener itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from remediator.core.errors import InvalidSettings
from remediator.http.server import TlsFiles, read_address, start
from tests.http.daemon import payload, running
from tests.http.routes import ROUTES
from tests.http.test_webhook import talk

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


async def test_healthy_and_ready_are_200_while_all_is_well(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        healthy, ready = await daemon.get("/-/healthy"), await daemon.get("/-/ready")

        assert (healthy.status, healthy.json) == (200, {"status": "healthy"})
        assert (ready.status, ready.json) == (200, {"status": "ready", "playbooks": 1})


async def test_a_loop_that_stands_still_is_unhealthy_but_ready(tmp_path: Path) -> None:
    async with running(tmp_path, loops_alive=lambda: False) as daemon:
        assert (await daemon.get("/-/healthy")).status == 503
        assert (await daemon.get("/-/ready")).status == 200


async def test_a_store_that_is_away_is_not_ready_but_healthy(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await daemon.store.close()

        assert (await daemon.get("/-/healthy")).status == 200
        assert (await daemon.get("/-/ready")).status == 503


async def test_a_daemon_that_shuts_down_is_not_ready(tmp_path: Path) -> None:
    async with running(tmp_path, accepting=lambda: False) as daemon:
        assert (await daemon.get("/-/ready")).status == 503


async def test_metrics_are_shown_as_telemetry_writes_them(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        answer = await daemon.get("/metrics")

        assert answer.body == b"remediator_up 1\n"
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


async def test_a_reload_is_200_or_422_with_every_error(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        good = await daemon.ask("POST", "/-/reload")
        daemon.reload_problems += ["a.yaml:1:1: error[x]: y", "b.yaml:2:2: error[x]: z"]
        bad = await daemon.ask("POST", "/-/reload")

        assert (good.status, good.json) == (200, {"reloaded": True})
        assert bad.status == 422
        assert bad.json["error"]["problems"] == daemon.reload_problems


async def test_no_route_and_no_method_are_errors_in_the_one_shape(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        nothing, method = await daemon.get("/nothing"), await daemon.get("/-/reload")

        assert (nothing.status, nothing.error["code"]) == (404, "not_found")
        assert (method.status, method.error["code"]) == (405, "method_not_allowed")


async def test_a_bug_is_500_without_details_and_with_a_log_line(tmp_path: Path) -> None:
    async def broken(subject: str) -> Mapping[str, Any]:
        raise ZeroDivisionError("secret detail")

    async with running(tmp_path, why=broken) as daemon:
        answer = await daemon.get("/api/v1/why/run_1")

        assert (answer.status, answer.error["code"]) == (500, "internal")
        assert b"secret" not in answer.body
        ((event, fields),) = daemon.metrics.logged
        assert event == "http_failed"
        assert "ZeroDivisionError: secret detail" in fields["problem"]


async def test_every_answer_carries_the_security_headers(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        for path in ("/-/healthy", "/metrics", "/nothing", "/api/v1/runs/x", "/api/v1/status"):
            headers = (await daemon.get(path)).headers
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert headers["Content-Security-Policy"].startswith("default-src 'none'"), path
            assert headers["Cache-Control"] == "no-store", path
            assert headers["Server"] == "remediator", path


async def test_headers_that_are_too_long_or_broken_end_the_connection(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        for line in (b"X: " + b"a" * 20_000, b"no colon here"):
            raw = b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n" + line + b"\r\n\r\n"
            status, _ = await talk(daemon, raw)
            assert status == 400


async def test_the_description_names_every_route_and_only_schemas_that_are_there(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as daemon:
        document = (await daemon.get("/api/openapi.json")).json

    described = {(m.upper(), path) for path, ms in document["paths"].items() for m in ms}
    assert document["openapi"].startswith("3.1")
    assert described == {(r.method, r.path.replace("{id:.+}", "{id}")) for r in ROUTES}
    names = [op["operationId"] for ms in document["paths"].values() for op in ms.values()]
    assert len(names) == len(set(names))
    references = set(_references(document))
    assert references <= {f"#/components/schemas/{n}" for n in document["components"]["schemas"]}
    approve = document["paths"]["/api/v1/runs/{id}/approve"]["post"]
    schema = approve["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["digest"]
    assert approve["x-access"] == "approver"


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [ref for inner in value.values() for ref in _references(inner)]
    return [r for inner in value for r in _references(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9095", ("127.0.0.1", 9095)),
        ("[::1]:0", ("::1", 0)),
        (":80", (None, 80)),
        ("localhost:65535", ("localhost", 65535)),
    ],
)
def test_an_address_to_listen_on_is_read(text: str, address: tuple[str | None, int]) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize("text", ["", "9095", "host:", "host:port", "::1:9095", "h:70000", "h:-1"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidSettings):
        read_address(text)


async def test_a_port_that_is_taken_is_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(InvalidSettings, match="cannot listen on"):
            await start(address, web.Application())


async def test_certificates_that_are_not_there_are_a_clear_error(tmp_path: Path) -> None:
    missing = TlsFiles(cert_file=str(tmp_path / "no"), key_file=str(tmp_path / "no"))

    with pytest.raises(InvalidSettings, match="tls"):
        await start("127.0.0.1:0", web.Application(), missing)


async def test_a_client_that_goes_away_leaves_its_notification_stored_and_no_noise(
    tmp_path: Path,
) -> None:
    body = payload("firing")
    head = f"POST /webhooks/alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    async with running(tmp_path) as daemon:
        _, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        async with asyncio.timeout(60):
            while not await daemon.stored():
                await asyncio.sleep(0.02)

        assert [n.body for n in await daemon.stored()] == [body]
        assert daemon.metrics.logged == []
