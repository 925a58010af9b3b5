"""Write down what happened to a run: state, journal, messages, budgets and holds, in the caller's transaction.

Everybody who changes a run (runner, intake, control) does it through `record`, so that nothing is ever half told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from remediator.core import events as ev
from remediator.core.announce import messages_for
from remediator.core.announce_blocked import Unanswered, counted, loudest, unanswered
from remediator.core.canonical import canonical_json
from remediator.core.effects import Note
from remediator.core.errors import IllegalEvent
from remediator.core.events import Outcome
from remediator.core.evolution import evolve
from remediator.core.facts import Counted
from remediator.core.guards import domain_of
from remediator.core.lifecycle import due_at, next_effect
from remediator.core.masking import Mask
from remediator.core.messages import Message
from remediator.core.run import Phase, Run
from remediator.core.selection import Decision
from remediator.core.target import Target
from remediator.engine.masked import masked_event
from remediator.ports.store import DecisionRecord, Entry, Transaction

_ATTEMPT = (ev.IntentCommitted, ev.Applied, ev.NotApplied, ev.Doubted, ev.Observed)
_ATTEMPT_ENDINGS = (ev.PlanVoided, ev.Settled)
_APPROVAL = (
    ev.ApprovalRequested,
    ev.Voted,
    ev.ApprovalReminded,
    ev.ApprovalEscalated,
    ev.ApprovalExpired,
)
_FAILED = (Outcome.FAILED, Outcome.OUTCOME_UNKNOWN)
_CONSOLE = canonical_json({"console": {}})
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Where messages go: everywhere in `always`, a playbook's own `notify`, and named contacts. Channels as JSON.

    `handles` is the channel that knows every `@name`, also those that are no contact; "" where there is none.
    """

    always: tuple[Mapping[str, object], ...] = ()
    contacts: Mapping[str, tuple[Mapping[str, object], ...]] = field(default_factory=dict)
    handles: str = ""

    def channels(
        self, message: Message, notify: Sequence[Mapping[str, object]] = ()
    ) -> tuple[str, ...]:
        """Return the channels of one message, each once; `notify` are its playbook's. Of a name that is no contact,
        those of all messages; the console where nothing is set."""
        wanted = (self._of(message.to) if message.to else ()) or (*notify, *self.always)
        return tuple(dict.fromkeys(canonical_json(c) for c in wanted)) or (_CONSOLE,)

    def general(self) -> tuple[str, ...]:
        """Return the channels of a message that is about no run; the console where nothing is set."""
        return tuple(dict.fromkeys(canonical_json(c) for c in self.always)) or (_CONSOLE,)

    def _of(self, name: str) -> tuple[Mapping[str, object], ...]:
        if name in self.contacts or not (self.handles and name.startswith("@")):
            return self.contacts.get(name, ())
        return ({self.handles: {"to": name}},)


@dataclass(frozen=True, slots=True)
class Moved:
    """One event with the run before and after it; telemetry reads these once the commit is durable.

    `heard_at` is when the notification arrived that an admission answers.
    """

    before: Run | None
    event: ev.Event
    after: Run
    at: datetime
    heard_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tellers:
    """Where messages go, and what is masked in events. Where it is quiet nobody is told, so nothing is masked."""

    routes: Routes
    mask: Mask
    is_quiet: bool = False


class Recorder:
    """Records events of runs. One object, shared by everybody who changes runs; keeps no state of its own.

    A `quiet` one queues no messages about runs: what is replayed was told long ago.
    """

    def __init__(
        self,
        routes: Callable[[], Routes],
        mask: Callable[[], Mask] = Mask,
        *,
        quiet: bool = False,
    ) -> None:
        self._routes = routes
        self._mask = mask
        self._is_quiet = quiet

    def record(
        self, tx: Transaction, run: Run, events: Sequence[ev.Event], now: datetime
    ) -> tuple[Run, tuple[Moved, ...]]:
        """Evolve a locked run by events, then by all that follows from them at once, and store the result.

        Raise IllegalEvent, and store nothing, where the first event does not fit; later ones that no longer fit are
        dropped, because somebody else's event came in between.
        """
        record = self.begin(tx, run, now)
        record.add(events)
        return record.store()

    def tell(self, tx: Transaction, run: Run, message: Message) -> None:
        """Queue one more message about a run, by the ways that its messages take."""
        channels = self._routes().channels(message, run.order.notify)
        tx.enqueue(message, channels, message.at or run.created_at)

    def tell_unanswered(
        self, tx: Transaction, found: Sequence[Unanswered], now: datetime
    ) -> tuple[Unanswered, ...]:
        """Queue what people are told of alerts without a run, once per playbook, kind and hour; return what was new."""
        return tuple(one for one in loudest(found) if self._tell_one(tx, one, now))

    def _tell_one(self, tx: Transaction, about: Unanswered, now: datetime) -> bool:
        new = [m for m in unanswered(about, now) if not tx.is_queued(m.deduplication)]
        if not new:
            return False
        many = tx.refused_alerts(about.playbook.name, about.refusal.value, now - HOUR)
        for message in new:
            channels = self._routes().channels(message, about.playbook.notify)
            tx.enqueue(counted(message, many), channels, message.due_at or now)
        return True

    def announce(self, tx: Transaction, message: Message, now: datetime) -> None:
        """Queue a message about the daemon itself; a repeat of one that was queued is ignored."""
        tx.enqueue(replace(message, at=now), self._routes().general(), now)

    def begin(self, tx: Transaction, run: Run, now: datetime) -> Record:
        """Return an empty record of a locked run; nothing is stored before its `store`."""
        tellers = Tellers(self._routes(), self._mask(), self._is_quiet)
        return Record(tx, run, now, tellers)


