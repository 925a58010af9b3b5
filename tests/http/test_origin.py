"""Pages of other sites, and names bound to loopback, get nothing done."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediator.http.origin import hosts_of, origins_of
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
    origins = frozenset(("https://remediator.example.com",))

    async with running(tmp_path, origins=origins) as daemon:
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


async def test_elsewhere_any_host_name_is_answered(tmp_path: Path) -> None:
    async with running(tmp_path, hosts=None) as daemon:
        answer = await daemon.get("/-/healthy", headers={"Host": "remediator.example.com"})

        assert answer.status == 200


def test_the_name_in_external_url_is_answered_on_loopback_and_its_pages_may_post() -> None:
    url = "https://Remediator.example.com:8443/path"

    assert hosts_of(url, on_loopback=True) == {
        *("localhost", "127.0.0.1", "::1", "remediator.example.com"),
    }
    assert hosts_of("", on_loopback=True) == {"localhost", "127.0.0.1", "::1"}
    assert hosts_of(url, on_loopback=False) is None
    assert origins_of("https://remediator.example.com/") == {"https://remediator.example.com"}
    assert origins_of("") == frozenset()
