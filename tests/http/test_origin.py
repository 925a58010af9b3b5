"""Pages of other sites, and names bound to loopback, get nothing done."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediator.http.origin import Origins, is_loopback
from remediator.http.refusal import HttpRefusal
from tests.http.calls import a_request
from tests.http.daemon import running

PAUSE = {"scope": "all", "reason": "x"}
HERE = "127.0.0.1:9095"
EXTERNAL = "https://Remediator.example.com:8443/x"


def check(origins: Origins, method: str = "GET", /, **headers: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    origins.check(a_request(headers={"Host": HERE, **named}, method=method))


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": f"ftp://{HERE}"},
        {"Origin": f"//{HERE}"},
        {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HERE}"},
    ],
)
def test_a_change_that_a_page_of_another_site_asks_for_is_refused(
    method: str, headers: dict[str, str]
) -> None:
    with pytest.raises(HttpRefusal, match="a page of another site") as refused:
        check(Origins(""), method, **headers)
    assert (refused.value.status, refused.value.code) == (403, "forbidden")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_changes_nothing_may_be_asked_from_any_page(method: str) -> None:
    check(Origins(""), method, **{"Sec-Fetch-Site": "cross-site"})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": f"http://{HERE}", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://remediator.example.com"},
        {"Sec-Fetch-Site": "none"},
        {},
    ],
)
def test_a_change_from_our_own_page_or_from_no_page_is_fine(headers: dict[str, str]) -> None:
    check(Origins("https://remediator.example.com/"), "POST", **headers)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:9095", "127.0.0.1.evil.example", "", "[::1", "example.com"],
)
def test_on_loopback_a_foreign_host_name_is_refused(host: str) -> None:
    """Also before it is known where we listen."""
    with pytest.raises(HttpRefusal, match="names a host that is not this daemon") as refused:
        check(Origins(EXTERNAL), Host=host)
    assert (refused.value.status, refused.value.code) == (403, "forbidden")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9095", "[::1]:9095", "127.0.0.1", "remediator.example.com."]
)
def test_on_loopback_its_own_names_and_that_of_external_url_are_answered(host: str) -> None:
    check(Origins(EXTERNAL), Host=host)


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        *(("127.0.0.1", True), ("127.0.0.5", True), ("::1", True), ("localhost", True)),
        *((None, False), ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("web1", False)),
    ],
)
def test_only_loopback_addresses_are_loopback(host: str | None, answer: bool) -> None:
    assert is_loopback(host) is answer


@pytest.mark.slow
async def test_a_page_of_another_site_gets_nothing_done(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        evil = {"Origin": "https://evil.example"}

        answer = await daemon.post("/api/v1/pauses", PAUSE, headers=evil)

        assert (answer.status, answer.error["code"]) == (403, "forbidden")
        assert (await daemon.get("/api/v1/pauses")).json["items"] == []
        asked = await daemon.get("/api/v1/status", headers=evil)
        assert "Access-Control-Allow-Origin" not in asked.headers


@pytest.mark.slow
async def test_on_loopback_no_path_is_answered_under_a_foreign_name(tmp_path: Path) -> None:
    async with running(tmp_path, external_url=EXTERNAL) as daemon:
        for path in ("/api/v1/status", "/metrics", "/-/healthy"):
            assert (await daemon.get(path, headers={"Host": "evil.example"})).status == 403, path
            assert (
                await daemon.get(path, headers={"Host": "remediator.example.com"})
            ).status == 200


@pytest.mark.slow
async def test_elsewhere_any_host_name_is_answered_because_credentials_are_needed(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, listen="127.1:0") as daemon:  # a name, not known to be loopback
        answer = await daemon.get("/-/healthy", headers={"Host": "remediator.example.com"})

        assert answer.status == 200
