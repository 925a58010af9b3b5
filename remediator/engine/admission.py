"""Admit one alert: its episode, a decision for every playbook that could have matched, and at most one open
run each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from remediator.core import events as ev
from remediator.core.alert import Alert, AlertGroup, AlertStatus
from remediator.core.announce_blocked import Unanswered
from remediator.core.errors import InputError, InvalidTarget
from remediator.core.events import Outcome
from remediator.core.evolution import admit
from remediator.core.facts import Counted
from remediator.core.guards.cooldown import CooldownSettings
from remediator.core.masking import Mask
from remediator.core.order import Order
from remediator.core.playbook import Mode, Playbook
from remediator.core.run import Run
from remediator.core.selection import (
    EVERYTHING,
    Decision,
    Environment,
    Index,
    Reach,
    Refusal,
    Selection,
    out_of_reach,
    refused,
    select,
)
from remediator.core.track_record import CAME_BACK_WITHIN
from remediator.engine.masked import masked_alert
from remediator.engine.recorder import Moved, Recorder, entry
from remediator.ports.ambient import Ambient
from remediator.ports.store import DecisionRecord, Episode, Notification, Transaction

DEADLINE = timedelta(hours=24)
_MAY_ANSWER_AGAIN = frozenset(
    {Outcome.RESOLVED, Outcome.UNRESOLVED, Outcome.FAILED, Outcome.BLOCKED, Outcome.EXPIRED}
)
_NONE = "no playbook matches this alert"

Parse = Callable[[bytes], AlertGroup]
Render = Callable[[Selection, Alert, str], Order]
Severity = Callable[[Playbook, Alert], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What intake goes by; swapped whole on reload. `reach` maps a source to what it may set off,
    `parsers` a notification's kind to what reads it."""

    index: Index
    environments: tuple[Environment, ...]
    reach: Mapping[str, Reach] = field(default_factory=dict)
    render: Render
    severity: Severity = lambda playbook, alert: playbook.severity or ""
    parsers: Mapping[str, Parse] = field(default_factory=dict)
    mask: Mask = field(default_factory=Mask)


@dataclass(slots=True)
class Taken:
    """What became of one alert: the decisions taken, everything that moved, and the playbooks that could not answer."""

    alert: Alert
    decisions: list[tuple[str, str]] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    unanswered: list[Unanswered] = field(default_factory=list)


