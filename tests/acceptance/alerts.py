"""What Alertmanager posts."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any


def an_alert(
    labels: Mapping[str, str], *, firing: bool = True, annotations: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """One alert of a payload; its fingerprint depends on its labels only, as Alertmanager's does."""
    words = json.dumps(dict(labels), sort_keys=True).encode()
    now = datetime.now(UTC).isoformat()
    return {
        "status": "firing" if firing else "resolved",
        "labels": dict(labels),
        "annotations": dict(annotations or {}),
        "startsAt": now,
        "endsAt": "0001-01-01T00:00:00Z" if firing else now,
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": hashlib.sha256(words).hexdigest()[:16],
    }


def a_group(alerts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Alertmanager's payload, version 4."""
    is_firing = any(alert["status"] == "firing" for alert in alerts)
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": "firing" if is_firing else "resolved",
        "receiver": "remediator",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "alerts": list(alerts),
    }
