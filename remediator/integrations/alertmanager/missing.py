"""Asks Alertmanager for the alerts that it cut off from a notification, and writes them as a notification. Used by
intake's remainder."""

from __future__ import annotations

import json
from datetime import datetime

from remediator.core.alert import Alert, AlertGroup
from remediator.integrations.alertmanager.api import ALERTMANAGER
from remediator.integrations.alertmanager.source import MOST_ALERTS
from remediator.ports.gateways import Reads


async def fetch(reads: Reads, group: AlertGroup) -> bytes:
    """Return a body with the alerts of this group that are missing in it; empty where there are none, or nobody to ask.
    Raise Transient or Permanent."""
    if not reads.has(ALERTMANAGER):
        return b""
    known = {alert.fingerprint for alert in group.alerts}
    known |= {each.fingerprint for each in group.refused}
    found = await reads[ALERTMANAGER].notified(group.receiver, group.group_labels)
    missing = [alert for alert in found if alert.fingerprint not in known][:MOST_ALERTS]
    return _body(group, missing) if missing else b""


def _body(group: AlertGroup, alerts: list[Alert]) -> bytes:
    body = {
        "version": "4",
        "groupKey": group.group_key,
        "receiver": group.receiver,
        "externalURL": group.external_url,
        "groupLabels": dict(group.group_labels),
        "truncatedAlerts": 0,
        "notification_reason": "fetched by remediator: these were cut off",
        "alerts": [_written(alert) for alert in alerts],
    }
    return json.dumps(body).encode()


def _written(alert: Alert) -> dict[str, object]:
    return {
        "status": alert.status.value,
        "fingerprint": alert.fingerprint,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": _time(alert.starts_at),
        "endsAt": _time(alert.ends_at) if alert.ends_at else "0001-01-01T00:00:00Z",
        "generatorURL": alert.generator_url,
    }


def _time(moment: datetime) -> str:
    return moment.isoformat()
