"""What happened, as metrics and log lines: fed by the app with journal events, and with what the rooms tell."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from remediator.core.alert import RefusedAlert
from remediator.core.drill import DrillReport, summary
from remediator.core.events import Event
from remediator.core.run import Run
from remediator.core.trust import Trust
from remediator.ports.door import DoorSigns
from remediator.ports.store import Notification, Statistics
from remediator.telemetry.event_summary import details, is_bad
from remediator.telemetry.log_throttle import LogThrottle
from remediator.telemetry.meter import Meter, Moved
from remediator.telemetry.metrics import Metrics

_WARNINGS = frozenset(
    {
        *("problem", "warning", "unanswered", "reload_refused", "store_unavailable", "http_failed"),
        *("alerts_refused", "alerts_truncated", "set_aside", "loop_failed"),
        *("accept_failed", "connections_full", "out_of_memory"),
        *("clock_jumped", "chain_broken", "not_in_journal"),
    }
)


class Telemetry:
    """All metrics and the log. Nothing here waits, and nothing raises for what the world does.

    `signs` are those of the doors, by the names of their integrations.
    """

    def __init__(self, signs: Mapping[str, DoorSigns] | None = None) -> None:
        shown = signs or {}
        brought = (name for each in shown.values() for name in each.warnings)
        self._warnings = _WARNINGS.union(brought)
        self._metrics = Metrics({name: each.connected for name, each in shown.items()})
        self._meter = Meter(self._metrics)
        self._log_throttle = LogThrottle()
        self._logger = logging.getLogger("remediator")

    def observe_event(
        self,
        run: Run,
        event: Event,
        before: Run | None,
        at: datetime,
        heard_at: datetime | None = None,
    ) -> None:
        """Log one event and move its metrics; `before` is the run before it, None for an admission, which answers
        what was heard at `heard_at`."""
        self._meter.move(Moved(run, event, before, at, heard_at))
        level = logging.WARNING if is_bad(event) else logging.INFO
        if self._logger.isEnabledFor(level):
            order = run.order
            known = {"run": run.id, "playbook": order.playbook, "target": str(order.target)}
            self._line(level, event.kind, known | details(event))

    def log(self, event_name: str, **fields: object) -> None:
        """Write one structured log line; an exception given as `error` comes with its traceback."""
        level = logging.WARNING if event_name in self._warnings else logging.INFO
        self._line(level, event_name, fields)

    def loop_failed(self, loop: object, problem: Mapping[str, Any]) -> None:
        """Log what the event loop could not hand to anybody: each kind once a minute, however often it happens."""
        error = problem.get("exception")
        kind = f"{problem.get('message', '')[:100]} {type(error).__name__}"
        if (times := self._log_throttle.due(kind)) is None:
            return
        self.log("loop_failed", problem=problem.get("message", ""), error=error, times=times)

    def render(self) -> tuple[bytes, str]:
        """Return the metrics as Prometheus text, and its content type."""
        return self._metrics.render()

    def notification(self, source: str, code: str) -> None:
        """Count one webhook request by its source's name (a dash where it is unknown) and its answer."""
        self._metrics.count("notifications", source, code)

    def alert(self, status: str) -> None:
        """Count one alert that was taken in."""
        self._metrics.count("alerts", status)

    def refused(self, notification: Notification, refused: Sequence[RefusedAlert]) -> None:
        """Count alerts that could not be taken, by what was odd; log one line for all of a notification."""
        for each in refused:
            self._metrics.count("alerts_refused", each.oddity.value)
        if refused:
            first = refused[0]
            self.log(
                "alerts_refused",
                notification=notification.id,
                source=notification.source,
                alerts=len(refused),
                fingerprint=first.fingerprint,
                alert_name=first.name,
                reason=first.reason,
            )

    def truncated(self, notification: Notification, count: int) -> None:
        """Count and log alerts that a sender has cut off."""
        self._metrics.count("alerts_truncated", by=count)
        self.log(
            "alerts_truncated",
            notification=notification.id,
            source=notification.source,
            alerts=count,
        )

    def set_aside(self, notification: Notification, why: str) -> None:
        """Count and log a notification that is not worked on any more."""
        self._metrics.count("notifications_set_aside")
        self.log("set_aside", notification=notification.id, source=notification.source, reason=why)

    def decision(self, playbook: str, decision: str) -> None:
        """Count one decision."""
        self._metrics.count("decisions", playbook, decision)

    def no_playbook(self) -> None:
        """Count one alert that no playbook matches."""
        self._metrics.count("alerts_unanswered")

    def store_error(self) -> None:
        """Count one failure of the store."""
        self._metrics.count("store_errors")

    def takeover(self) -> None:
        """Count one run taken over from another replica."""
        self._metrics.count("lease_takeovers")

    def reload(self, *, ok: bool) -> None:
        """Note whether a reload took effect."""
        self._metrics.set("config_last_reload_successful", ok)

    def door_connected(self, name: str, is_connected: bool) -> None:
        """Note whether a door is connected, where it has a gauge."""
        self._metrics.door(name, is_connected)

    def breaker(self, playbook: str, *, is_open: bool) -> None:
        """Note whether a playbook's breaker is open."""
        self._metrics.set("breaker_open", is_open, playbook)

    def clock_jump(self, seconds: float) -> None:
        """Note by how much the wall clock has jumped and nobody has confirmed."""
        self._metrics.set("clock_jump_seconds", seconds)

    def chains_broken(self, journals: int) -> None:
        """Note how many journals are not what was written."""
        self._metrics.set("chain_broken", journals)

    def chains_verified(self, at: datetime, site_entries: int) -> None:
        """Note when all journals had been followed, and how long that of the site was."""
        self._metrics.set("site_journal_entries", site_entries)
        self._metrics.set("chain_verified_timestamp_seconds", at.timestamp())

    def trust(self, found: Sequence[Trust]) -> None:
        """Show which playbooks are ready for the next mode, and which do worse."""
        self._metrics.reset(
            "playbook_ready",
            {(t.playbook, t.next_mode.value): t.is_ready for t in found if t.next_mode},
        )
        self._metrics.reset("playbook_worse", {(t.playbook,): bool(t.worse) for t in found})

    def drill(self, report: DrillReport) -> None:
        """Show what a drill found, and log it."""
        found: dict[tuple[str, ...], float] = {
            (name, help.value): count for (name, help), count in report.counts.items()
        }
        self._metrics.reset("drill_targets", found)
        self._metrics.set("drill_left", report.left)
        self._metrics.set("drill_timestamp_seconds", report.ended_at.timestamp())
        self.log("drilled", night=report.night, text=summary(report), worse=len(report.worse))

    def statistics(self, statistics: Statistics, now: datetime) -> None:
        """Set the gauges that come from the store."""
        self._metrics.show(statistics, now)

    def _line(self, level: int, event_name: str, known: Mapping[str, object]) -> None:
        error = known.get("error")
        caught = error if isinstance(error, BaseException) else None
        self._logger.log(level, event_name, extra={"fields": known}, exc_info=caught)
