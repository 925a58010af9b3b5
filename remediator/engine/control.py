"""What people can do: approve, reject, cancel, take over, settle, pause, resume. Every door (API, Slack,
web) comes here.

Control only writes to the store: the worker does the rest. "No" is Refused, with who can or what would help.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from remediator.core import events as ev
from remediator.core.announce import settled, shown_again, taken_over
from remediator.core.announce_pause import paused, resumed
from remediator.core.canonical import DIGEST_DIGITS, is_digest
from remediator.core.deciders import deciders, may_decide
from remediator.core.errors import IllegalEvent, InvalidTarget, Refused, StoreError
from remediator.core.events import Outcome, Settlement
from remediator.core.facts import Counted, Pause
from remediator.core.guards.pause import canonical_scope
from remediator.core.person import Person
from remediator.core.run import Phase, Run
from remediator.core.site_events import BreakerClosed, SaidAfterwards
from remediator.core.target import parse_target
from remediator.core.vocabulary import spelled
from remediator.documents.problem import did_you_mean
from remediator.engine.clock import confirmed, is_of_clock
from remediator.engine.listener import Listener
from remediator.engine.recorder import Moved, Recorder
from remediator.ports.ambient import Ambient
from remediator.ports.store import DecisionRecord, Entry, Store, Transaction

TAKE_OVER_PAUSE = timedelta(hours=2)
LONGEST_PAUSE = timedelta(days=30)


class Control:
    """The human verbs. `playbooks` are the names of those that are loaded; without it, a pause may name any."""

    def __init__(
        self,
        *,
        store: Store,
        recorder: Recorder,
        ambient: Ambient,
        listener: Listener,
        playbooks: Callable[[], Collection[str]] | None = None,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._ambient = ambient
        self._listener = listener
        self._playbooks = playbooks

    async def approve(self, run_id: str, *, digest: str, person: Person, reason: str = "") -> Run:
        """Give one person's yes to the plan with this whole digest."""
        return await self._vote(run_id, digest, person, reason, approve=True)

    async def reject(self, run_id: str, *, digest: str | None, person: Person, reason: str) -> Run:
        """Say no to the plan; one no ends it. A reason is required."""
        if not reason.strip():
            raise Refused("conflict", "a rejection needs a reason", hint="say why in one sentence")
        return await self._vote(run_id, digest, person, reason, approve=False)

    async def cancel(self, run_id: str, *, person: Person, reason: str = "") -> Run:
        """Stop a run as soon as nothing is half done."""
        event = ev.CancelRequested(person=person, reason=reason)
        return await self._record(run_id, person, "cancel", lambda run: (event,))

    async def take_over(self, run_id: str, *, person: Person, reason: str = "") -> Run:
        """Keep remediator away from a run's target for two hours: this person looks after it now.

        An open run is stopped, a closed one calls nobody any more.
        """
        run = await self._get(run_id)
        if run.is_open:
            event = ev.CancelRequested(person=person, reason=reason, take_over=True)
            run = await self._record(run_id, person, "take over", lambda run: (event,))
        else:
            await self._store.submit(lambda tx: self._take_over_closed(tx, run, person))
        scope = f"target/{run.order.target}"
        text = reason or f"{person.name} looks after it (run {run.id})"
        pause = self._made(scope, TAKE_OVER_PAUSE, text, person)

        def closure(tx: Transaction) -> None:
            tx.add_pause(pause)
            tx.hush(run.episode)

        await self._store.submit(closure)
        return run

    async def settle(
        self, run_id: str, *, settlement: Settlement, person: Person, reason: str = ""
    ) -> Run:
        """Say what became of a change that nobody could observe. For a closed run this only lets its targets go."""
        event = ev.Settled(person=person, settlement=settlement, reason=reason)
        why = f"{person.name} abandoned it; nobody knows whether it was applied"
        abandoned = ev.Closed(outcome=Outcome.OUTCOME_UNKNOWN, reason=why)
        run = await self._get(run_id)
        if not run.is_open and run.outcome is Outcome.OUTCOME_UNKNOWN:
            await self._store.submit(lambda tx: self._settle_closed(tx, run, event))
            return run
        gives_up = settlement is Settlement.ABANDON
        events: tuple[ev.Event, ...] = (event, abandoned) if gives_up else (event,)
        run = await self._record(run_id, person, "settle", lambda run: events)
        if gives_up:
            await self._store.submit(lambda tx: tx.release_holds(run_id))
        return run

    async def refuse(self, run_id: str, *, verb: str, person: Person, reason: str) -> None:
        """Write down that somebody was refused; the door has told, or will tell, them why."""

        def closure(tx: Transaction) -> tuple[Moved, ...]:
            run = tx.lock_run(run_id)
            if run is None:
                return ()
            if run.is_open:
                event = ev.AnswerRefused(person=person, verb=verb, reason=reason)
                return self._recorder.record(tx, run, (event,), self._ambient.now())[1]
            tx.decide(self._said(run, person, "refused", f"{verb}: {reason}"))
            return ()

        try:
            moved = await self._store.submit(closure)
        except StoreError as error:  # the refusal stands all the same
            self._listener.problem("control", f"a refusal is not in the journal: {error}")
            return
        for step in moved:
            self._listener.moved(step)

    async def show_again(self, run_id: str) -> None:
        """Tell people once more about a plan that waits, so that its message gets buttons of this version; once."""

        def closure(tx: Transaction) -> None:
            run = tx.lock_run(run_id)
            if run and run.phase is Phase.AWAITING_APPROVAL and run.approval:
                self._recorder.tell(tx, run, shown_again(run, self._ambient.now()))

        await self._store.submit(closure)

    async def pause(
        self, scope: str, *, duration: timedelta | None, reason: str, person: Person
    ) -> Pause:
        """Stop everything in a scope, and tell everybody; without a duration for 30 days, the longest there is."""
        _check_scope(scope)
        self._check_playbook(scope)
        pause = self._made(scope, duration or LONGEST_PAUSE, reason, person)

        def closure(tx: Transaction) -> None:
            tx.add_pause(pause)
            self._recorder.announce(tx, paused(pause), pause.since)

        await self._store.submit(closure)
        return pause

    async def resume(self, scope: str, *, person: Person) -> int:
        """End the pause with this id, or all of this scope; `playbook/NAME` also closes its breaker. Return
        how many ended."""

        def closure(tx: Transaction) -> int:
            now = self._ambient.now()
            found = [p for p in tx.pauses(now) if p.id == scope or _is_scope(p.scope, scope)]
            ended = [p for p in found if tx.end_pause(p.id, person.name, now)]
            for pause in ended:
                self._recorder.announce(tx, resumed(pause, person.name), now)
            if any(is_of_clock(pause) for pause in found):
                confirmed(tx, self._ambient, person.name)
            loaded = self._is_loaded(scope)
            return len(ended) + (_close_breaker(tx, scope, person, now) if loaded else 0)

        ended = await self._store.submit(closure)
        if not ended:
            raise Refused(
                "not_found", f"nothing is paused as {scope}", hint="remediator pause list"
            )
        kind, _, name = scope.partition("/")
        if kind == "playbook":
            self._listener.breaker_closed(name)
        return ended

    def _made(self, scope: str, length: timedelta, reason: str, person: Person) -> Pause:
        now = self._ambient.now()
        return Pause(
            id=self._ambient.new_id("pau"),
            scope=canonical_scope(scope),
            who=person.name,
            reason=reason,
            since=now,
            until=now + min(length, LONGEST_PAUSE),
        )

    def _is_loaded(self, scope: str) -> bool:
        """Say whether a scope is no playbook, or one that there is."""
        kind, _, name = scope.partition("/")
        return kind != "playbook" or self._playbooks is None or name in self._playbooks()

    def _check_playbook(self, scope: str) -> None:
        if self._playbooks is not None and not self._is_loaded(scope):
            name = scope.partition("/")[2]
            hint = did_you_mean(name, self._playbooks()) or "GET /api/v1/playbooks lists them"
            raise Refused("conflict", f"there is no playbook {name!r}", hint=hint)

    async def _vote(
        self, run_id: str, digest: str | None, person: Person, reason: str, *, approve: bool
    ) -> Run:
        def vote(run: Run) -> tuple[ev.Event, ...]:
            _check_waiting(run)
            _check_person(run, person)
            full = _full_digest(run, digest)
            return (ev.Voted(person=person, digest=full, approve=approve, reason=reason),)

        verb = "approve" if approve else "reject"
        return await self._record(run_id, person, verb, vote)

    async def _get(self, run_id: str) -> Run:
        run = await self._store.read(lambda reader: reader.run(run_id))
        if run is None:
            raise Refused("not_found", f"there is no run {run_id}", hint="remediator runs list")
        return run

    async def _record(
        self,
        run_id: str,
        person: Person,
        verb: str,
        events: Callable[[Run], tuple[ev.Event, ...]],
    ) -> Run:
        def closure(tx: Transaction) -> tuple[Run, tuple[Moved, ...]]:
            run = tx.lock_run(run_id)
            if run is None:
                raise Refused("not_found", f"there is no run {run_id}", hint="remediator runs list")
            if not run.is_open:
                raise Refused("conflict", _too_late(run), hint=f"remediator why {run_id}")
            return self._recorder.record(tx, run, events(run), self._ambient.now())

        try:
            run, moved = await self._store.submit(closure)
        except IllegalEvent as error:
            await self.refuse(run_id, verb=verb, person=person, reason=str(error))
            raise Refused("conflict", str(error), hint=f"remediator runs show {run_id}") from error
        except Refused as error:
            await self.refuse(run_id, verb=verb, person=person, reason=str(error))
            raise
        for step in moved:
            self._listener.moved(step)
        return run

    def _settle_closed(self, tx: Transaction, run: Run, event: ev.Settled) -> None:
        """A closed run takes no events: what a person says of it afterwards stands among the decisions."""
        why = f": {event.reason}" if event.reason else ""
        text = f"{event.settlement.value}{why}; its targets are free"
        changed = {step.change.target for step in run.progress if step.change}
        targets = tuple(changed | {run.order.target})
        if not any(hold.holder == run.id for hold in tx.holds(targets)):
            raise Refused("conflict", "this was settled already; its targets are free")
        tx.release_holds(run.id)
        self._say_afterwards(tx, self._said(run, event.person, "settled", text), run)
        self._recorder.tell(tx, run, settled(run, event, self._ambient.now()))

    def _take_over_closed(self, tx: Transaction, run: Run, person: Person) -> None:
        now = self._ambient.now()
        until = now + TAKE_OVER_PAUSE
        said = self._said(run, person, "taken over", f"until {until:%H:%M} UTC")
        self._say_afterwards(tx, said, run)
        self._recorder.tell(tx, run, taken_over(run, person, until, now))

    def _say_afterwards(self, tx: Transaction, said: DecisionRecord, run: Run) -> None:
        tx.decide(said)
        told = SaidAfterwards(
            run_id=run.id,
            playbook=said.playbook,
            target=str(run.order.target),
            decision=said.decision,
            reason=said.reason,
            who=said.by,
        )
        tx.append_site(said.at, told)

    def _said(self, run: Run, person: Person, decision: str, reason: str) -> DecisionRecord:
        return DecisionRecord(
            id=self._ambient.new_id("dec"),
            at=self._ambient.now(),
            notification="",
            fingerprint=run.order.alert.fingerprint,
            source=run.order.source,
            playbook=run.order.playbook,
            decision=decision,
            reason=reason,
            by=person.name,
            run_id=run.id,
            alert_name=run.order.alert.name,
        )


