"""Pages of other sites, and names bound to loopback, get nothing done."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediator.http.origin import is_loopback
from tests.http.daemon import running

PAUSE = {"scope": "all", "reason": "x"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:{port}"},
    ],
)
async def test_a_post_from_a_page_of_another_site_is_refused(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with running(tmp_path) as daemon:
        sent = {k: v.replace("{port}", str(daemon.port)) for k, v in headers.items()}

        answer = await daemon.post("/api/v1/pauses", PAUSE, headers=sent)

        assert (answer.status, answer.error["code"]) == (403, "forbidden")
        assert (await daemon.get("/api/v1/pauses")).json["items"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://remediator.example.com"},
        {"Sec-Fetch-Site": "none"},
        {},
    ],
)
async def test_a_post_from_our_own_page_or_from_no_page_is_fine(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with running(tmp_path, external_url="https://remediator.example.com/") as daemon:
        sent = {k: v.replace("{port}", str(daemon.port)) for k, v in headers.items()}

        assert (await daemon.post("/api/v1/pauses", PAUSE, headers=sent)).status == 201


async def test_a_get_from_another_page_may_ask_but_no_header_lets_that_page_read(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as daemon:
        answer = await daemon.get("/api/v1/status", headers={"Origin": "https://evil.example"})

        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:9095", "127.0.0.1.evil.example", ""]
)
@pytest.mark.parametrize("path", ["/api/v1/status", "/metrics", "/-/healthy"])
async def test_on_loopback_a_foreign_host_name_is_refused(
    tmp_path: Path, host: str, path: str
) -> None:
    async with running(tmp_path) as daemon:
        answer = await daemon.get(path, headers={"Host": host})

        assert (answer.status, answer.error["code"]) == (403, "forbidden")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9095", "[::1]:9095", "127.0.0.1"])
async def test_on_loopback_its_own_names_are_answered(tmp_path: Path, host: str) -> None:
    async with running(tmp_path) as daemon:
        assert (await daemon.get("/-/healthy", headers={"Host": host})).status == 200


async def test_on_loopback_the_name_in_external_url_is_answered(tmp_path: Path) -> None:
    async with running(tmp_path, external_url="https://Remediator.example.com:8443/x") as daemon:
        known = await daemon.get("/-/healthy", headers={"Host": "remediator.example.com"})
        other = await daemon.get("/-/healthy", headers={"Host": "example.com"})

        assert (known.status, other.status) == (200, 403)


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        *(("127.0.0.1", True), ("127.0.0.5", True), ("::1", True), ("localhost", True)),
        *((None, False), ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("web1", False)),
    ],
)
def test_only_loopback_addresses_are_loopback(host: str | None, answer: bool) -> None:
    assert is_loopback(host) is answer


async def test_elsewhere_any_host_name_is_answered_because_credentials_are_needed(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, listen="127.1:0") as daemon:  # a name, not known to be loopback
        answer = await daemon.get("/-/healthy", headers={"Host": "remediator.example.com"})

        assert answer.status == 200
