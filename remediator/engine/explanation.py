"""Answer "why did it, or why did nothing happen?" from what the store kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from remediator.core.alert import Alert
from remediator.core.errors import Refused
from remediator.core.run import Phase, Run
from remediator.core.selection import select
from remediator.core.verdict import Ruling
from remediator.core.wording import clock, headline, remedy, step_line, verification_lines
from remediator.engine.admission import Rules
from remediator.engine.preview import Preview
from remediator.ports.codec import plain
from remediator.ports.store import DecisionRecord, Listing, Reader, Store

_MOST = 50


class Explanation:
    """Explains runs and alerts; and, through the preview, what would happen now."""

    def __init__(self, *, store: Store, rules: Callable[[], Rules], preview: Preview) -> None:
        self._store = store
        self._rules = rules
        self._preview = preview

    async def plan(self, labels: Mapping[str, str], playbook: str | None) -> Mapping[str, Any]:
        """Say what would happen now for an alert with these labels."""
        return await self._preview.plan(labels, playbook)

    async def why(self, fingerprint_or_run: str) -> Mapping[str, Any]:
        """Explain a run, or everything that was decided about a fingerprint; raise Refused where nothing is known."""
        found = await self._store.read(lambda reader: _look_up(reader, fingerprint_or_run))
        runs, decisions = found
        if not runs and not decisions:
            hint = "give a run's id or an alert's fingerprint; remediator runs list"
            raise Refused("not_found", f"nothing is known about {fingerprint_or_run}", hint=hint)
        alert = runs[0].order.alert if runs else None
        return {
            "summary": self._summary(runs, decisions),
            "alert": plain(alert) if alert else None,
            "decisions": [{**plain(d), "clears": _clears(runs, d)} for d in decisions],
            "runs": [_shown(run) for run in runs],
        }

    def _summary(
        self, runs: tuple[Run, ...], decisions: tuple[DecisionRecord, ...]
    ) -> tuple[str, ...]:
        if runs:
            return (*_story(runs[0]), *self._others(runs[0].order.alert, runs[0].order.playbook))
        return tuple(
            f"{d.playbook}: {d.decision.replace('_', ' ')}, {d.reason}" for d in decisions[:5]
        )

    def _others(self, alert: Alert, besides: str) -> tuple[str, ...]:
        """Say of every other playbook that could match why it would not run now."""
        rules = self._rules()
        said = (
            select(playbook, alert, rules.environments)
            for playbook in rules.index.candidates(alert.labels)
            if playbook.name != besides
        )
        return tuple(
            f"{s.playbook.name}: {s.decision.value.replace('_', ' ')}, {s.reason}"
            for s in said
            if not s.is_selected
        )


def _look_up(reader: Reader, subject: str) -> tuple[tuple[Run, ...], tuple[DecisionRecord, ...]]:
    run = reader.run(subject)
    fingerprint = run.order.alert.fingerprint if run else subject
    filters = {"fingerprint": fingerprint}
    decisions = tuple(reader.decisions(Listing(limit=_MOST, filters=filters)).items)
    if run is not None:
        return (run,), tuple(d for d in decisions if d.run_id in (None, run.id))
    return tuple(reader.runs(Listing(limit=_MOST, filters=filters)).items), decisions


def _story(run: Run) -> tuple[str, ...]:
    """Tell one run in a few sentences, the decisive one first."""
    return (
        f"{headline(run)}: playbook {run.order.playbook}, mode {run.order.mode.value}.",
        _ending(run),
        *(_objection(v.guard, v.ruling, v.reason, v.clears) for v in _objections(run)),
        *(f"Step {step_line(step)}." for step in run.progress if step.n or step.reason),
        *(f"Check {line}." for line in verification_lines(run)),
    )


def _ending(run: Run) -> str:
    if run.outcome:
        return f"It ended as {run.outcome.value.replace('_', ' ')}: {run.reason}. {remedy(run)}"
    if run.phase is Phase.AWAITING_APPROVAL and run.approval:
        return f"It waits for an approval until {clock(run.approval.expires_at)}."
    if run.not_before:
        return f"It waits until {clock(run.not_before)} and then looks again."
    return f"It is {run.phase.value} now."


def _objections(run: Run) -> list[Any]:
    verdicts = run.judgement.verdicts if run.judgement else ()
    return [v for v in verdicts if v.ruling is not Ruling.ALLOW]


def _objection(guard: str, ruling: Ruling, reason: str, clears: str) -> str:
    words = {Ruling.ASK: "asks people", Ruling.DEFER: "makes it wait", Ruling.DENY: "says no"}
    clearing = f" What would clear it: {clears}." if clears else ""
    return f"Guard {guard} {words.get(ruling, 'allows')}: {reason}.{clearing}"


def _clears(runs: tuple[Run, ...], decision: DecisionRecord) -> str:
    run = next((r for r in runs if r.id == decision.run_id), None)
    return next((v.clears for v in _objections(run) if v.guard == decision.by), "") if run else ""


def _shown(run: Run) -> Mapping[str, Any]:
    return {
        "id": run.id,
        "playbook": run.order.playbook,
        "phase": run.phase.value,
        "outcome": run.outcome.value if run.outcome else None,
        "reason": run.reason,
        "created_at": run.created_at.isoformat(),
    }
