"""Who hears of what the engine did, once it is durable: telemetry in the daemon, tests in the tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from remediator.core.alert import Alert, RefusedAlert
from remediator.core.announce_blocked import Unanswered
from remediator.core.drill import DrillReport
from remediator.core.trust import Trust
from remediator.engine.recorder import Moved
from remediator.ports.chains import ChainBreak, ChainHead
from remediator.ports.store import Notification, Statistics


class Listener(Protocol):
    """Hears; must not raise, wait or change anything."""

    def moved(self, moved: Moved) -> None:
        """Hear of one event of a run."""

    def decided(self, alert: Alert, decisions: tuple[tuple[str, str], ...]) -> None:
        """Hear what was decided about one alert, as (playbook, decision)."""

    def unanswered(self, about: Unanswered) -> None:
        """Hear that people are told of an alert without a run; others like it within the hour are not heard of."""

    def refused(self, notification: Notification, refused: tuple[RefusedAlert, ...]) -> None:
        """Hear which alerts of a notification could not be taken; mostly none."""

    def truncated(self, notification: Notification, count: int) -> None:
        """Hear that a sender has cut alerts off."""

    def set_aside(self, notification: Notification, why: str) -> None:
        """Hear that a notification is not worked on any more, though it may hold good alerts."""

    def problem(self, where: str, text: str) -> None:
        """Hear of something that went wrong and was survived."""

    def measured(self, statistics: Statistics, now: datetime) -> None:
        """Hear the store's numbers."""

    def store_failed(self, text: str) -> None:
        """Hear that a loop found the store unavailable."""

    def took_over(self, run_id: str) -> None:
        """Hear that a run was claimed whose last worker left an intent behind."""

    def breaker_closed(self, playbook: str) -> None:
        """Hear that a person closed a playbook's breaker."""

    def clock_jumped(self, by: timedelta, text: str) -> None:
        """Hear by how much the wall clock has jumped and nobody has confirmed; zero, again and again, while it is
        trusted."""

    def chain_broken(self, broken: ChainBreak, journals: int) -> None:
        """Hear where a journal is not what was written, and of how many that is known."""

    def chains_followed(
        self, head: ChainHead, site: ChainHead, runs: int, entries: int, broken: int, now: datetime
    ) -> None:
        """Hear that the journals of all runs were followed up to `head`, that of the site up to `site`, how many
        `entries` these are, and how many journals are broken."""

    def weighed(self, found: tuple[Trust, ...]) -> None:
        """Hear what the records of all playbooks say."""

    def drilled(self, report: DrillReport) -> None:
        """Hear what a drill found, or after a start what the last one did."""


class NoListener(Listener):
    """Hears nothing."""
