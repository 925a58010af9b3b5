"""The alert as everything inside knows it; made by the alert sources in `http`, kept by the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AlertStatus(StrEnum):
    """Whether a condition holds now."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One labelled condition. The fingerprint covers the labels only: it is the same for every episode."""

    fingerprint: str
    status: AlertStatus
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: datetime
    ends_at: datetime | None = None
    generator_url: str = ""

    @property
    def name(self) -> str:
        """The `alertname` label, or a dash for an alert without one."""
        return self.labels.get("alertname", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGroup:
    """The alerts of one notification, firing and resolved mixed. Never decide by the group's status."""

    group_key: str
    receiver: str
    external_url: str
    alerts: tuple[Alert, ...]
    truncated: int = 0
    reason: str | None = None
