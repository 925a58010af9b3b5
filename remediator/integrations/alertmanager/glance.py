"""A quick look at a webhook body: how many alerts it has, where all of it is as usual. Used by `alertmanager`.

Surely good is less than what the whole reading takes: nothing unknown but texts, no odd alert, and no key that might
be there twice. Whatever is unusual gets no answer here.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from remediator.core.alert import AlertStatus
from remediator.core.errors import InvalidAlert
from remediator.documents.strictjson import SUSPECT, keys_written
from remediator.integrations.alertmanager.alert_reading import (
    FINGERPRINT,
    LONGEST_ANNOTATION,
    LONGEST_LABEL,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_LABELS,
    read_time,
)

MOST_ALERTS = 10_000
ALERT_KEYS = frozenset(
    ("status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint")
)
_GROUP_MAPS = frozenset(("groupLabels", "commonLabels", "commonAnnotations"))
_REQUIRED_TEXTS = frozenset(("version", "groupKey", "receiver"))
_NOT_TEXTS = frozenset(("alerts", "truncatedAlerts"))
_STATUSES = frozenset(AlertStatus)
_NO_TIME = "0001-01-01T00:00:00Z"


class _Unusual(Exception):
    """Ask for the closer look."""


def count_at_a_glance(body: bytes) -> int | None:
    """Return the number of alerts of a surely good body, None for any other."""
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
    if type(message.get("truncatedAlerts", 0)) is not int:
        raise _Unusual
    alerts = message["alerts"]
    if not message.keys() >= _REQUIRED_TEXTS or message["version"] != "4":
        raise _Unusual
    if type(alerts) is not list or len(alerts) > MOST_ALERTS:
        raise _Unusual
    return keys


def _keys_of_usual_alert(alert: Any) -> int:
    labels, annotations = alert["labels"], alert["annotations"]
    if alert.keys() != ALERT_KEYS or not labels or not FINGERPRINT.fullmatch(alert["fingerprint"]):
        raise _Unusual
    if alert["status"] not in _STATUSES or read_time(alert, "startsAt") is None:
        raise _Unusual
    if alert["endsAt"] != _NO_TIME:
        read_time(alert, "endsAt")
    if type(alert["generatorURL"]) is not str or len(alert["generatorURL"]) > LONGEST_TEXT:
        raise _Unusual
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
