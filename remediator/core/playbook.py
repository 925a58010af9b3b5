"""A playbook as loaded and checked, before any alert: matchers, guards, steps, verification, what to do when
it fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from remediator.core.change import ActionEffect, Safety
from remediator.core.matcher import Matcher


class Mode(StrEnum):
    """How far a playbook may go; the lowest of playbook, environment and pause counts."""

    OFF = "off"
    DRY_RUN = "dry_run"
    APPROVE = "approve"
    AUTO = "auto"


_ORDER = tuple(Mode)


def lowest(*modes: Mode) -> Mode:
    """Return the most careful of these modes."""
    return min(modes, key=_ORDER.index)


class AfterFailure(StrEnum):
    """What a failed step means for the steps behind it."""

    STOP = "stop"
    CONTINUE = "continue"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOrder:
    """One check to make: its kind (`promql`, `alert`, …) and its parameters; `text` is how people read it."""

    kind: str
    parameters: Mapping[str, object]
    text: str

    @property
    def key(self) -> str:
        """What answers to this check are filed under."""
        return f"{self.kind}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOrder:
    """One probe to make: its kind (`disk.usage`, …) and its parameters."""

    kind: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOrder:
    """One action at its position. In a playbook its parameters are templates, in a run's order they are rendered."""

    id: str
    action: str
    parameters: Mapping[str, object]
    effect: ActionEffect
    safety: Safety
    when: str | None = None
    unless_verified: bool = False
    unless: tuple[CheckOrder, ...] = ()
    timeout: timedelta = timedelta(minutes=5)
    max_retries: int = 2
    backoff: timedelta = timedelta(seconds=10)
    approval_required: bool = False
    after_failure: AfterFailure = AfterFailure.STOP
    irreversible_allowed: bool = False
    blind_allowed: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOrder:
    """How success is proven: wait `after`, then look until all checks hold for `holds_for`, at most `within` in all."""

    checks: tuple[CheckOrder, ...]
    after: timedelta = timedelta(seconds=30)
    within: timedelta = timedelta(minutes=10)
    holds_for: timedelta = timedelta(0)
    every: timedelta = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPolicy:
    """Who may say yes, how many of them, and what happens while nobody does."""

    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    count: int = 1
    not_author: bool = False
    expires: timedelta = timedelta(minutes=30)
    remind: timedelta | None = None
    escalate_after: timedelta | None = None
    escalate_to: str | None = None
    escalate_on_expiry: bool = True
    when: str | None = None


class Since(StrEnum):
    """What the time of an escalation counts from: the run's end, or the alert's start."""

    END = "end"
    ALERT = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Whom to tell, how long after the run ended without fixing the alert, or after the alert began."""

    to: str
    after: timedelta = timedelta(0)
    since: Since = Since.END

    def due_at(self, now: datetime, alert_start: datetime) -> datetime:
        """Return when to call, where a run ends now: at once where `after` the alert's start is past."""
        began = min(alert_start, now) if self.since is Since.ALERT else now
        return max(began + self.after, now)


class OnBlocked(StrEnum):
    """Who hears of a run that a guard stopped, or of an alert that got none."""

    ESCALATE = "escalate"
    TELL = "tell"
    SILENT = "silent"


_CALLED_FOR = re.compile(r"SEV-?[012]", re.ASCII | re.IGNORECASE)
_MINOR = re.compile(r"SEV-?[4-9]", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailurePolicy:
    """What to do when a step or the verification failed, or nothing was begun. `on_blocked` None: by severity."""

    rollback: bool = False
    escalations: tuple[Escalation, ...] = ()
    on_blocked: OnBlocked | None = None

    def when_blocked(self, severity: str) -> OnBlocked:
        """Return who hears of it: from SEV-2 up whoever is called on failure, else the usual channels."""
        if self.on_blocked is not None:
            return self.on_blocked
        return OnBlocked.ESCALATE if _CALLED_FOR.fullmatch(severity) else OnBlocked.TELL

    def when_unanswered(self, severity: str) -> OnBlocked:
        """Return who hears of an alert that got no run: as of a blocked run, but from SEV-4 down nobody."""
        if self.on_blocked is None and _MINOR.fullmatch(severity):
            return OnBlocked.SILENT
        return self.when_blocked(severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """A named answer to a kind of alert. Texts may hold templates; `guards` maps a guard's name to its settings.

    `digest` identifies this version for ever; `document` is the canonical JSON it can be loaded from again.
    `target_labels` are the labels that the target is made from.
    """

    name: str
    digest: str
    document: str
    description: str = ""
    owner: str = ""
    severity: str | None = None
    runbook_url: str = ""
    match: tuple[tuple[Matcher, ...], ...]
    requires: tuple[str, ...] = ()
    target: str
    target_labels: tuple[str, ...] = ()
    mode: Mode = Mode.DRY_RUN
    guards: Mapping[str, object] = field(default_factory=dict)
    diagnose: tuple[ProbeOrder, ...] = ()
    steps: tuple[StepOrder, ...]
    verify: VerifyOrder
    approval: ApprovalPolicy = ApprovalPolicy()
    failure: FailurePolicy = FailurePolicy()
    notify: tuple[Mapping[str, object], ...] = ()
    source: str = ""

    def names(self, alert: str) -> bool:
        """Say whether `match` asks for alerts of this name, whatever else they must carry."""
        asked = ([m for m in each if m.label == "alertname"] for each in self.match)
        return any(each and all(m.matches({"alertname": alert}) for m in each) for each in asked)
