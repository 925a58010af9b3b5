"""Alertmanager's webhook payload, version 4: the only file that knows it. Used by the webhook and, later, by intake.

Facts: field-notes §13. A notification carries the whole group each time; the group's own `status`, `commonLabels` and
the like are not read. Fields that we do not know are fine: new versions add some.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from remediator.core.alert import Alert, AlertGroup, AlertStatus
from remediator.core.errors import InvalidAlert
from remediator.http.strictjson import (
    SUSPECT,
    InvalidJson,
    keys_written,
    may_be_deep,
    read_json,
    refuse_deep,
)

MOST_ALERTS = 10_000
MOST_LABELS = 256
LONGEST_NAME = 1_024
LONGEST_LABEL = 8_192
LONGEST_ANNOTATION = 65_536
LONGEST_TEXT = 8_192

_FINGERPRINT = re.compile(r"[0-9A-Za-z_.:-]{1,128}")
_YEARS = range(1970, 9000)
_ALERT_KEYS = frozenset(
    ("status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint")
)
_GROUP_MAPS = frozenset(("groupLabels", "commonLabels", "commonAnnotations"))
_REQUIRED_TEXTS = frozenset(("version", "groupKey", "receiver"))
_NOT_TEXTS = frozenset(("alerts", "truncatedAlerts"))
_STATUSES = frozenset(AlertStatus)
_NO_TIME = "0001-01-01T00:00:00Z"
_ADVICE = (
    'remediator reads Alertmanager\'s own payload, version "4": remove `payload` from this receiver'
)


class _Unusual(Exception):
    """Ask for the closer look of `parse`."""


def count_alerts(body: bytes) -> int:
    """Return how many alerts a body has, or raise what `parse` raises: as strict, and quick where all is as usual."""
    count = _count_at_a_glance(body)
    return len(parse(body).alerts) if count is None else count


def parse(body: bytes) -> AlertGroup:
    """Read a webhook body; raise InvalidAlert with words for whoever set up the sender."""
    try:
        message = read_json(body)
        if may_be_deep(body):
            _refuse_deep_extras(message)
    except InvalidJson as error:
        raise InvalidAlert(str(error)) from error
    return _group(message)


def _count_at_a_glance(body: bytes) -> int | None:
    """Return the number of alerts of a surely good body, None for any other.

    Surely good is less than what `parse` takes: nothing unknown but texts, and no key that might be there twice.
    """
    if SUSPECT.search(body):
        return None
    try:
        message = from_json(body, allow_inf_nan=False)
        alerts = message["alerts"]
        read = _keys_of_usual(message) + sum(map(_keys_of_usual_alert, alerts))
    except (_Unusual, InvalidAlert, ValueError, TypeError, KeyError, AttributeError):
        return None
    return len(alerts) if read == keys_written(body) else None


def _keys_of_usual(message: Any) -> int:
    """Count the keys outside of the alerts; like the next two, raise anything where something is unusual."""
    keys = len(message)
    for key, value in message.items():
        if type(value) is str:
            if len(value) > LONGEST_TEXT:
                raise _Unusual
        elif key in _GROUP_MAPS:
            keys += _keys_of_usual_map(value, LONGEST_ANNOTATION) if value else 0
        elif key not in _NOT_TEXTS:
            raise _Unusual
    _truncated(message.get("truncatedAlerts"))
    alerts = message["alerts"]
    if not message.keys() >= _REQUIRED_TEXTS or message["version"] != "4":
        raise _Unusual
    if type(alerts) is not list or len(alerts) > MOST_ALERTS:
        raise _Unusual
    return keys


def _keys_of_usual_alert(alert: Any) -> int:
    labels, annotations = alert["labels"], alert["annotations"]
    if (
        alert.keys() != _ALERT_KEYS
        or not labels
        or not _FINGERPRINT.fullmatch(alert["fingerprint"])
    ):
        raise _Unusual
    if alert["status"] not in _STATUSES or _time(alert, "startsAt") is None:
        raise _Unusual
    if alert["endsAt"] != _NO_TIME:
        _time(alert, "endsAt")
    if alert["generatorURL"] != "":
        _text(alert, "generatorURL")
    return (
        len(alert)
        + _keys_of_usual_map(labels, LONGEST_LABEL)
        + _keys_of_usual_map(annotations, LONGEST_ANNOTATION)
    )


def _keys_of_usual_map(raw: Any, longest: int) -> int:
    names, values = "".join(raw), "".join(raw.values())
    if "" in raw or len(raw) > MOST_LABELS or len(names) > LONGEST_NAME or len(values) > longest:
        raise _Unusual
    return len(raw)


def _refuse_deep_extras(message: Any) -> None:
    """Look at the depth of what is not read: the rest has a known shape."""
    if not isinstance(message, dict):
        return
    refuse_deep([value for key, value in message.items() if key != "alerts"])
    alerts = message.get("alerts")
    for alert in alerts if isinstance(alerts, list) else ():
        if isinstance(alert, dict) and not _ALERT_KEYS.issuperset(alert):
            refuse_deep([alert[key] for key in alert.keys() - _ALERT_KEYS], 3)


def _group(message: Any) -> AlertGroup:
    if not isinstance(message, dict):
        raise InvalidAlert(f"the body is not an object; {_ADVICE}")
    version = message.get("version")
    if version != "4":
        found = "is missing" if version is None else f"is {str(version)[:20]!r}"
        raise InvalidAlert(f"`version` {found}; {_ADVICE}")
    alerts = message.get("alerts")
    if not isinstance(alerts, list):
        raise InvalidAlert("`alerts` is not a list")
    if len(alerts) > MOST_ALERTS:
        raise InvalidAlert(f"{len(alerts)} alerts; the most is {MOST_ALERTS}")
    return AlertGroup(
        group_key=_text(message, "groupKey", required=True),
        receiver=_text(message, "receiver", required=True),
        external_url=_text(message, "externalURL"),
        alerts=tuple(_alert(number, alert) for number, alert in enumerate(alerts)),
        truncated=_truncated(message.get("truncatedAlerts")),
        reason=_text(message, "notification_reason") or None,
    )


def _truncated(number: Any) -> int:
    if number is None:
        return 0
    if type(number) is not int or not 0 <= number < 2**53:
        raise InvalidAlert("`truncatedAlerts` is not a number of alerts")
    return number


def _text(message: Mapping[str, Any], key: str, *, required: bool = False) -> str:
    text = message.get(key)
    if text is None and not required:
        return ""
    if not isinstance(text, str):
        raise InvalidAlert(f"`{key}` is not a text")
    if len(text) > LONGEST_TEXT:
        raise InvalidAlert(f"`{key}` has {len(text)} characters; the most is {LONGEST_TEXT}")
    return text


def _alert(number: int, raw: Any) -> Alert:
    try:
        return _checked_alert(raw)
    except InvalidAlert as error:
        raise InvalidAlert(f"alerts[{number}]: {error}") from error


def _checked_alert(raw: Any) -> Alert:
    if not isinstance(raw, dict):
        raise InvalidAlert("is not an object")
    fingerprint = raw.get("fingerprint")
    if not isinstance(fingerprint, str) or not _FINGERPRINT.fullmatch(fingerprint):
        raise InvalidAlert("`fingerprint` is not 1 to 128 plain characters")
    labels = _map(raw.get("labels"), "labels", LONGEST_LABEL)
    if not labels:
        raise InvalidAlert("`labels` is empty")
    return Alert(
        fingerprint=fingerprint,
        status=_status(raw.get("status")),
        labels=labels,
        annotations=_map(raw.get("annotations") or {}, "annotations", LONGEST_ANNOTATION),
        starts_at=_required_time(raw),
        ends_at=_time(raw, "endsAt"),
        generator_url=_text(raw, "generatorURL"),
    )


def _status(text: Any) -> AlertStatus:
    if text == "firing":
        return AlertStatus.FIRING
    if text == "resolved":
        return AlertStatus.RESOLVED
    raise InvalidAlert("`status` is neither firing nor resolved")


def _map(raw: Any, key: str, longest: int) -> dict[str, str]:
    """Check a map of texts. Names may be any UTF-8: new Alertmanagers allow dots, spaces and more in them."""
    if not isinstance(raw, dict):
        raise InvalidAlert(f"`{key}` is not an object")
    if len(raw) > MOST_LABELS:
        raise InvalidAlert(f"{len(raw)} {key}; the most is {MOST_LABELS}")
    for name, value in raw.items():
        if type(value) is not str:
            raise InvalidAlert(f"`{key}`: {name[:100]!r} is not a text")
        if not name or len(name) > LONGEST_NAME:
            raise InvalidAlert(
                f"`{key}`: a name has {len(name)} characters, not 1 to {LONGEST_NAME}"
            )
        if len(value) > longest:
            raise InvalidAlert(
                f"`{key}`: {name[:100]!r} has {len(value)} characters; the most is {longest}"
            )
    return raw


def _required_time(raw: Mapping[str, Any]) -> datetime:
    moment = _time(raw, "startsAt")
    if moment is None:
        raise InvalidAlert("`startsAt` is missing")
    return moment


def _time(raw: Mapping[str, Any], key: str) -> datetime | None:
    """Read RFC 3339; nothing for an absent time and for Go's zero time, which Alertmanager sends for "not yet"."""
    text = raw.get(key)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise InvalidAlert(f"`{key}` is not a time as in 2026-01-31T12:00:00Z") from error
    if moment.year == 1:
        return None
    if moment.tzinfo is None or moment.year not in _YEARS:
        raise InvalidAlert(f"`{key}` has no time zone, or a year that cannot be")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
