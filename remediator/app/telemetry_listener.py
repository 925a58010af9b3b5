"""Let telemetry hear what the engine did."""

from __future__ import annotations

from datetime import datetime, timedelta

from remediator.core.alert import Alert, RefusedAlert
from remediator.core.announce_blocked import Unanswered
from remediator.core.drill import DrillReport
from remediator.core.events import Judged, Stage
from remediator.core.trust import Trust
from remediator.engine.recorder import Moved
from remediator.ports.chains import ChainBreak, ChainHead
from remediator.ports.store import Notification, Statistics
from remediator.telemetry import Telemetry


class TelemetryListener:
    """Passes everything on to telemetry."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def moved(self, moved: Moved) -> None:
        """Log the event and move the metrics."""
        self._telemetry.observe_event(
            moved.after, moved.event, moved.before, moved.at, moved.heard_at
        )
        if isinstance(moved.event, Judged) and moved.event.stage is Stage.BEFORE_PLANNING:
            denied = any(v.guard == "breaker" for v in moved.event.judgement.verdicts)
            self._telemetry.breaker(moved.after.order.playbook, is_open=denied)

    def decided(self, alert: Alert, decisions: tuple[tuple[str, str], ...]) -> None:
        """Count the alert and its decisions."""
        self._telemetry.alert(alert.status.value)
        for playbook, decision in decisions:
            if playbook:
                self._telemetry.decision(playbook, decision)
            else:
                self._telemetry.no_playbook()

    def unanswered(self, about: Unanswered) -> None:
        """Log it."""
        self._telemetry.log(
            "unanswered",
            playbook=about.playbook.name,
            refusal=about.refusal.value,
            fingerprint=about.alert.fingerprint,
            alert_name=about.alert.name,
            reason=about.reason,
        )

    def refused(self, notification: Notification, refused: tuple[RefusedAlert, ...]) -> None:
        """Count each, and log the first of them."""
        self._telemetry.refused(notification, refused)

    def truncated(self, notification: Notification, count: int) -> None:
        """Count and log it."""
        self._telemetry.truncated(notification, count)

    def set_aside(self, notification: Notification, why: str) -> None:
        """Count and log it."""
        self._telemetry.set_aside(notification, why)

    def problem(self, where: str, text: str) -> None:
        """Log what went wrong."""
        self._telemetry.log("problem", where=where, text=text)

    def measured(self, statistics: Statistics, now: datetime) -> None:
        """Set the gauges."""
        self._telemetry.statistics(statistics, now)

    def store_failed(self, text: str) -> None:
        """Count and log it."""
        self._telemetry.store_error()
        self._telemetry.log("store_unavailable", problem=text)

    def took_over(self, run_id: str) -> None:
        """Count and log it."""
        self._telemetry.takeover()
        self._telemetry.log("took_over", run=run_id)

    def breaker_closed(self, playbook: str) -> None:
        """Lower the gauge."""
        self._telemetry.breaker(playbook, is_open=False)

    def clock_jumped(self, by: timedelta, text: str) -> None:
        """Set the gauge, and log every round while the clock is doubted."""
        self._telemetry.clock_jump(by.total_seconds())
        if by:
            self._telemetry.log("clock_jumped", problem=text, seconds=round(by.total_seconds()))

    def chain_broken(self, broken: ChainBreak, journals: int) -> None:
        """Set the gauge, and log whose journal it is."""
        self._telemetry.chains_broken(journals)
        self._telemetry.log("chain_broken", run=broken.run_id, seq=broken.seq)

    def weighed(self, found: tuple[Trust, ...]) -> None:
        """Set the gauges."""
        self._telemetry.trust(found)

    def drilled(self, report: DrillReport) -> None:
        """Set the gauges, and log it in one line."""
        self._telemetry.drill(report)

    def chains_followed(
        self, head: ChainHead, site: ChainHead, runs: int, entries: int, broken: int, now: datetime
    ) -> None:
        """Set the gauges, and log the heads: what comes before them can be held against this line."""
        self._telemetry.chains_broken(broken)
        self._telemetry.chains_verified(now, site.seq)
        self._telemetry.log(
            "chains_verified",
            runs=runs,
            entries=entries,
            broken=broken,
            run=head.run_id,
            seq=head.seq,
            head=head.hash,
            site_number=site.seq,
            site_head=site.hash,
        )