class Record:
    """What happens to one locked run in one transaction. `run` is the run after all that was added."""

    def __init__(self, tx: Transaction, run: Run, now: datetime, tellers: Tellers) -> None:
        self.run = run
        self._tx = tx
        self._now = now
        self._tellers = tellers
        self._moved: list[Moved] = []

    def add(self, events: Sequence[ev.Event]) -> None:
        """Add events and all that follows from them at once; raise IllegalEvent where the first does not fit."""
        for number, event in enumerate(events):
            try:
                self._evolve(event)
            except IllegalEvent:
                if number == 0:
                    raise
                break
        while isinstance(effect := next_effect(self.run, self._now), Note):
            for event in effect.events:
                self._evolve(event)

    def store(self, *, release: bool = False) -> tuple[Run, tuple[Moved, ...]]:
        """Store the run, its journal and what it no longer holds; return every event with the run before and after.

        With `release` the claim on it ends.
        """
        self._tx.append(self.run.id, self._now, tuple(m.event for m in self._moved))
        _let_go(self._tx, self.run)
        self._tx.save_run(self.run, due_at(self.run, self._now), release=release)
        return self.run, tuple(self._moved)

    def _evolve(self, event: ev.Event) -> None:
        if not self._tellers.is_quiet:
            event = masked_event(self._tellers.mask, event)
        before, self.run = self.run, evolve(self.run, event, self._now)
        self._moved.append(Moved(before, event, self.run, self._now))
        _count(self._tx, before, self.run, event, self._now)
        _index(self._tx, before, self.run, event)
        for message in () if self._tellers.is_quiet else messages_for(self.run, event, self._now):
            channels = self._tellers.routes.channels(message, self.run.order.notify)
            self._tx.enqueue(message, channels, message.due_at or self._now)


def _let_go(tx: Transaction, run: Run) -> None:
    """A run that plans or waits holds nothing; of one that never acted nothing was held, and one that ends lets go by
    its ending."""
    if run.has_acted and run.phase in (Phase.PLANNING, Phase.AWAITING_APPROVAL):
        tx.release_holds(run.id)


def _index(tx: Transaction, before: Run, run: Run, event: ev.Event) -> None:
    if isinstance(event, _ATTEMPT):
        tx.record_attempt(run, event.step)
    elif isinstance(event, _ATTEMPT_ENDINGS) and before.open_attempt:
        tx.record_attempt(run, before.open_attempt.step)
    elif isinstance(event, _APPROVAL):
        tx.record_approval(run)
    if isinstance(event, ev.ApprovalRequested):
        _decide(tx, run, Decision.WAITING, "; ".join(event.reasons), event.approval)
    elif isinstance(event, ev.Closed) and event.outcome is Outcome.BLOCKED:
        _decide(tx, run, Decision.BLOCKED, event.reason, "closed")


def _decide(tx: Transaction, run: Run, decision: Decision, reason: str, key: str) -> None:
    why = run.judgement.strictest if run.judgement else None
    tx.decide(
        DecisionRecord(
            id=f"dec_{run.id}_{key}",
            at=run.closed_at or (run.approval.requested_at if run.approval else run.created_at),
            notification="",
            fingerprint=run.order.alert.fingerprint,
            source=run.order.source,
            playbook=run.order.playbook,
            decision=decision.value,
            reason=reason,
            by=why.guard if why else "",
            run_id=run.id,
            alert_name=run.order.alert.name,
        )
    )


def _count(tx: Transaction, before: Run, after: Run, event: ev.Event, now: datetime) -> None:
    if isinstance(event, ev.IntentCommitted):
        target = _target(after, event.step)
        if not before.has_acted:
            tx.count(entry(after, Counted.ACTED, after.order.target, now))
        if not _was_intended(before, target):
            tx.count(entry(after, Counted.CHANGED, target, now))
            _count_domain(tx, after, target, now)
    elif isinstance(event, ev.Closed) and after.has_acted:
        _count_ending(tx, after, event, now)


def _count_ending(tx: Transaction, run: Run, event: ev.Closed, now: datetime) -> None:
    """A target rests from the end of the run that changed it, and is held on only where nobody can vouch for it; what
    failed or did not help counts for the breaker."""
    for target in dict.fromkeys(_target(run, step.step) for step in run.progress if step.n):
        tx.touch(target, now)
        _count_domain(tx, run, target, now)
    tx.touch_held(run.id, now, release=event.outcome is not Outcome.OUTCOME_UNKNOWN)
    if event.outcome in _FAILED:
        tx.count(entry(run, Counted.FAILED, run.order.target, now))
    elif event.outcome is Outcome.UNRESOLVED:
        tx.count(entry(run, Counted.INEFFECTIVE, run.order.target, now))


def _count_domain(tx: Transaction, run: Run, target: Target, now: datetime) -> None:
    """Others stay out of other failure domains while this run acts in its own, and for a while after its end."""
    if domain := domain_of(run.order, (target,)):
        tx.count(replace(entry(run, Counted.DOMAIN, target, now), source=domain.name))


def _was_intended(run: Run, target: Target) -> bool:
    """Say whether this run has counted the target already: what counts is how many targets are changed."""
    return any(s.n and s.change and s.change.target == target for s in run.progress)


def _target(run: Run, step: str) -> Target:
    change = run.at(step).change
    return change.target if change else run.order.target


def entry(run: Run, counted: Counted, target: Target, now: datetime) -> Entry:
    """Return the budget entry of something that happened to a run."""
    return Entry(
        counted=counted,
        at=now,
        run_id=run.id,
        playbook=run.order.playbook,
        target=target,
        source=run.order.source,
    )
