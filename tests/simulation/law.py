"""The invariants of docs/architecture.md, asked after every event of the simulation. Breaking one is a Violation."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from remediator.core import events as ev
from remediator.core.announce import messages_for
from remediator.core.change import Safety, make_plan
from remediator.core.effects import Effect, Rest
from remediator.core.errors import IllegalEvent
from remediator.core.events import EVENTS, Outcome
from remediator.core.evolution import evolve, replay
from remediator.core.lifecycle import next_effect
from remediator.core.messages import MessageKind
from remediator.core.playbook import Mode
from remediator.core.run import Phase, Run
from remediator.core.target import Target
from remediator.core.transitions import TRANSITIONS
from remediator.core.verdict import Judgement, Ruling
from tests.simulation.dossier import Dossier, Journal

MOST_TURNS = 400
LONGEST_LIFE = timedelta(days=14)
UNFIXED = (Outcome.UNRESOLVED, Outcome.FAILED, Outcome.OUTCOME_UNKNOWN)
UNCHANGED = (
    Outcome.BLOCKED,
    Outcome.REJECTED,
    Outcome.EXPIRED,
    Outcome.WITHDRAWN,
    Outcome.HANDED_OVER,
    Outcome.DRY_RUN,
)

Cell = tuple[str, str, str]


class Violation(AssertionError):
    """An invariant does not hold."""


class Law:
    """One world's judge: it keeps its own books and never asks the code under test whether something is allowed."""

    def __init__(self) -> None:
        self.dossiers: dict[str, Dossier] = {}
        self.acting: dict[Target, set[str]] = {}
        self.cells: Counter[Cell] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.lives = 0

    def admitted(self, run: Run, event: ev.Admitted, now: datetime) -> None:
        """Open a dossier."""
        self.dossiers[run.id] = Dossier(journal=[(now, event)])
        self.lives += 1
        self.cells["admitted", "", run.phase.value] += 1

    def turn(self, run: Run, effect: Effect, now: datetime) -> None:
        """Judge what the core wants next: lives are bounded, and a rest lies ahead."""
        dossier = self.dossiers[run.id]
        dossier.turns += 1
        self._must(dossier.turns < MOST_TURNS, "every run ends: too many turns")
        self._must(now < run.created_at + LONGEST_LIFE, "every run ends: too much time")
        if isinstance(effect, Rest):
            ahead = effect.until is not None and effect.until > now
            self._must(ahead, f"a rest lies ahead: {effect} at {now}")

    def asked(self, run_id: str, judgement: Judgement) -> None:
        """Remember what the guards really said last."""
        self.dossiers[run_id].said = judgement

    def voted(self, run: Run, digest_seen: str, human: str, now: datetime) -> None:
        """Remember which digest a human, by whatever door, had before their eyes when their yes was accepted."""
        approval = run.approval
        in_time = approval and now < approval.requested_at + run.order.approval.expires
        self._must(bool(in_time), "a vote after its time counts for nothing")
        yes = (digest_seen, human)
        self._must(yes not in self.dossiers[run.id].seen, "a human by two doors counts once")
        self.dossiers[run.id].seen.append(yes)

    def applying(self, run: Run, step: str, *, current: bool) -> None:
        """Judge a call of apply: never again while an earlier one is in doubt, unless the caller is a ghost."""
        dossier = self.dossiers[run.id]
        self._must(run.order.mode is not Mode.DRY_RUN, "a dry run never applies")
        if current:
            fresh = step not in dossier.in_doubt
            self._must(fresh, f"apply is never called twice without an observe between: {step}")
            dossier.in_doubt.add(step)

    def observed(self, run_id: str, step: str) -> None:
        """A look makes the earlier call certain."""
        self.dossiers[run_id].in_doubt.discard(step)

    def effect(self, token: str, count: int) -> None:
        """Judge the world itself: one token, one effect."""
        self._must(count <= 1, f"{token} took effect {count} times")

    def happened(self, before: Run, event: ev.Event, run: Run, now: datetime) -> None:
        """Judge one event and the run that follows from it."""
        dossier = self.dossiers[run.id]
        self.cells[event.kind, before.phase.value, run.phase.value] += 1
        if isinstance(event, ev.AnswerRefused):
            self._must(run == before, "a refusal changes nothing")
        allowed = TRANSITIONS[type(event)].get(before.phase, ())
        self._must(
            run.phase in allowed, f"{event.kind} led from {before.phase.value} to {run.phase.value}"
        )
        if isinstance(event, ev.IntentCommitted):
            self._gate(before, event, dossier, now)
        dossier.learn(event, now)
        if run.plan is None:
            dossier.seen.clear()
        if isinstance(event, ev.Judged) and event.judgement.ruling is Ruling.DEFER:
            waits = run.has_acted and now >= run.deadline and (run.not_before or now) > now
            self._must(not waits, "every run ends: no deferral outlives the deadline")
        if run.phase is not before.phase:
            self._moved(run, now)

    def _gate(self, run: Run, event: ev.IntentCommitted, dossier: Dossier, now: datetime) -> None:
        said, dossier.said = dossier.said, None
        self._must(run.order.mode is not Mode.DRY_RUN, "a dry run never applies")
        allowed = said is not None and said.ruling <= Ruling.ASK
        self._must(allowed, f"nothing is applied under deny or defer: {said}")
        if (said and said.ruling is Ruling.ASK) or _needs_yes(run, event.step):
            self._must(_has_yes(run, event.step, dossier), "the approved digest is the current one")
            in_time = run.has_acted or now < dossier.asked_at + run.order.approval.expires
            self._must(in_time, "nothing is begun under a yes that has lapsed")
        if not run.at(event.step).is_undo:
            self._must(dossier.fresh, "a plan that has waited is compared with the world first")
            self._must(not dossier.denied, "nothing but undoing follows a no")
        if not run.has_acted:
            self._must(now < run.deadline, "nothing is begun after the deadline")
        late = dossier.resolved and not dossier.changed
        self._must(not late, "no first change for an alert that has resolved")
        self._take(run, event.step)

    def _take(self, run: Run, step: str) -> None:
        change = run.at(step).change
        assert change is not None
        acting = self.acting.setdefault(change.target, set())
        acting.add(run.id)
        self._must(len(acting) == 1, f"at most one acting run per target: {acting}")

    def _moved(self, run: Run, now: datetime) -> None:
        held = run.phase in (Phase.ACTING, Phase.VERIFYING)
        if not held and run.outcome is not Outcome.OUTCOME_UNKNOWN:
            for acting in self.acting.values():
                acting.discard(run.id)
        if run.phase is Phase.CLOSED:
            self._closed(run, now)

    def _closed(self, run: Run, now: datetime) -> None:
        dossier = self.dossiers[run.id]
        journal = dossier.journal
        is_unknown, has_open = run.outcome is Outcome.OUTCOME_UNKNOWN, run.open_attempt is not None
        self._must(
            has_open == is_unknown or (is_unknown and _was_abandoned(journal)),
            "a run ends with an open attempt only where nobody knows",
        )
        clean = not (run.outcome in UNCHANGED and dossier.changed)
        self._must(clean, f"{run.outcome} says that nothing was changed")
        again = replay(run.id, tuple(journal))
        same = again == replace(run, fence=0, version=0)
        self._must(same, "replaying the journal gives the same run")
        self._must(next_effect(run, now) == Rest(None), "a closed run rests for ever")
        takes = [kind.__name__ for kind in EVENTS if Phase.CLOSED in TRANSITIONS.get(kind, {})]
        self._must(not takes and not _takes(run, journal), "a closed run takes no events")
        assert run.outcome is not None
        self.outcomes[run.outcome.value] += 1
        self._escalated(run, journal[-1][1], now)

    def _escalated(self, run: Run, closed: ev.Event, now: datetime) -> None:
        told = [message.kind for message in messages_for(run, closed, now)]
        failures, calls = told.count(MessageKind.FAILURE), told.count(MessageKind.ESCALATION)
        if run.outcome in UNFIXED:
            wanted = len(run.order.failure.escalations)
            self._must(failures == 1 and calls == wanted, f"escalates exactly once: {told}")

    def _must(self, holds: bool, law: str) -> None:
        if not holds:
            raise Violation(law)


