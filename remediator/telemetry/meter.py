"""Which journal event moves which metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from remediator.core import events as ev
from remediator.core.events import Observation, Outcome
from remediator.core.facts import Known
from remediator.core.lifecycle import step_order
from remediator.core.run import Phase, Run, StepState
from remediator.core.verdict import Ruling
from remediator.telemetry.metrics import Metrics

_MOST_REMEMBERED = 10_000
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Moved:
    """One event and the run around it; `before` is None for an admission."""

    run: Run
    event: Any
    before: Run | None
    at: datetime
    heard_at: datetime | None = None

    @property
    def action(self) -> str:
        """The action behind the event's step; also when the step takes another one back."""
        return step_order(self.run, self.event.step).action

    @property
    def attempt(self) -> tuple[str, str]:
        """The run and the step that the event is about."""
        return self.run.id, self.event.step


class Meter:
    """Moves metrics. Remembers what began here (admitted runs, committed intents), to know how long it took."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._intents: dict[tuple[str, str], datetime] = {}
        self._heard: dict[str, datetime] = {}
        self._moves: Mapping[type, Callable[[Moved], None]] = {
            ev.Admitted: self._admitted,
            ev.Judged: self._judged,
            ev.IntentCommitted: self._intended,
            ev.Applied: self._applied,
            ev.NotApplied: self._not_applied,
            ev.Observed: self._observed,
            ev.AnswerRefused: self._refused,
            ev.Closed: self._closed,
        }

    def move(self, moved: Moved) -> None:
        """Move what this event moves."""
        if moved.before is not None and moved.before.phase is not moved.run.phase:
            self._left(moved, moved.before)
        if move := self._moves.get(type(moved.event)):
            move(moved)

    def _left(self, moved: Moved, before: Run) -> None:
        """Measure the phase that has just ended."""
        if before.phase is Phase.AWAITING_APPROVAL and before.approval:
            waited = (moved.at - before.approval.requested_at).total_seconds()
            self._metrics.measure("approval_wait_seconds", waited)
        if before.phase is Phase.VERIFYING:
            result = _verification_result(moved.run, before)
            self._metrics.count("verifications", moved.run.order.playbook, result)

    def _admitted(self, moved: Moved) -> None:
        _remember(self._heard, moved.run.id, moved.heard_at or moved.at)

    def _judged(self, moved: Moved) -> None:
        heard = self._heard.pop(moved.run.id, None)
        if heard is not None:
            self._metrics.measure("start_delay_seconds", (moved.at - heard).total_seconds())
        waited = moved.before and moved.before.judgement
        is_waiting = moved.event.judgement.ruling is Ruling.DEFER
        if is_waiting and not (waited and waited.ruling is Ruling.DEFER):
            self._metrics.count("decisions", moved.run.order.playbook, "waiting")
        for verdict in moved.event.judgement.verdicts:
            self._metrics.count("guard_verdicts", verdict.guard, verdict.ruling.name.lower())

    def _intended(self, moved: Moved) -> None:
        _remember(self._intents, moved.attempt, moved.at)

    def _applied(self, moved: Moved) -> None:
        measure, began = moved.event.measure, self._intents.pop(moved.attempt, None)
        if began is not None:
            seconds = measure.seconds or (moved.at - began).total_seconds()
            self._metrics.measure("action_duration_seconds", seconds, moved.action)
        if measure.freed_bytes is not None:
            self._metrics.count("reclaimed_bytes", moved.action, by=measure.freed_bytes)
        self._metrics.count("actions", moved.action, "applied")

    def _not_applied(self, moved: Moved) -> None:
        self._intents.pop(moved.attempt, None)
        self._metrics.count(
            "actions", moved.action, "not_applied" if moved.event.retry else "failed"
        )

    def _observed(self, moved: Moved) -> None:
        seen: Observation = moved.event.observation
        if seen is Observation.APPLIED:
            return self._applied(moved)
        if moved.run.at(moved.event.step).state is StepState.UNKNOWN:
            self._metrics.count("outcome_unknown")
            return self._metrics.count("actions", moved.action, "unknown")
        if seen is not Observation.PENDING:
            self._intents.pop(moved.attempt, None)
            self._metrics.count("actions", moved.action, seen.value.replace(" ", "_"))
        return None

    def _refused(self, moved: Moved) -> None:
        self._metrics.count("answers_refused", moved.event.verb.replace(" ", "_"))

    def _closed(self, moved: Moved) -> None:
        order, outcome = moved.run.order, moved.event.outcome
        self._heard.pop(moved.run.id, None)
        self._metrics.count("runs", order.playbook, order.mode.value, outcome.value)
        if outcome is Outcome.BLOCKED:
            self._metrics.count("decisions", order.playbook, "blocked")
        lasted = (moved.at - moved.run.created_at).total_seconds()
        self._metrics.measure("run_duration_seconds", lasted, order.playbook)


def _remember(begun: dict[K, datetime], key: K, at: datetime) -> None:
    begun[key] = at
    if len(begun) > _MOST_REMEMBERED:  # those of runs that another replica went on with
        del begun[next(iter(begun))]


def _verification_result(run: Run, before: Run) -> str:
    if run.outcome is Outcome.RESOLVED:
        return "verified"
    known = before.verification.known if before.verification else Known.UNKNOWN
    return "not_verified" if known is Known.FAILS else "inconclusive"