class Admission:
    """Admits the alerts of one notification, inside one transaction; `kept` are the digests of the playbooks that this
    transaction has kept already."""

    def __init__(
        self,
        tx: Transaction,
        recorder: Recorder,
        ambient: Ambient,
        rules: Rules,
        notification: Notification,
        kept: set[str],
    ) -> None:
        self._tx = tx
        self._recorder = recorder
        self._ambient = ambient
        self._rules = rules
        self._notification = notification
        self._kept = kept
        self._now = ambient.now()

    def take(self, alert: Alert) -> Taken:
        """Take one alert in; an older word than the last one about it changes nothing."""
        taken = Taken(alert)
        source, at = self._notification.source, self._notification.received_at
        latest = self._tx.latest_episode(source, alert.fingerprint)
        if latest and at < latest.seen_at:
            return taken
        if latest and latest.closed_at is None:
            named = replace(latest, alert=alert, status=alert.status, seen_at=at)
        else:
            named = self._opened(alert)
        if alert.status is AlertStatus.FIRING:
            self._tx.save_episode(named)
            self._answer(named, alert, taken)
            return taken
        closed = replace(named, closed_at=at)
        taken.moved += end_episode(self._tx, self._recorder, closed, self._now)
        return taken

    def _opened(self, alert: Alert) -> Episode:
        """A word about an alert without an open episode begins one; where it says resolved, only to be remembered."""
        at = self._notification.received_at
        return Episode(
            id=self._ambient.new_id("eps"),
            source=self._notification.source,
            fingerprint=alert.fingerprint,
            alert=alert,
            status=alert.status,
            opened_at=at,
            seen_at=at,
        )

    def _answer(self, episode: Episode, alert: Alert, taken: Taken) -> None:
        rules, source = self._rules, self._notification.source
        reach = rules.reach.get(source, EVERYTHING)
        is_matched = False
        for playbook in rules.index.candidates(alert.labels):
            selection = select(playbook, alert, rules.environments, reach, source)
            is_matched |= selection.decision is not Decision.NOT_MATCHED
            if not selection.is_selected:
                self._decide(episode, selection, taken)
                continue
            last = self._tx.last_run_of(source, alert.fingerprint, playbook.name)
            if last is None or last.episode != episode.id:
                self._begin(episode, selection, alert, taken, came_back=last)
            elif self._may_answer_again(last):
                self._begin(episode, selection, alert, taken, ordinal=last.ordinal + 1)
        if not is_matched:
            self._record(self._about(episode, Decision.NO_PLAYBOOK, _NONE), taken)

    def _may_answer_again(self, last: Run) -> bool:
        """A still firing alert is answered again only when its target has rested and people have not said no."""
        if last.closed_at is None or last.outcome not in _MAY_ANSWER_AGAIN:
            return False
        if self._notification.received_at <= last.closed_at:
            return False  # the same word again, after a crash: the run has answered it
        cooldown = last.order.guards.get("cooldown") or CooldownSettings()
        return last.closed_at + cooldown.rest <= self._now

    def _begin(
        self,
        episode: Episode,
        selection: Selection,
        alert: Alert,
        taken: Taken,
        *,
        ordinal: int = 1,
        came_back: Run | None = None,
    ) -> None:
        try:
            order = self._rules.render(selection, alert, self._notification.source)
        except InputError as error:
            kind = Refusal.TARGET if isinstance(error, InvalidTarget) else Refusal.ORDER
            self._decide(episode, refused(selection, kind, str(error)), taken)
            return
        reach = self._rules.reach.get(self._notification.source, EVERYTHING)
        if beyond := out_of_reach(selection, order.target, reach, self._notification.source):
            self._decide(episode, beyond, taken)
            return
        masked = masked_alert(self._rules.mask, order.alert)
        order = order if masked is order.alert else replace(order, alert=masked)
        event = ev.Admitted(
            order=order, episode=episode.id, ordinal=ordinal, deadline=self._now + DEADLINE
        )
        run = admit(self._ambient.new_id("run"), event, self._now)
        if not self._tx.insert_run(run, self._now):
            return
        self._tx.append(run.id, self._now, (event,))
        self._keep(selection.playbook)
        self._tx.count(entry(run, Counted.ADMITTED, order.target, self._now))
        if came_back is not None:
            self._count_return(run, came_back)
        heard_at = self._notification.received_at
        taken.moved.append(Moved(None, event, run, self._now, heard_at))
        self._decide(episode, selection, taken, run_id=run.id)

    def _keep(self, playbook: Playbook) -> None:
        """Keep the version that was answered with, once in this transaction."""
        if playbook.digest not in self._kept:
            self._tx.keep_playbook(playbook.digest, playbook.name, playbook.document, self._now)
            self._kept.add(playbook.digest)

    def _count_return(self, run: Run, last: Run) -> None:
        """Count a fix that worked and did not last; the breaker opens on too many of these."""
        recent = last.closed_at and self._now - last.closed_at <= CAME_BACK_WITHIN
        if recent and last.outcome is Outcome.RESOLVED and last.has_acted:
            self._tx.count(entry(run, Counted.INEFFECTIVE, run.order.target, self._now))

    def _decide(
        self,
        episode: Episode,
        selection: Selection,
        taken: Taken,
        *,
        run_id: str | None = None,
    ) -> None:
        """Record a decision once per notification, alert and playbook; a repeat overwrites nothing and tells nobody."""
        record = self._about(
            episode,
            selection.decision,
            selection.reason,
            playbook=selection.playbook.name,
            by=selection.refusal.value if selection.refusal else "",
            run_id=run_id,
        )
        is_new = self._record(record, taken)
        if is_new and selection.refusal:
            taken.unanswered.append(self._unanswered(selection, selection.refusal, episode.alert))

    def _about(
        self,
        episode: Episode,
        decision: Decision,
        reason: str,
        *,
        playbook: str = "",
        by: str = "",
        run_id: str | None = None,
    ) -> DecisionRecord:
        own = f"{self._notification.id}_{episode.fingerprint}_{playbook}"
        return DecisionRecord(
            id=f"dec_{run_id or own}",
            at=self._now,
            notification=self._notification.id,
            fingerprint=episode.fingerprint,
            source=episode.source,
            playbook=playbook,
            decision=decision.value,
            reason=reason,
            by=by,
            run_id=run_id,
            alert_name=episode.alert.name,
        )

    def _record(self, record: DecisionRecord, taken: Taken) -> bool:
        taken.decisions.append((record.playbook, record.decision))
        return self._tx.decide(record)

    def _unanswered(self, selection: Selection, refusal: Refusal, alert: Alert) -> Unanswered:
        return Unanswered(
            playbook=selection.playbook,
            refusal=refusal,
            reason=selection.reason,
            alert=alert,
            severity=self._rules.severity(selection.playbook, alert),
            rehearses=selection.mode is Mode.DRY_RUN,
        )


def end_episode(tx: Transaction, recorder: Recorder, closed: Episode, now: datetime) -> list[Moved]:
    """Store a closed episode, tell its open runs that the alert resolved, and drop calls for people that no
    longer matter."""
    tx.save_episode(closed)
    tx.hush(closed.id)
    moved: list[Moved] = []
    for run in tx.open_runs_of(closed.id):
        locked = tx.lock_run(run.id)
        if locked and locked.is_open:
            _, more = recorder.record(tx, locked, (ev.AlertResolved(at=closed.seen_at),), now)
            moved += more
    return moved