def _check_waiting(run: Run) -> None:
    if run.phase is not Phase.AWAITING_APPROVAL or run.approval is None:
        text = f"run {run.id} does not wait for an approval: it is {run.phase.value}"
        if run.approval and run.approval.granted:
            text = f"already approved by {', '.join(run.approval.approvers)}"
        raise Refused("conflict", text, hint=f"remediator runs show {run.id}")


def _check_person(run: Run, person: Person) -> None:
    if may_decide(run, person):
        return
    who = deciders(run) or "somebody other than the playbook's owner"
    raise Refused("forbidden", f"{person.name} may not decide about this plan", hint=f"{who} can")


def _full_digest(run: Run, digest: str | None) -> str:
    current = run.approval.digest if run.approval else ""
    if digest is None or (is_digest(digest) and digest == current):
        return current
    hint = "look at the plan again before you decide"
    if not is_digest(digest):
        text = f"a plan is named by its whole digest, {DIGEST_DIGITS} hex digits"
        raise Refused("conflict", text, hint=hint)
    raise Refused("conflict", "the plan has changed: this is not its digest", hint=hint)


def _too_late(run: Run) -> str:
    outcome = spelled(run.outcome) if run.outcome else "closed"
    when = f" at {run.closed_at:%H:%M} UTC" if run.closed_at else ""
    return f"too late: run {run.id} ended{when} as {outcome} ({run.reason})"


def _check_scope(scope: str) -> None:
    kind, _, name = scope.partition("/")
    if scope == "all" or (kind in ("playbook", "namespace") and name):
        return
    if kind == "target":
        parse_target(name)
        return
    hint = "all, playbook/NAME, target/KIND/NAME or namespace/NAME"
    raise Refused("conflict", f"{scope!r} is not something to pause", hint=hint)


def _is_scope(one: str, other: str) -> bool:
    """Say whether two texts are one scope; what is no target is compared as it is."""
    try:
        return canonical_scope(one) == canonical_scope(other)
    except InvalidTarget:
        return one == other


def _close_breaker(tx: Transaction, scope: str, person: Person, now: datetime) -> int:
    kind, _, name = scope.partition("/")
    if kind != "playbook" or not name:
        return 0
    tx.count(Entry(counted=Counted.RESET, at=now, run_id="", playbook=name, target=None))
    tx.append_site(now, BreakerClosed(playbook=name, who=person.name))
    return 1
