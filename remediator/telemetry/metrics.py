"""The metrics of interfaces.md, in a registry of their own; moved by `Telemetry`.

Label values are few and known in advance: never a host, a fingerprint, a run or a label of an alert.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from platform import python_version
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.process_collector import ProcessCollector

from remediator import __version__
from remediator.core.alert import Oddity
from remediator.core.run import Phase
from remediator.ports.ambient import CLOCK
from remediator.ports.store import Statistics

_COUNTERS = {
    "notifications": ("Webhook requests, by source and HTTP status.", ("source", "code")),
    "alerts": ("Alerts taken in.", ("status",)),
    "alerts_refused": ("Alerts that could not be taken, by what was odd.", ("oddity",)),
    "alerts_truncated": ("Alerts that senders have cut off from their notifications.", ()),
    "alerts_unanswered": ("Firing alerts, each time one was named, that no playbook matches.", ()),
    "notifications_set_aside": ("Notifications not worked on any more: they stopped us.", ()),
    "decisions": ("Decisions about an alert and a playbook.", ("playbook", "decision")),
    "runs": ("Runs that ended.", ("playbook", "mode", "outcome")),
    "guard_verdicts": ("Verdicts of guards.", ("guard", "verdict")),
    "actions": ("Attempts at changes, by how they ended.", ("action", "result")),
    "answers_refused": ("Answers of people about open runs that were refused.", ("verb",)),
    "verifications": ("Verifications that ended.", ("playbook", "result")),
    "reclaimed_bytes": ("Bytes that changes freed.", ("action",)),
    "lease_takeovers": ("Runs taken over from a replica that no longer renewed its lease.", ()),
    "outcome_unknown": ("Changes of which nobody knows whether they were made.", ()),
    "store_errors": ("Times that the store could not be read or written.", ()),
}
_GAUGES = {
    "runs_active": ("Open runs.", ("phase",)),
    "approvals_pending": ("Plans that await approval.", ()),
    "oldest_due_seconds": ("How long the oldest due run has waited for a worker.", ()),
    "outbox_pending": ("Messages not yet delivered.", ()),
    "outbox_oldest_seconds": ("Age of the oldest message not yet delivered.", ()),
    "inbox_pending": ("Notifications not yet read.", ()),
    "inbox_oldest_seconds": ("Age of the oldest notification not yet read.", ()),
    "breaker_open": ("Whether a playbook's breaker is open.", ("playbook",)),
    "playbook_ready": (
        "Whether a playbook's record speaks for the next mode.",
        ("playbook", "mode"),
    ),
    "playbook_worse": ("Whether a playbook does worse than it did.", ("playbook",)),
    "drill_targets": (
        "Targets of the last drill, by how far a playbook could help them.",
        ("playbook", "help"),
    ),
    "drill_left": ("Targets that the last drill did not ask about for want of time or room.", ()),
    "drill_timestamp_seconds": ("When the last drill ended; 0 before the first.", ()),
    "clock_jump_seconds": (
        "By how much the wall clock jumped (ahead, or back: negative) and nobody has confirmed it.",
        (),
    ),
    "clock_unconfirmed": ("Whether everything is paused because of a clock.", ()),
    "chain_broken": ("Journals, of runs or the site, that are not what was written.", ()),
    "chain_verified_timestamp_seconds": (
        "When all journals had last been followed to their ends; 0 before the first time.",
        (),
    ),
    "site_journal_entries": (
        "Entries of the site's journal when it was last followed to its end; they never become fewer.",
        (),
    ),
    "paused": ("Pauses in force, by what they stop.", ("scope",)),
    "config_last_reload_successful": ("Whether the last reload took effect.", ()),
    "build_info": ("What runs here; always 1.", ("version", "python")),
}
_LONG = (1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
_SHORT = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_HISTOGRAMS = {
    "run_duration_seconds": ("From admission to outcome.", ("playbook",), _LONG),
    "start_delay_seconds": (
        "From a notification's arrival to the first look at a run that it began.",
        (),
        _LONG,
    ),
    "approval_wait_seconds": ("From the request for approval to its end.", (), _LONG),
    "action_duration_seconds": ("From intent to applied.", ("action",), _SHORT),
}
_PAUSE_SCOPES = ("all", "playbook", "target", "namespace")


class Metrics:
    """All metrics, by their names without the prefix. `connected` are the doors that connect, with their help."""

    def __init__(self, connected: Mapping[str, str]) -> None:
        self._registry = CollectorRegistry()
        more: dict[str, Any] = {"namespace": "remediator", "registry": self._registry}
        self._counters = {n: Counter(n, text, ls, **more) for n, (text, ls) in _COUNTERS.items()}
        doors = {_connected(door): (text, ()) for door, text in connected.items()}
        known = _GAUGES | doors
        self._gauges = {n: Gauge(n, text, ls, **more) for n, (text, ls) in known.items()}
        self._histograms = {
            n: Histogram(n, text, ls, buckets=buckets, **more)
            for n, (text, ls, buckets) in _HISTOGRAMS.items()
        }
        self._labelled = cache(self._find)
        ProcessCollector(registry=self._registry)
        for oddity in Oddity:  # so that the first one already is an increase
            self._labelled("alerts_refused", oddity.value)
        self.set("build_info", 1, __version__, python_version())
        self.set("config_last_reload_successful", 1)

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        """Move a counter; less than nothing is nothing."""
        self._labelled(name, *labels).inc(max(by, 0))

    def _find(self, name: str, *labels: str) -> Counter:
        counter = self._counters[name]
        return counter.labels(*labels) if labels else counter

    def set(self, name: str, value: float, *labels: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def reset(self, name: str, values: Mapping[tuple[str, ...], float]) -> None:
        """Set a gauge for these labels, and for no others that it had."""
        self._gauges[name].clear()
        for labels, value in values.items():
            self.set(name, value, *labels)

    def door(self, name: str, is_connected: bool) -> None:
        """Note whether a door is connected, where it has a gauge."""
        if gauge := self._gauges.get(_connected(name)):
            gauge.set(is_connected)

    def measure(self, name: str, seconds: float, *labels: str) -> None:
        """Put a length of time into a histogram; a clock that went back counts as none at all."""
        histogram = self._histograms[name]
        (histogram.labels(*labels) if labels else histogram).observe(max(seconds, 0))

    def show(self, statistics: Statistics, now: datetime) -> None:
        """Set the gauges that come from the store."""
        for phase in Phase:
            if phase is not Phase.CLOSED:
                self.set("runs_active", statistics.runs_active.get(phase.value, 0), phase.value)
        kinds = [pause.scope.partition("/")[0] for pause in statistics.pauses]
        for scope in _PAUSE_SCOPES:
            self.set("paused", kinds.count(scope), scope)
        self.set("clock_unconfirmed", any(p.id.startswith(CLOCK) for p in statistics.pauses))
        self.set("approvals_pending", statistics.approvals_pending)
        self.set("outbox_pending", statistics.outbox_pending)
        self.set("inbox_pending", statistics.inbox_new)
        self.set("oldest_due_seconds", _age(statistics.oldest_due_at, now))
        self.set("outbox_oldest_seconds", _age(statistics.outbox_oldest_at, now))
        self.set("inbox_oldest_seconds", _age(statistics.inbox_oldest_at, now))

    def render(self) -> tuple[bytes, str]:
        """Return the metrics as Prometheus text, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4


def _connected(door: str) -> str:
    return f"{door}_connected"


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0) if since else 0
