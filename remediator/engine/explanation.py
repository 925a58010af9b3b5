"""Answer "why did it, or why did nothing happen?" from what the store kept; every door puts it into its own words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from remediator.core.alert import Alert
from remediator.core.errors import Refused
from remediator.core.nearest import nearest
from remediator.core.playbook import Playbook
from remediator.core.run import Run
from remediator.core.selection import Decision, Selection, select
from remediator.core.verdict import Verdict
from remediator.core.wording import answer_line, headline, plan_lines, step_line, verification_lines
from remediator.engine.admission import Rules
from remediator.ports.codec import plain
from remediator.ports.store import DecisionRecord, Listing, Notification, Reader, Store

_UNKNOWN = (
    "give the id of a run or a notification, or an alert's fingerprint: remediator runs list. Every alert that arrives "
    "gets a decision: where there is none, look whether Alertmanager's route leads here"
)
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
            raise Refused("not_found", f"nothing is known about {subject}", hint=_UNKNOWN)
        return {
            "subject": subject,
            "run": {**_explained(run), "answers": answers} if run else None,
            "decisions": [plain(decision) for decision in decisions],
            "others": await self._others(run, decisions),
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

    async def _others(
        self, run: Run | None, decisions: Sequence[DecisionRecord]
    ) -> list[Mapping[str, str]]:
        """Return what the other playbooks would say now: those that could match, or else those that come nearest."""
        if run is not None:
            candidates = self._rules().index.candidates(run.order.alert.labels)
            others = [each for each in candidates if each.name != run.order.playbook]
            return would_say(self._rules(), others, run.order.alert)
        of = next((each for each in decisions if each.decision == Decision.NO_PLAYBOOK), None)
        if of is None:
            return []
        episode = await self._store.read(lambda r: r.latest_episode(of.source, of.fingerprint))
        return await nearest_to(self._rules(), episode.alert) if episode else []


async def nearest_to(rules: Rules, alert: Alert) -> list[Mapping[str, str]]:
    """Return the playbooks that come nearest to an alert, with the first matcher that failed."""
    near = await asyncio.to_thread(nearest, rules.index.playbooks, alert.labels)
    return would_say(rules, near, alert)


def would_say(rules: Rules, playbooks: Iterable[Playbook], alert: Alert) -> list[Mapping[str, str]]:
    """Return what each of these playbooks would say to an alert now."""
    return [said(select(playbook, alert, rules.environments)) for playbook in playbooks]


def said(selection: Selection) -> Mapping[str, str]:
    """Return one playbook's word on an alert."""
    return {
        "playbook": selection.playbook.name,
        "decision": selection.decision.value,
        "reason": selection.reason,
    }


def shown(verdict: Verdict) -> Mapping[str, object]:
    """Return a verdict with its ruling as a word."""
    return plain(verdict) | {"ruling": verdict.ruling.name.lower()}


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
        "verdicts": [shown(v) for v in verdicts],
        "waits_until": waits.isoformat() if waits else None,
        "plan": list(plan_lines(run)),
        "steps": [step_line(step) for step in run.progress],
        "verification": list(verification_lines(run)),
    }
