"""Alertmanager's webhook payload, version 4, and Grafana's, version 1: the only file that knows what a notification
looks like as a whole. Used by the webhook and by intake, through `readers`.

Facts: field-notes §13. A notification carries the whole group each time; the group's own `status`, `commonLabels` and
the like are not read. Fields that we do not know are fine: new versions add some, and Grafana has more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediator.core.alert import Alert, AlertGroup, RefusedAlert
from remediator.core.errors import InvalidAlert, NothingTaken
from remediator.documents.strictjson import InvalidJson, may_be_deep, read_json, refuse_deep
from remediator.integrations.alertmanager.alert_reading import (
    LONGEST_LABEL,
    LONGEST_TEXT,
    MOST_LABELS,
    read_alert,
)
from remediator.integrations.alertmanager.glance import ALERT_KEYS, MOST_ALERTS, count_at_a_glance

__all__ = ["MOST_ALERTS", "count_alerts", "count_at_a_glance", "parse"]

_VERSIONS = frozenset(("4", "1"))
_ADVICE = (
    'remediator reads the payloads of Alertmanager (version "4") and of Grafana\'s alerting (version "1") as they '
    "are: remove `payload` from this receiver"
)
_OF_THE_API = (
    "this is a list of alerts as Prometheus posts it to Alertmanager's API: silences, inhibition and grouping would "
    "not hold here. Send it to Alertmanager, and let a webhook receiver of Alertmanager point here"
)


def count_alerts(body: bytes) -> int:
    """Return how many alerts of a body are taken, or raise what `parse` raises; quick where all is as usual."""
    count = count_at_a_glance(body)
    return len(parse(body).alerts) if count is None else count


def parse(body: bytes) -> AlertGroup:
    """Read a webhook body; raise InvalidAlert with words for whoever set up the sender.

    Odd alerts stand in `refused` beside those that are taken; NothingTaken is raised where none is left.
    """
    try:
        message = read_json(body)
        if may_be_deep(body):
            _refuse_deep_extras(message)
    except InvalidJson as error:
        raise InvalidAlert(str(error)) from error
    return _group(message)


def _refuse_deep_extras(message: object) -> None:
    """Look at the depth of what is not read: the rest has a known shape."""
    if not isinstance(message, dict):
        return
    refuse_deep([value for key, value in message.items() if key != "alerts"])
    alerts = message.get("alerts")
    for alert in alerts if isinstance(alerts, list) else ():
        if isinstance(alert, dict) and not ALERT_KEYS.issuperset(alert):
            refuse_deep([alert[key] for key in alert.keys() - ALERT_KEYS], 3)


def _group(message: Any) -> AlertGroup:
    alerts = _alerts(message)
    read = [read_alert(number, alert) for number, alert in enumerate(alerts)]
    taken = tuple(each for each in read if isinstance(each, Alert))
    refused = tuple(each for each in read if isinstance(each, RefusedAlert))
    if refused and not taken:
        raise NothingTaken(_all_refused(refused), refused)
    return AlertGroup(
        group_key=_text(message, "groupKey"),
        receiver=_text(message, "receiver"),
        external_url=_text(message, "externalURL"),
        alerts=taken,
        truncated=_truncated(message.get("truncatedAlerts")),
        reason=_text(message, "notification_reason") or None,
        group_labels=_group_labels(message.get("groupLabels")),
        refused=refused,
    )


def _alerts(message: object) -> list[object]:
    if not isinstance(message, dict):
        raise InvalidAlert(f"the body is not an object; {_words_for(message)}")
    version = message.get("version")
    if not isinstance(version, str) or version not in _VERSIONS:
        found = "is missing" if version is None else f"is {str(version)[:20]!r}"
        raise InvalidAlert(f"`version` {found}; {_ADVICE}")
    alerts = message.get("alerts")
    if not isinstance(alerts, list):
        raise InvalidAlert("`alerts` is not a list")
    if len(alerts) > MOST_ALERTS:
        raise InvalidAlert(f"{len(alerts)} alerts; the most is {MOST_ALERTS}")
    return alerts


def _words_for(message: object) -> str:
    first = message[0] if isinstance(message, list) and message else None
    return _OF_THE_API if isinstance(first, dict) and "labels" in first else _ADVICE


def _all_refused(refused: tuple[RefusedAlert, ...]) -> str:
    first = refused[0].reason
    return first if len(refused) == 1 else f"none of {len(refused)} alerts can be taken. {first}"


def _truncated(number: object) -> int:
    return number if type(number) is int and 0 <= number < 2**53 else 0


def _text(message: Mapping[str, object], key: str) -> str:
    """Return a text about the group, cut; nobody's alert depends on it."""
    text = message.get(key)
    return text[:LONGEST_TEXT] if isinstance(text, str) else ""


def _group_labels(raw: object) -> dict[str, str]:
    """Return the labels that all alerts of the group share; none where they are not as usual."""
    if not isinstance(raw, dict) or len(raw) > MOST_LABELS:
        return {}
    is_usual = all(isinstance(v, str) and len(k) + len(v) <= LONGEST_LABEL for k, v in raw.items())
    return raw if is_usual else {}
