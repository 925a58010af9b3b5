"""One odd alert takes no other with it: cases after public bug reports, and every way in which an alert can be odd."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from remediator.core.alert import AlertStatus, Oddity
from remediator.core.errors import InvalidAlert, NothingTaken
from remediator.integrations.alertmanager.source import count_alerts, parse
from tests.http.daemon import payload

CASES = Path(__file__).parent / "cases"
GOOD = json.loads(payload("firing"))
ALERT = GOOD["alerts"][0]

TAKEN: dict[str, list[str]] = {
    "p01_grafana_v1": ["web1:9100"],
    "p02_grafana_fields_v4": ["web1:9100"],
    "p04_no_alertname": ["web1:9100"],
    "p05_utf8": ["web2:9100"],
    "p06_truncated": ["web3:9100"],
    "p09_empty_endsAt": ["web7:9100"],
    "p10_null_values": ["web8:9100"],
    "p11_empty_label": ["web9:9100"],
    "p12_status_mix": ["web10:9100", "web11:9100"],
    "p15_long_groupkey": ["web16:9100"],
}
MIXED: dict[str, tuple[str, str, str, str]] = {
    "p08_long_generator": ("web5:9100", "c70d85fca124d9da", "url", "`generatorURL` has 9931"),
    "p13_long_annotation": ("web12:9100", "3ad3c061fa817790", "annotations", "70000 characters"),
    "p14_nonstring_label": ("web14:9100", "c58fdae11b29794e", "labels", "'port' is not a text"),
    "p16_pending_status": ("web17:9100", "792b5a2cc41bbc3b", "status", "neither firing nor"),
}
WHOLE = {
    "p03_v2_api_array": "Send it to Alertmanager",
    "p07_no_fingerprint": "`fingerprint`",
}


def case(name: str) -> bytes:
    return (CASES / f"{name}.json").read_bytes()


def group(*alerts: Any, **changes: Any) -> bytes:
    return json.dumps({**GOOD, "alerts": list(alerts), **changes}).encode()


@pytest.mark.parametrize("name", TAKEN)
def test_what_a_sender_may_well_send_is_taken_whole(name: str) -> None:
    read = parse(case(name))

    assert [alert.labels["instance"] for alert in read.alerts] == TAKEN[name]
    assert read.refused == ()
    assert count_alerts(case(name)) == len(TAKEN[name])


@pytest.mark.parametrize("name", MIXED)
def test_the_good_alert_beside_an_odd_one_is_taken_and_the_odd_one_is_told(name: str) -> None:
    instance, fingerprint, oddity, words = MIXED[name]

    read = parse(case(name))

    assert [alert.labels["instance"] for alert in read.alerts] == [instance]
    (refused,) = read.refused
    assert (refused.fingerprint, refused.oddity, refused.number) == (fingerprint, oddity, 1)
    assert words in refused.reason
    assert count_alerts(case(name)) == 1


@pytest.mark.parametrize("name", WHOLE)
def test_where_nothing_can_be_taken_all_is_refused_with_words_that_help(name: str) -> None:
    with pytest.raises(InvalidAlert) as refusal:
        parse(case(name))

    assert WHOLE[name] in str(refusal.value)


def test_every_case_is_tested() -> None:
    assert sorted(path.stem for path in CASES.glob("*.json")) == sorted([*TAKEN, *MIXED, *WHOLE])


def test_alerts_that_were_cut_off_are_counted_with_what_is_needed_to_ask_for_them() -> None:
    body = group(ALERT, truncatedAlerts=37, groupLabels={"alertname": "DiskSpaceLow"})

    read = parse(body)

    assert (read.truncated, read.receiver) == (37, GOOD["receiver"])
    assert read.group_labels == {"alertname": "DiskSpaceLow"}


ODD: dict[str, tuple[Any, Oddity]] = {
    "a number": (3, Oddity.SHAPE),
    "null": (None, Oddity.SHAPE),
    "a list": ([], Oddity.SHAPE),
    "resolved in another case": ({**ALERT, "status": "RESOLVED"}, Oddity.STATUS),
    "an empty start": ({**ALERT, "startsAt": ""}, Oddity.TIME),
    "a start without a zone": ({**ALERT, "startsAt": "2026-11-20T02:55:03"}, Oddity.TIME),
    "an end of its own": ({**ALERT, "endsAt": "soon"}, Oddity.TIME),
    "labels as a list": ({**ALERT, "labels": ["a"]}, Oddity.LABELS),
    "a label null": ({**ALERT, "labels": {"a": None}}, Oddity.LABELS),
    "a label true": ({**ALERT, "labels": {"a": True}}, Oddity.LABELS),
    "no labels": ({**ALERT, "labels": {}}, Oddity.LABELS),
    "annotations as a text": ({**ALERT, "annotations": "x"}, Oddity.ANNOTATIONS),
    "no fingerprint": ({k: v for k, v in ALERT.items() if k != "fingerprint"}, Oddity.FINGERPRINT),
    "a URL as a list": ({**ALERT, "generatorURL": []}, Oddity.URL),
    "large in all": (
        {**ALERT, "annotations": {f"a{n}": "x" * 60_000 for n in range(5)}},
        Oddity.SIZE,
    ),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_odd_alert_at_any_place_is_refused_by_itself(name: str, place: int) -> None:
    odd, oddity = ODD[name]
    good = [{**ALERT, "fingerprint": f"{n:016x}"} for n in range(2)]

    read = parse(group(*good[:place], odd, *good[place:]))

    assert [alert.fingerprint for alert in read.alerts] == [f"{n:016x}" for n in range(2)]
    assert [(each.number, each.oddity) for each in read.refused] == [(place, oddity)]


def test_of_many_odd_alerts_each_is_named_and_nothing_is_raised_while_one_is_good() -> None:
    read = parse(group(*[3] * 500, ALERT))

    assert len(read.refused) == 500
    with pytest.raises(NothingTaken, match="none of 500 alerts can be taken"):
        parse(group(*[3] * 500))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("groupKey", value) for value in (None, 7, "x" * 20_000)),
        *(("receiver", value) for value in (None, [], "x" * 9_000)),
        *(("externalURL", value) for value in ({}, "x" * 9_000)),
        *(("truncatedAlerts", value) for value in (-1, True, "many", 1.5)),
        *(("groupLabels", value) for value in ([], "x", {"a": 1})),
        *(("commonLabels", value) for value in ([], {"a": [1]})),
        ("status", "pending"),
        ("notification_reason", 5),
    ],
)
def test_what_stands_about_the_group_judges_no_alert(key: str, value: Any) -> None:
    body = group(ALERT, **{key: value})

    assert len(parse(body).alerts) == count_alerts(body) == 1


def test_grafanas_resolved_alert_ends_it() -> None:
    message = json.loads(case("p01_grafana_v1"))
    message["alerts"][0] |= {"status": "resolved", "endsAt": "2026-11-29T00:05:00Z"}

    (alert,) = parse(json.dumps(message).encode()).alerts

    assert alert.status is AlertStatus.RESOLVED


@pytest.mark.parametrize("count", [26_000, pytest.param(400_000, marks=pytest.mark.slow)])
def test_very_many_keys_of_which_the_last_repeats_are_read_in_one_go(count: int) -> None:
    keys = b",".join(b'"k%d":1' % n for n in range(count))
    began = time.process_time()

    with pytest.raises(InvalidAlert, match=r"'k\d+' is there twice"):
        parse(b"{" + keys + b',"k%d":2}' % (count - 1))

    assert time.process_time() - began < 0.0001 * count  # a list that is searched takes minutes


@pytest.mark.parametrize(
    "body",
    [
        b'{"version":"4","alerts":[],"x":[' + b"{}," * 5_000_000 + b"{}]}",
        b'{"version":"4","alerts":[],"x":{' + b'"a":1,' * 2_000_000 + b'"b":1}}',
    ],
    ids=["objects", "keys"],
)
def test_what_would_become_far_too_much_is_counted_before_it_is_made(body: bytes) -> None:
    began = time.process_time()

    with pytest.raises(InvalidAlert, match="more than"):
        parse(body)

    assert time.process_time() - began < 1
