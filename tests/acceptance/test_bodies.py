"""Bodies and connections that no Alertmanager would send, on the real daemon: refused, counted, never in the way."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.acceptance.alerts import a_group, an_alert
from tests.acceptance.machine import steps_playbook
from tests.acceptance.rawhttp import (
    answers,
    chunked,
    connect,
    exchange,
    good_body,
    head,
    inbox,
    query,
    request,
)
from tests.acceptance.site import SOURCE, Site

pytestmark = [pytest.mark.slow]
MEBIBYTE = 1024 * 1024
HOOK = "/webhooks/alertmanager"

_GOOD = a_group([an_alert({"alertname": "Nobody"})])
_ALERT = _GOOD["alerts"][0]


def _with(**changed: object) -> bytes:
    return json.dumps({**_GOOD, **changed}).encode()


def _labelled(raw: str) -> bytes:
    return _with(alerts=[{**_ALERT, "labels": {"alertname": "LABEL"}}]).replace(
        b"LABEL", raw.encode()
    )


BAD = {
    "nothing": b"",
    "not JSON": b"{",
    "not an object": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "not UTF-8": b'{"version": "\xff"}',
    "UTF-16": json.dumps(_GOOD).encode("utf-16"),
    "NaN": b'{"version": NaN}',
    "Infinity": b'{"version": -Infinity}',
    "a key twice": b'{"version": "4", "version": "4"}',
    "NUL": _labelled("\\u0000"),
    "lone surrogate": _labelled("\\ud800"),
    "deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "wide and deep": b"[" * 200_000 + b"]" * 200_000,
    "a number of a million digits": b'{"version": ' + b"1" * 1_000_000 + b"}",
    "version 3": _with(version="3"),
    "no version": json.dumps({k: v for k, v in _GOOD.items() if k != "version"}).encode(),
    "alerts are an object": _with(alerts={}),
    "alerts are texts": _with(alerts=["x"]),
    "a status of its own": _with(alerts=[{**_ALERT, "status": "exploded"}]),
    "labels are a list": _with(alerts=[{**_ALERT, "labels": []}]),
    "a label is a number": _with(alerts=[{**_ALERT, "labels": {"alertname": 1}}]),
    "a time that is none": _with(alerts=[{**_ALERT, "startsAt": "yesterday"}]),
    "a year of 5 digits": _with(alerts=[{**_ALERT, "startsAt": "99999-01-01T00:00:00Z"}]),
    "a fingerprint with a slash": _with(alerts=[{**_ALERT, "fingerprint": "../../x"}]),
    "1000 labels": _with(alerts=[{**_ALERT, "labels": {f"l{n}": "x" for n in range(1000)}}]),
    "a label of a mebibyte": _with(alerts=[{**_ALERT, "labels": {"alertname": "x" * MEBIBYTE}}]),
    "20,000 alerts": _with(alerts=[_ALERT] * 20_000),
}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site(playbooks={"steps": {**steps_playbook(), **_WITHOUT_HOSTS}}) as site:
        yield site


_WITHOUT_HOSTS = {"target": "host/web1", "steps": [{"service.restart": {"unit": "x.service"}}]}


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic Og=="},
        {"Authorization": "Basic \xff"},
        {"Authorization": "Digest x"},
        {"Authorization": "Bearer " + "x" * 5000},
        {"X-Forwarded-User": "root", "X-Forwarded-For": "127.0.0.1"},
        {"Cookie": "session=x"},
    ],
    ids=str,
)
def test_wrong_credentials_are_401_and_nothing_is_stored(
    site: Site, header: dict[str, str]
) -> None:
    before = inbox(site)

    reply = site.call("POST", HOOK, _GOOD, headers=header)

    assert reply.status == 401
    assert set(reply.body["error"]) == {"code", "message", "hint"}
    assert inbox(site) == before


def test_two_authorization_headers_are_as_wrong_as_a_wrong_one(site: Site) -> None:
    before = inbox(site)
    body = good_body("twice")

    assert exchange(site, request(site, body, "Authorization: Bearer wrong")) in ([400], [401])
    assert exchange(site, request(site, body, f"Authorization: Bearer {site.tokens[SOURCE]}")) in (
        [400],
        [401],
    )

    assert inbox(site) == before


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_a_bad_body_is_400_stored_as_bad_and_the_next_good_one_is_answered(
    site: Site, body: bytes
) -> None:
    before = inbox(site)

    reply = site.call("POST", HOOK, body, headers=site.bearer(SOURCE))
    began = time.monotonic()
    good = site.call("POST", HOOK, good_body("after"), headers=site.bearer(SOURCE))

    assert (reply.status, reply.body["error"]["code"]) == (400, "invalid")
    assert (good.status, good.body["alerts"]) == (202, 1)
    assert time.monotonic() - began < 10
    assert inbox(site)["bad"] == before["bad"] + 1


def test_every_bad_notification_says_what_was_wrong_with_it(site: Site) -> None:
    site.call("POST", HOOK, BAD["a key twice"], headers=site.bearer(SOURCE))

    errors = [error for (error,) in query(site, "select error from inbox where state = 'bad'")]

    assert any("is there twice" in error for error in errors)
    assert all(error and error.isprintable() and len(error) < 500 for error in errors)


def test_too_much_is_413_told_or_found_out_and_nothing_is_stored(site: Site) -> None:
    before = inbox(site)
    large = 20 * MEBIBYTE

    assert exchange(site, head(site, f"Content-Length: {large}")) == [413]
    assert exchange(site, request(site, b"x" * large)) == [413]
    told = head(site, "Transfer-Encoding: chunked") + chunked(b"x" * large, 256 * 1024)
    assert exchange(site, told) == [413]

    assert inbox(site) == before


@pytest.mark.parametrize("coding", ["gzip", "identity", "br", "x" * 100, "gzip, gzip"])
def test_any_content_encoding_is_415(site: Site, coding: str) -> None:
    before = inbox(site)

    body = gzip.compress(good_body("packed"))
    assert exchange(site, request(site, body, f"Content-Encoding: {coding}")) == [415]

    assert inbox(site) == before


def test_a_body_in_chunks_or_byte_by_byte_is_as_good_as_any(site: Site) -> None:
    body = good_body("chunks")
    many = head(site, "Transfer-Encoding: chunked") + chunked(body, 7)
    assert exchange(site, many) == [202]

    with connect(site) as connection:
        for byte in request(site, body)[:400]:
            connection.send(bytes([byte]))
        connection.sendall(request(site, body)[400:])
        assert answers(connection) == [202]


def test_what_could_be_read_in_two_ways_is_refused(site: Site) -> None:
    before = inbox(site)
    body = good_body("smuggled")
    length = f"Content-Length: {len(body)}"

    smuggled = [
        head(site, length, "Transfer-Encoding: chunked") + chunked(body, 100),
        head(site, length, f"Content-Length: {len(body) - 1}") + body,
        head(site, "Content-Length: -1") + body,
        head(site, "Content-Length: +5") + body,
        head(site, "Transfer-Encoding: chunked, identity") + body,
        head(site, length + "\r\n folded: x") + body,
        head(site, "X: " + "x" * 100_000, length) + body,
        head(site, *(f"X-{n}: y" for n in range(20_000)), length) + body,
    ]

    for content in smuggled:
        found = exchange(site, content)
        assert not found or 400 <= found[0] < 500, (content[:200], found)
    assert inbox(site) == before


def test_garbage_behind_a_good_request_harms_nobody(site: Site) -> None:
    good = request(site, good_body("first"))

    assert exchange(site, good + good, 2) == [202, 202]
    assert exchange(site, good + b"\x00\xff\x16\x03\x01 garbage\r\n\r\n", 2)[0] in (202, 400)
    assert exchange(site, good + b"GET / HTTP/9.9\r\n\r\n", 2)[0] in (202, 400)
    assert exchange(site, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")[:1] in ([], [400])
    assert (
        exchange(site, b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100, 100)
        == [200] * 100
    )
    assert site.is_ready()


@pytest.mark.timeout(90)
def test_two_hundred_half_open_connections_stand_beside_good_traffic(site: Site) -> None:
    body = good_body("slow")
    with ExitStack() as stack:
        slow: list[socket.socket] = []
        for number in range(200):
            connection = stack.enter_context(connect(site))
            whole = request(site, body)
            connection.sendall(whole[: 40 if number % 2 else len(whole) - 20])
            slow.append(connection)

        waits = []
        for number in range(50):
            began = time.monotonic()
            reply = site.call(
                "POST", HOOK, good_body(f"beside-{number}"), headers=site.bearer(SOURCE)
            )
            waits.append(time.monotonic() - began)
            assert reply.status == 202
            slow[number].send(body[-1:])
        assert max(waits) < 10
        assert site.is_ready()
    assert site.wait_for(site.is_ready, 5, "ready still")


def test_the_daemon_never_said_that_anything_was_a_bug(site: Site) -> None:
    log = site.full_log()
    assert "http_failed" not in log
    assert "Traceback" not in log
