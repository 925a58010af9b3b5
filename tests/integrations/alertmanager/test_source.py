"""Golden payloads in, alert groups out; and every body that must not come in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from remediator.core.alert import AlertStatus
from remediator.core.errors import InvalidAlert
from remediator.integrations.alertmanager.source import MOST_ALERTS, parse
from tests.http.daemon import PAYLOADS, payload

GOOD = json.loads(payload("firing"))


def body_with(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def alert_with(**changes: Any) -> bytes:
    alert = {k: v for k, v in {**GOOD["alerts"][0], **changes}.items() if v is not ...}
    return body_with(alerts=[alert])


def test_a_firing_alert_is_read_with_its_labels_and_without_an_end() -> None:
    group = parse(payload("firing"))

    (alert,) = group.alerts
    assert alert.status is AlertStatus.FIRING
    assert alert.fingerprint == "5ef2a9c1d0b34e77"
    assert alert.labels["mountpoint"] == "/var"
    assert alert.annotations == {"summary": "/var on web1 is 94 % full"}
    assert alert.starts_at == datetime(2026, 11, 20, 2, 55, 3, 512000, tzinfo=UTC)
    assert alert.ends_at is None
    assert group.group_key == '{}:{alertname="DiskSpaceLow"}'
    assert (group.truncated, group.reason) == (0, None)


def test_a_resolved_alert_is_read_with_its_end() -> None:
    (alert,) = parse(payload("resolved")).alerts

    assert alert.status is AlertStatus.RESOLVED
    assert alert.ends_at == datetime(2026, 11, 20, 3, 10, 3, 512000, tzinfo=UTC)


def test_each_alert_of_a_mixed_group_has_its_own_status_and_times_become_utc() -> None:
    first, second = parse(payload("mixed")).alerts

    assert (first.status, second.status) == (AlertStatus.FIRING, AlertStatus.RESOLVED)
    assert second.ends_at == datetime(2026, 11, 20, 3, 10, 3, 512000, tzinfo=UTC)


def test_the_number_of_alerts_that_were_cut_is_kept() -> None:
    assert parse(payload("truncated")).truncated == 41


def test_label_names_and_values_may_be_any_utf8_and_the_receiver_stays_as_sent() -> None:
    group = parse(payload("utf8"))

    (alert,) = group.alerts
    assert alert.labels == {
        "alertname": "Plattenplatz knapp – <web>",
        "service.name": "Käse 🧀",
        "host name": "büro",
    }
    assert group.receiver == "team\\.a"


def test_a_payload_of_an_old_alertmanager_is_read_and_nanoseconds_are_cut() -> None:
    group = parse(payload("v0.25"))

    assert group.truncated == 0
    assert group.alerts[0].starts_at.microsecond == 512345


def test_a_payload_of_a_new_alertmanager_is_read_and_unknown_fields_are_fine() -> None:
    assert parse(payload("v0.34")).reason == "first notification"


def test_ten_thousand_alerts_are_read() -> None:
    alerts = [{**GOOD["alerts"][0], "fingerprint": f"{n:016x}"} for n in range(MOST_ALERTS)]

    assert len(parse(body_with(alerts=alerts)).alerts) == MOST_ALERTS


def test_every_golden_payload_is_tested() -> None:
    assert sorted(p.stem for p in PAYLOADS.glob("*.json")) == [
        *("firing", "mixed", "resolved", "truncated", "utf8", "v0.25", "v0.34"),
    ]


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


RAW = payload("firing").decode()
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not JSON"),
    "text": (b"hello", "not JSON"),
    "cut off": (payload("firing")[:-20], "not JSON"),
    "two values": (payload("firing") * 2, "not JSON"),
    "not UTF-8": (payload("firing").replace(b"web1", b"\xff\xfe"), "not UTF-8 at byte"),
    "byte order mark": (b"\xef\xbb\xbf" + payload("firing"), "not JSON"),
    "UTF-16": (RAW.encode("utf-16"), "not UTF-8"),
    "raw NUL": (payload("firing").replace(b"web1", b"\x00"), "not JSON"),
    "escaped NUL": (payload("firing").replace(b"web1", b"\\u0000"), "NUL"),
    "escaped NUL in an unread field": (body_with(other={"k\x00": 1}), "NUL"),
    "lone surrogate": (payload("firing").replace(b"web1", b"\\ud800"), "surrogate"),
    "lone low surrogate": (payload("firing").replace(b"web1", b"\\uDfFf"), "surrogate"),
    "surrogate as UTF-8": (payload("firing").replace(b"web1", b"\xed\xa0\x80"), "not UTF-8"),
    "NaN": (RAW.replace('"truncatedAlerts": 0', '"truncatedAlerts": NaN').encode(), "NaN"),
    "infinity": (RAW.replace('"truncatedAlerts": 0', '"x": -Infinity').encode(), "-Infinity"),
    "endless digits": (RAW.replace(": 0", ": " + "9" * 5000).encode(), "too many digits"),
    "key twice": (
        RAW.replace('"status"', '"version": "4", "status"').encode(),
        "'version' is there",
    ),
    "label twice": (
        RAW.replace('"job"', '"instance": "db-master", "job"').encode(),
        "'instance' is",
    ),
    "deep": (b'{"a":' * 200 + b"1" + b"}" * 200, "deeper than 32"),
    "very deep": (b"[" * 1_000_000 + b"]" * 1_000_000, "deeper than 32"),
    "deep in an unread field": (body_with(other=nested(60)), "deeper than 32"),
    "deep in an unread field of an alert": (alert_with(other=nested(60)), "deeper than 32"),
    "a list": (b"[]", "not an object"),
    "custom payload": (b'{"text": "disk full"}', "remove `payload`"),
    "version 3": (body_with(version="3"), "`version` is '3'"),
    "version as a number": (body_with(version=4), "`version` is '4'"),
    "no alerts": (body_with(alerts=None), "`alerts` is not a list"),
    "an alert that is none": (body_with(alerts=[3]), "alerts[0]: is not an object"),
    "too many alerts": (body_with(alerts=[1] * (MOST_ALERTS + 1)), "10001 alerts"),
    "status pending": (alert_with(status="pending"), "neither firing nor resolved"),
    "status is missing": (alert_with(status=...), "neither firing nor resolved"),
    "no fingerprint": (alert_with(fingerprint=...), "`fingerprint`"),
    "hostile fingerprint": (alert_with(fingerprint="a b;c"), "`fingerprint`"),
    "endless fingerprint": (alert_with(fingerprint="a" * 200), "`fingerprint`"),
    "no labels": (alert_with(labels={}), "`labels` is empty"),
    "labels are a list": (alert_with(labels=["a"]), "`labels` is not an object"),
    "label is a number": (alert_with(labels={"a": 1}), "'a' is not a text"),
    "label is a map": (alert_with(labels={"a": {}}), "'a' is not a text"),
    "label name is empty": (alert_with(labels={"": "a"}), "a name has 0 characters"),
    "label name is endless": (alert_with(labels={"a" * 2000: "b"}), "2000 characters"),
    "label is endless": (alert_with(labels={"a": "b" * 9000}), "9000 characters"),
    "too many labels": (alert_with(labels={f"l{n}": "" for n in range(300)}), "300 labels"),
    "annotation is endless": (alert_with(annotations={"a": "b" * 70_000}), "70000 characters"),
    "annotations are a text": (alert_with(annotations="a"), "`annotations` is not an object"),
    "no start": (alert_with(startsAt=...), "`startsAt` is missing"),
    "zero start": (alert_with(startsAt="0001-01-01T00:00:00Z"), "`startsAt` is missing"),
    "start is a number": (alert_with(startsAt=1732000000), "`startsAt` is not a time"),
    "start without zone": (alert_with(startsAt="2026-11-20T02:55:03"), "no time zone"),
    "start in the year 9999": (alert_with(startsAt="9999-12-31T23:59:59-12:00"), "cannot be"),
    "end is no time": (alert_with(endsAt="tomorrow"), "`endsAt` is not a time"),
    "generator is a list": (alert_with(generatorURL=[]), "`generatorURL`"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_body_is_refused_with_words_that_help(name: str) -> None:
    body, words = BAD[name]

    with pytest.raises(InvalidAlert) as refusal:
        parse(body)

    assert words in str(refusal.value)
    assert len(str(refusal.value)) < 400


def test_an_escaped_backslash_before_u0000_is_an_ordinary_text() -> None:
    body = payload("firing").replace(b"web1", b"\\\\u0000")

    assert parse(body).alerts[0].labels["instance"] == "\\u0000:9100"


def test_a_pair_of_escaped_surrogates_is_one_character() -> None:
    body = payload("firing").replace(b"web1", b"\\ud83e\\uddc0")

    assert parse(body).alerts[0].labels["instance"] == "🧀:9100"


def test_null_annotations_are_none() -> None:
    assert parse(alert_with(annotations=None)).alerts[0].annotations == {}
