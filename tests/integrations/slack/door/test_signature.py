"""The HTTP door lets in what Slack has signed, freshly, once; everything else is 401, and never 500."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from multidict import CIMultiDict

from remediator.http.refusal import HttpRefusal
from remediator.integrations.slack.cards.buttons import Button
from remediator.integrations.slack.door.http_route import events_route, read_payload
from remediator.integrations.slack.door.signature import check_signature
from remediator.testing.clock import START
from tests.http.daemon import Daemon, running
from tests.integrations.slack.door.desk import ANA, Desk, a_desk, as_form, pressed, signed

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = START.timestamp()
BODY = b"token=x&command=%2Fremediator&text=help"
STAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


@asynccontextmanager
async def a_door(folder: Path, **changes: Any) -> AsyncIterator[tuple[Daemon, Desk]]:
    async with a_desk(folder, **changes) as (desk,):
        context = {"store": desk.house.store, "ambient": desk.house.clock.ambient()}
        async with running(folder, doors=(events_route(lambda: desk.desk),), **context) as daemon:
            yield daemon, desk


async def send(daemon: Daemon, body: bytes, headers: dict[str, str]) -> int:
    return (
        await daemon.ask("POST", "/slack/events", data=io.BytesIO(body), headers=headers)
    ).status


def test_a_signature_over_this_very_body_and_moment_counts() -> None:
    headers = CIMultiDict(signed(SECRET, BODY, NOW))

    assert len(check_signature(SECRET, headers, BODY, START)) == 64


@pytest.mark.parametrize("seconds", [-299, -1, 299])
def test_a_clock_that_is_a_little_off_does_no_harm(seconds: int) -> None:
    check_signature(SECRET, CIMultiDict(signed(SECRET, BODY, NOW + seconds)), BODY, START)


@pytest.mark.parametrize("seconds", [-100_000, -301, 301, 10**10])
def test_an_old_or_future_request_is_refused_though_its_signature_is_right(seconds: int) -> None:
    with pytest.raises(HttpRefusal) as refusal:
        check_signature(SECRET, CIMultiDict(signed(SECRET, BODY, NOW + seconds)), BODY, START)
    assert refusal.value.status == 401


@pytest.mark.parametrize("name", [STAMP, SIGNATURE])
@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "abc", "-1", "+1", "1e9", "1.0", "٣٤٥", "1" * 5000, "9" * 12, "0x10"),
        *("v0=", "v1=" + "0" * 64, "v0=" + "é" * 64, "v0=" + "A" * 64, "v0=" + "0" * 63),
        *("v0=" + "0" * 64, "v0=" + "0" * 64 + "\n", "\udcff", "NaN", "inf"),
    ],
)
def test_hostile_headers_are_refused_like_any_other_wrong_one(name: str, value: str) -> None:
    headers = CIMultiDict({**signed(SECRET, BODY, NOW), name: value})

    with pytest.raises(HttpRefusal) as refusal:
        check_signature(SECRET, headers, BODY, START)
    assert refusal.value.status == 401


@pytest.mark.parametrize("name", [STAMP, SIGNATURE])
def test_a_header_that_is_missing_or_there_twice_is_refused(name: str) -> None:
    twice = CIMultiDict(signed(SECRET, BODY, NOW))
    twice.add(name, twice[name])
    missing = CIMultiDict(signed(SECRET, BODY, NOW))
    del missing[name]

    for headers in (twice, missing):
        with pytest.raises(HttpRefusal):
            check_signature(SECRET, headers, BODY, START)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", BODY[:-1], BODY + b"&", b"\x00" * 100])
def test_another_body_than_the_signed_one_is_refused(body: bytes) -> None:
    with pytest.raises(HttpRefusal):
        check_signature(SECRET, CIMultiDict(signed(SECRET, BODY, NOW)), body, START)


def test_an_undecodable_body_is_refused_even_with_its_own_signature() -> None:
    body = b"payload=\xff"

    with pytest.raises(HttpRefusal):
        check_signature(SECRET, CIMultiDict(signed(SECRET, body, NOW)), body, START)


def test_a_command_that_speaks_of_a_payload_is_read_as_it_was_typed() -> None:
    body = urlencode({"command": "/remediator", "text": "reject abc payload is broken"}).encode()

    assert read_payload("application/x-www-form-urlencoded", body)["text"].endswith("broken")


@pytest.mark.parametrize(
    "body", [b"payload=", b"payload=[]", b"payload={", b"payload=" + b"[" * 50_000, b"payload=1"]
)
def test_what_slack_never_sends_makes_no_sense(body: bytes) -> None:
    with pytest.raises(HttpRefusal) as refusal:
        read_payload("application/x-www-form-urlencoded", body)
    assert refusal.value.status == 400


async def test_the_door_takes_a_request_once(tmp_path: Path) -> None:
    async with a_door(tmp_path) as (daemon, desk):
        run = await desk.ask_for(groups=("@sre-oncall",))
        body = as_form(pressed(run, Button.APPROVE, ANA))
        headers = signed(SECRET, body, NOW)

        codes = await asyncio.gather(*(send(daemon, body, headers) for _ in range(5)))

        assert sorted(codes) == [200, 401, 401, 401, 401]
        assert await send(daemon, body, headers) == 401
        await desk.desk.close()
        assert (await desk.house.run()).approval.approvers == ("ana",)


async def test_slacks_question_for_the_url_is_answered_only_with_its_signature(
    tmp_path: Path,
) -> None:
    body = json.dumps({"type": "url_verification", "token": "x", "challenge": "c4a11"}).encode()
    json_type = {"Content-Type": "application/json"}

    async with a_door(tmp_path) as (daemon, _):
        headers = signed(SECRET, body, NOW) | json_type
        answer = await daemon.ask("POST", "/slack/events", data=body, headers=headers)
        assert (answer.status, answer.json) == (200, {"challenge": "c4a11"})
        assert await send(daemon, body, json_type) == 401


async def test_a_look_at_the_certificate_needs_no_signature_and_does_nothing(
    tmp_path: Path,
) -> None:
    async with a_door(tmp_path) as (daemon, _):
        assert await send(daemon, b"ssl_check=1&token=abc", {}) == 200
        assert await send(daemon, b"ssl_check=1&command=%2Fremediator&text=help", {}) == 401


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        (b"x" * 1_048_577, {}, 413),
        (BODY, {"Content-Encoding": "gzip"}, 415),
        (b"payload=no", {}, 400),
    ],
)
async def test_large_encoded_and_senseless_bodies_have_their_own_answers(
    tmp_path: Path, body: bytes, more: dict[str, str], status: int
) -> None:
    async with a_door(tmp_path) as (daemon, _):
        assert await send(daemon, body, signed(SECRET, body, NOW) | more) == status


@pytest.mark.parametrize(
    "foreign", [{"api_app_id": "A0OTHER"}, {"team": {"id": "T0OTHER"}}, {"team": None}]
)
async def test_a_signed_request_of_another_workspace_or_app_changes_nothing(
    tmp_path: Path, foreign: dict[str, Any]
) -> None:
    async with a_door(tmp_path) as (daemon, desk):
        run = await desk.ask_for(groups=("@sre-oncall",))
        body = as_form(pressed(run, Button.APPROVE, ANA, **foreign))

        assert await send(daemon, body, signed(SECRET, body, NOW)) == 401
        await desk.desk.close()
        assert (await desk.house.run()).approval.approvers == ()


async def test_an_app_that_is_installed_for_a_whole_grid_is_ours(tmp_path: Path) -> None:
    async with a_door(tmp_path) as (daemon, desk):
        desk.slack.app.enterprise = "E0GRID00"
        run = await desk.ask_for(groups=("@sre-oncall",))
        grid = {"team": None, "enterprise": {"id": "E0GRID00", "name": "Grid"}}
        body = as_form(pressed(run, Button.APPROVE, ANA, **grid))

        assert await send(daemon, body, signed(SECRET, body, NOW)) == 200


async def test_where_slack_does_not_say_who_we_are_the_signature_is_enough(tmp_path: Path) -> None:
    async with a_door(tmp_path) as (daemon, desk):
        run = await desk.ask_for(users=(ANA,))
        desk.slack.fail("auth.test", status=503, times=None)
        body = as_form(pressed(run, Button.APPROVE, ANA))

        assert await send(daemon, body, signed(SECRET, body, NOW)) == 200
        await desk.desk.close()
        assert (await desk.house.run()).approval.approvers == (ANA,)


async def test_what_nobody_listens_to_is_not_found(tmp_path: Path) -> None:
    body = as_form({"type": "event_callback", "team_id": "T0HOME00", "api_app_id": "A0REMEDY0"})

    async with a_door(tmp_path) as (daemon, _):
        assert await send(daemon, body, signed(SECRET, body, NOW)) == 404


async def test_a_door_without_a_signing_secret_is_no_door(tmp_path: Path) -> None:
    async with a_door(tmp_path, signing_secret="") as (daemon, _):
        answer = await daemon.ask(
            "POST", "/slack/events", data=BODY, headers=signed(SECRET, BODY, NOW)
        )
        assert answer.status == 404
        assert "signing_secret" in answer.error["hint"]
