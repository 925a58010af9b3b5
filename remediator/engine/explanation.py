"""Answer "why did it, or why did nothing happen?" from what the store kept; every door puts it into its own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from remediator.core.alert import Alert
from remediator.core.errors import Refused
from remediator.core.run import Run
from remediator.core.selection import select
from remediator.core.wording import answer_line, headline, plan_lines, step_line, verification_lines
from remediator.engine.admission import Rules
from remediator.ports.codec import plain
from remediator.ports.store import DecisionRecord, Listing, Notification, Reader, Store

_MOST = 50
_MOST_ANSWERS = 20
_JOURNAL = 5000


class Explanation:
    """Explains runs and alerts."""

    def __init__(self, *, store: Store, rules: Callable[[], Rules]) -> None:
        self._store = store
        self._rules = rules

    async def why(self, subject: str) -> Mapping[str, object]:
        """Explain a run, or everything decided about a fingerprint; raise Refused where nothing is known."""
        notification = await self._store.read(lambda reader: reader.notification(subject))
        if notification is not None:
            return await self._why_a_notification(notification)
        run, decisions, answers = await self._store.read(lambda reader: _look_up(reader, subject))
        if run is None and not decisions:
            hint = "give the id of a run or a notification, or an alert's fingerprint; remediator runs list"
            raise Refused("not_found", f"nothing is known about {subject}", hint=hint)
        return {
            "subject": subject,
            "run": {**_explained(run), "answers": answers} if run else None,
            "decisions": [plain(decision) for decision in decisions],
            "others": self._others(run.order.alert, run.order.playbook) if run else [],
            "notification": None,
        }

    async def _why_a_notification(self, notification: Notification) -> Mapping[str, object]:
        """Tell what became of a notification as a whole, and what was decided about its alerts."""
        since = Listing(limit=_MOST, filters={"notification": notification.id})
        page = await self._store.read(lambda reader: reader.decisions(since))
        return {
            "subject": notification.id,
            "run": None,
            "decisions": [plain(decision) for decision in page.items],
            "others": [],
            "notification": {
                "id": notification.id,
                "source": notification.source,
                "received_at": notification.received_at.isoformat(),
                "state": notification.state,
                "error": notification.error,
                "size": len(notification.body),
            },
        }

    def _others(self, alert: Alert, besides: str) -> list[Mapping[str, str]]:
        """Return what every other playbook that could match would say to this alert now."""
        rules = self._rules()
        said = (
            select(playbook, alert, rules.environments)
            for playbook in rules.index.candidates(alert.labels)
            if playbook.name != besides
        )
        return [
            {"playbook": s.playbook.name, "decision": s.decision.value, "reason": s.reason}
            for s in said
        ]


def _look_up(
    reader: Reader, subject: str
) -> tuple[Run | None, tuple[DecisionRecord, ...], list[str]]:
    run = reader.run(subject)
    filters = {"fingerprint": run.order.alert.fingerprint if run else subject}
    decisions = tuple(reader.decisions(Listing(limit=_MOST, filters=filters)).items)
    if run is not None:
        own = tuple(d for d in decisions if d.run_id in (None, run.id))
        return run, own, _answers(reader, run)
    newest = next(iter(reader.runs(Listing(limit=1, filters=filters)).items), None)
    return newest, decisions, _answers(reader, newest) if newest else []


def _answers(reader: Reader, run: Run) -> list[str]:
    """Say what people answered, and what they were refused, the newest last."""
    said = (answer_line(entry.event) for entry in reader.events(run.id, limit=_JOURNAL))
    return [line for line in said if line][-_MOST_ANSWERS:]


def _explained(run: Run) -> Mapping[str, object]:
    verdicts = run.judgement.verdicts if run.judgement else ()
    waits = run.not_before if run.is_open else None
    return {
        "id": run.id,
        "playbook": run.order.playbook,
        "headline": headline(run),
        "mode": run.order.mode.value,
        "phase": run.phase.value,
        "outcome": run.outcome.value if run.outcome else None,
        "reason": run.reason,
        "verdicts": [plain(v) | {"ruling": v.ruling.name.lower()} for v in verdicts],
        "waits_until": waits.isoformat() if waits else None,
        "plan": list(plan_lines(run)),
        "steps": [step_line(step) for step in run.progress],
        "verification": list(verification_lines(run)),
    }
