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


class Oddity(StrEnum):
    """What is wrong with an alert that is refused, in few words: the values of a metric's label."""

    SHAPE = "shape"
    STATUS = "status"
    FINGERPRINT = "fingerprint"
    LABELS = "labels"
    ANNOTATIONS = "annotations"
    TIME = "time"
    URL = "url"
    SIZE = "size"
    ADMISSION = "admission"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedAlert:
    """One alert that could not be taken, beside others that could; `number` is its place in the notification.

    The fingerprint is empty, and the name a dash, where the alert has none that can be shown.
    """

    number: int
    oddity: Oddity
    reason: str
    fingerprint: str = ""
    name: str = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGroup:
    """The alerts of one notification, firing and resolved mixed. Never decide by the group's status.

    `truncated` alerts belong to the group and were cut off by the sender; `refused` ones could not be read.
    """

    group_key: str
    receiver: str
    external_url: str
    alerts: tuple[Alert, ...]
    truncated: int = 0
    reason: str | None = None
    group_labels: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[RefusedAlert, ...] = ()