def _needs_yes(run: Run, step_id: str) -> bool:
    if run.at(step_id).is_undo:
        return False
    step = run.order.step(step_id)
    asks = run.order.mode is Mode.APPROVE or step.approval_required
    return asks or step.safety is Safety.BLIND


def _has_yes(run: Run, step_id: str, dossier: Dossier) -> bool:
    """Whether enough people, with the digest of exactly these changes before them, said yes since it was last asked."""
    step = run.at(step_id)
    if run.plan is None or (not step.is_undo and step.change not in run.plan.changes):
        return False
    digest = make_plan(run.order.playbook_digest, run.plan.changes).digest
    humans = {human for seen, human in dossier.seen if seen == digest}
    return len(humans) >= run.order.approval.count


def _takes(run: Run, journal: Journal) -> bool:
    """Whether a closed run takes any event of its own life again."""
    for at, event in journal[-3:]:
        try:
            evolve(run, event, at)
        except IllegalEvent:
            continue
        return True
    return False


def _was_abandoned(journal: Journal) -> bool:
    """Say whether a person gave an attempt up whose outcome nobody could observe: its step is closed with the run."""
    last = [event for _, event in journal if isinstance(event, ev.Settled)][-1:]
    return any(event.settlement is ev.Settlement.ABANDON for event in last)
