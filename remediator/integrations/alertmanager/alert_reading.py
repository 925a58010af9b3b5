"""Reads one alert of Alertmanager's payload: an alert, or what is odd about it. Used by `alertmanager` and `glance`.

One odd alert takes no other with it. Only what is used is judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from remediator.core.alert import Alert, AlertStatus, Oddity, RefusedAlert
from remediator.core.errors import InvalidAlert
from remediator.core.plaintext import one_line

MOST_LABELS = 256
LONGEST_NAME = 1_024
LONGEST_LABEL = 8_192
LONGEST_ANNOTATION = 65_536
LONGEST_TEXT = 8_192
LARGEST_ALERT = 262_144
FINGERPRINT = re.compile(r"[0-9A-Za-z_.:-]{1,128}")

_YEARS = range(1970, 9000)
_LONGEST_SHOWN = 200


class _Odd(InvalidAlert):
    """Refuse one alert."""

    def __init__(self, oddity: Oddity, text: str) -> None:
        super().__init__(text)
        self.oddity = oddity


def read_alert(number: int, raw: object) -> Alert | RefusedAlert:
    """Return the alert, or why it cannot be taken."""
    try:
        return _checked(raw)
    except _Odd as odd:
        return RefusedAlert(
            number=number,
            oddity=odd.oddity,
            reason=f"alerts[{number}]: {odd}",
            fingerprint=_shown_fingerprint(raw),
            name=_shown_name(raw),
        )


def read_time(raw: Mapping[str, Any], key: str) -> datetime | None:
    """Read RFC 3339; nothing for an absent or empty time and for Go's zero time, which Alertmanager sends for
    "not yet". Raise InvalidAlert."""
    text = raw.get(key)
    if text is None or text == "":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise _Odd(Oddity.TIME, f"`{key}` is not a time as in 2026-01-31T12:00:00Z") from error
    if moment.year == 1:
        return None
    if moment.tzinfo is None or moment.year not in _YEARS:
        raise _Odd(Oddity.TIME, f"`{key}` has no time zone, or a year that cannot be")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _checked(raw: object) -> Alert:
    if not isinstance(raw, dict):
        raise _Odd(Oddity.SHAPE, "is not an object")
    fingerprint = raw.get("fingerprint")
    if not isinstance(fingerprint, str) or not FINGERPRINT.fullmatch(fingerprint):
        raise _Odd(Oddity.FINGERPRINT, "`fingerprint` is not 1 to 128 plain characters")
    labels = _map(raw.get("labels"), Oddity.LABELS, LONGEST_LABEL)
    if not labels:
        raise _Odd(Oddity.LABELS, "`labels` is empty")
    annotations = _map(raw.get("annotations") or {}, Oddity.ANNOTATIONS, LONGEST_ANNOTATION)
    _refuse_large(labels, annotations)
    return Alert(
        fingerprint=fingerprint,
        status=_status(raw.get("status")),
        labels=labels,
        annotations=annotations,
        starts_at=_start(raw),
        ends_at=read_time(raw, "endsAt"),
        generator_url=_url(raw.get("generatorURL")),
    )


def _status(text: object) -> AlertStatus:
    if text == "firing":
        return AlertStatus.FIRING
    if text == "resolved":
        return AlertStatus.RESOLVED
    raise _Odd(Oddity.STATUS, "`status` is neither firing nor resolved")


def _map(raw: object, key: Oddity, longest: int) -> dict[str, str]:
    """Check a map of texts. Names may be any UTF-8: new Alertmanagers allow dots, spaces and more in them."""
    if not isinstance(raw, dict):
        raise _Odd(key, f"`{key}` is not an object")
    if len(raw) > MOST_LABELS:
        raise _Odd(key, f"{len(raw)} {key}; the most is {MOST_LABELS}")
    for name, value in raw.items():
        if type(value) is not str:
            raise _Odd(key, f"`{key}`: {name[:100]!r} is not a text")
        if not name or len(name) > LONGEST_NAME:
            raise _Odd(key, f"`{key}`: a name has {len(name)} characters, not 1 to {LONGEST_NAME}")
        if len(value) > longest:
            text = f"`{key}`: {name[:100]!r} has {len(value)} characters; the most is {longest}"
            raise _Odd(key, text)
    return raw


def _refuse_large(*maps: Mapping[str, str]) -> None:
    size = sum(len(name) + len(value) for each in maps for name, value in each.items())
    if size > LARGEST_ALERT:
        text = f"labels and annotations have {size} characters; the most is {LARGEST_ALERT}"
        raise _Odd(Oddity.SIZE, text)


def _start(raw: Mapping[str, object]) -> datetime:
    moment = read_time(raw, "startsAt")
    if moment is None:
        raise _Odd(Oddity.TIME, "`startsAt` is missing")
    return moment


def _url(text: object) -> str:
    if text is None:
        return ""
    if not isinstance(text, str):
        raise _Odd(Oddity.URL, "`generatorURL` is not a text")
    if len(text) > LONGEST_TEXT:
        words = f"`generatorURL` has {len(text)} characters; the most is {LONGEST_TEXT}"
        raise _Odd(Oddity.URL, words)
    return text


def _shown_fingerprint(raw: object) -> str:
    text = raw.get("fingerprint") if isinstance(raw, dict) else None
    return text if isinstance(text, str) and FINGERPRINT.fullmatch(text) else ""


def _shown_name(raw: object) -> str:
    labels = raw.get("labels") if isinstance(raw, dict) else None
    name = labels.get("alertname") if isinstance(labels, dict) else None
    return one_line(name[:1000], _LONGEST_SHOWN) if isinstance(name, str) and name else "-"
