"""The webhook's quick look is as strict as the whole reading, whatever is sent: the same count or the same words."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from remediator.core.errors import InvalidAlert
from remediator.integrations.alertmanager.source import count_alerts, parse
from tests.http.daemon import PAYLOADS, payload
from tests.integrations.alertmanager.test_source import BAD, GOOD, nested

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))
COMPACT = json.dumps(GOOD, separators=(",", ":")).encode()
KEYS = [*GOOD, *GOOD["alerts"][0], "notification_reason", "other", "a\\", 'a"', ":", ""]
PIECES = [
    *(
        b'"',
        b":",
        b'":',
        b'" :',
        b'"\t:',
        b'"\\":',
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"\\ud83e\\uddc0",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b" ",
        b"\n",
        b"\r",
        b"\x0b",
        b"\x00",
        b"\x1f",
        b"\x7f",
        b"\xff",
    ),
    *(b"\xef\xbb\xbf", b"\xc0\x80", b"\xed\xa0\x80", b"\xc2\xa0", b"NaN", b"-Infinity", b"1e999"),
    *(b"-0", b"01", b"1.0", b"true", b"null", b"9" * 20, b"9" * 5000, b"[" * 40 + b"]" * 40),
    *(b'"version":"4",', b'"version" :"4",', b'"version"\n:"4",', b'"\\u0076ersion":"4",'),
    *(
        b'"instance":"db",',
        b'"instance" :"db",',
        b'"x":{},',
        b'"x":[[]],',
        b'"x":"\\":",',
        b'"x":1,',
    ),
]

texts = st.text(max_size=12) | st.sampled_from(
    ["4", "firing", "resolved", '":', '" :', "\\u0000", "\x00", "x" * 1025, "x" * 8193, "x" * 65537]
)
times = st.datetimes().map(lambda moment: moment.isoformat() + "Z") | st.sampled_from(
    [
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "2026-11-20T02:55:03", "2026-11-20"),
        *("9999-12-31T23:59:59-12:00", "2026-11-20T02:55:03.123456789+14:00", ""),
        "1969-12-31T23:59:59Z",
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | times,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts | st.sampled_from(KEYS), inner)
    ),
    max_leaves=5,
)
places = st.sampled_from(["group", "alert", "labels", "annotations", "groupLabels"])
changes = st.lists(st.tuples(places, st.sampled_from(KEYS), st.just(...) | values), max_size=3)
cuts = st.lists(
    st.tuples(st.integers(0, 1200), st.integers(0, 3), st.sampled_from(PIECES)), max_size=3
)


def verdict(read: Any, body: bytes) -> int | str:
    try:
        return int(read(body))
    except InvalidAlert as error:
        return str(error)


def assert_same(body: bytes) -> None:
    assert verdict(count_alerts, body) == verdict(lambda b: len(parse(b).alerts), body)


def changed(places_and_values: list[tuple[str, str, Any]]) -> Any:
    group = copy.deepcopy(GOOD)
    alert = group["alerts"][0]
    parts = {"group": group, "alert": alert, "groupLabels": group["groupLabels"]}
    parts |= {"labels": alert["labels"], "annotations": alert["annotations"]}
    for place, key, value in places_and_values:
        if value is ...:
            parts[place].pop(key, None)
        else:
            parts[place][key] = value
    return group


@pytest.mark.parametrize("name", BAD)
def test_what_the_whole_reading_refuses_the_glance_refuses_in_the_same_words(name: str) -> None:
    assert_same(BAD[name][0])


@pytest.mark.parametrize("name", NAMES)
def test_good_payloads_are_counted_alike(name: str) -> None:
    assert_same(payload(name))
    assert count_alerts(payload(name)) >= 1


@settings(max_examples=600, deadline=None)
@given(changes, st.sampled_from([None, (",", ":"), (", ", " : ")]), st.booleans())
@example([("group", "other", nested(40))], None, True)
@example([("group", "groupLabels", {"a": nested(40)})], None, True)
@example([("group", "groupLabels", [nested(40)])], None, True)
@example([("group", "alerts", {})], None, True)
@example([("group", "alerts", "")], None, True)
@example([("alert", "labels", "")], None, True)
@example([("alert", "labels", ["a"])], None, True)
@example([("alert", "annotations", [])], None, True)
@example([("alert", "generatorURL", [])], None, True)
@example([("alert", "generatorURL", None)], None, True)
@example([("alert", "status", [])], None, True)
def test_a_group_in_which_anything_is_changed_is_judged_alike(
    made: list[tuple[str, str, Any]], separators: tuple[str, str] | None, is_ascii: bool
) -> None:
    text = json.dumps(changed(made), separators=separators, ensure_ascii=is_ascii)

    assert_same(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=1500, deadline=None)
@given(cuts, st.sampled_from([COMPACT, payload("firing"), payload("v0.34")]))
def test_a_body_in_which_bytes_are_replaced_is_judged_alike(
    made: list[tuple[int, int, bytes]], body: bytes
) -> None:
    for start, length, piece in made:
        body = body[:start] + piece + body[start + length :]

    assert_same(body)


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_anywhere_between_or_inside_of_texts_is_judged_alike(piece: bytes) -> None:
    for place in range(len(COMPACT) + 1):
        assert_same(COMPACT[:place] + piece + COMPACT[place:])


@pytest.mark.parametrize("gap", [b" ", b"\t", b"\n", b"\r", b" \r\n\t "])
def test_a_key_twice_is_found_whatever_stands_before_its_colon(gap: bytes) -> None:
    twice = COMPACT.replace(b'"labels":{', b'"labels":{"instance"' + gap + b':"db-master",')

    with pytest.raises(InvalidAlert, match="'instance' is there twice"):
        count_alerts(twice)
