"""Moves one run of a replay on: what the core wants next is answered with what is assumed, and recorded as always."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from remediator.core import effects as do
from remediator.core import events as ev
from remediator.core.change import Change
from remediator.core.errors import IllegalEvent, InvalidExpression, RemediatorError
from remediator.core.events import Measure, Stage
from remediator.core.facts import Answer, Known
from remediator.core.guards.approval import CONDITION
from remediator.core.identity import Identity, OwnMachine
from remediator.core.languages import Conditions
from remediator.core.lifecycle import next_effect
from remediator.core.person import Person
from remediator.core.plaintext import one_line
from remediator.core.run import Run
from remediator.core.target import Target
from remediator.core.verdict import Judgement, Ruling
from remediator.engine.attempts import intend
from remediator.engine.judging import Surroundings, judge_now, targets_of
from remediator.engine.observer import variables
from remediator.engine.recognition import SIGNS_IN, refusal
from remediator.engine.recorder import Recorder
from remediator.rehearsal.replay.assumed import Answers, Assumptions
from remediator.rehearsal.replay.ledger import Ledger

Names = Callable[[Target], Identity]
_MOST = 500


class Actor:
    """Drives runs, at the moment that the clock shows."""

    def __init__(
        self,
        ledger: Ledger,
        recorder: Recorder,
        conditions: Conditions,
        answers: Answers,
        assumptions: Assumptions,
        protected: tuple[str | OwnMachine, ...],
    ) -> None:
        self._ledger: Any = ledger  # as much of a transaction as this needs
        self._recorder = recorder
        self._conditions = conditions
        self._answers = answers
        self._assumptions = assumptions
        self._protected = protected
        self._ends: dict[str, datetime] = {}

    async def drive(self, run_ids: Sequence[str], now: datetime) -> None:
        """Do all that can be done now for runs that are due at one moment: in turns, as workers do side by side."""
        under_way = list(run_ids)
        for _ in range(_MOST):
            under_way = [each for each in under_way if not await self._rests(each, now)]
            if not under_way:
                return
        raise IllegalEvent(f"{under_way[0]} does not come to rest")

    async def _rests(self, run_id: str, now: datetime) -> bool:
        """Do the next thing for a run; True where there is nothing left to do now."""
        if self._waits_for_its_step(self._ledger.runs[run_id], now):
            return True
        run: Run = self._ledger.runs[run_id]
        effect = next_effect(run, now)
        if isinstance(effect, do.Rest):
            self._ledger.wake(run_id, effect.until)
            return True
        near = self._near(run)
        event = refusal(run, near, now) if isinstance(effect, SIGNS_IN) else None
        events = (event,) if event else await self._events(run, effect, near, now)
        self._recorder.record(self._ledger, run, events, now)
        return False

    def _waits_for_its_step(self, run: Run, now: datetime) -> bool:
        """Let a step last as long as is assumed."""
        attempt = run.open_attempt
        if attempt is None:
            return False
        ends = self._ends.setdefault(run.id, now + self._assumptions.step_takes)
        if now < ends:
            self._ledger.wake(run.id, ends)
            return True
        del self._ends[run.id]
        measure = Measure(summary="assumed: it worked")
        self._recorder.record(
            self._ledger, run, (ev.Applied(step=attempt.step, measure=measure),), now
        )
        return False

    async def _events(
        self, run: Run, effect: do.Effect, near: Surroundings, now: datetime
    ) -> tuple[ev.Event, ...]:
        match effect:
            case do.Note(events=events):
                return events
            case do.Diagnose():
                return (ev.Diagnosed(evidence=()),)
            case do.Judge(stage=stage):
                return (ev.Judged(stage=stage, judgement=await self._judged(run, near, now)),)
            case do.Propose(step=step):
                return (self._proposed(run, step, now),)
            case do.Ask(reasons=reasons):
                return self._asked(run, reasons)
            case do.Confirm():
                return (ev.PlanConfirmed(digest=run.plan.digest if run.plan else ""),)
            case do.Consider(step=step):
                return (ev.StepWanted(step=step),)
            case do.Hold(step=step):
                return (await self._gate(run, step, near, now),)
            case do.Undo(step=step):
                return (ev.UndoProposed(step=step, change=None, reason="nothing is undone here"),)
        checks = run.order.verify.checks
        held = Answer(known=Known.HOLDS, detail="assumed: it worked", at=now)
        return (ev.Looked(answers={check.key: held for check in checks}),)

    async def _judged(self, run: Run, near: Surroundings, now: datetime) -> Judgement:
        answers = {**await self._answers.of(run.order, now), **self._condition(run, now)}
        return judge_now(self._ledger, run, answers, near, now)

    async def _gate(self, run: Run, step: str, near: Surroundings, now: datetime) -> ev.Event:
        judgement = await self._judged(run, near, now)
        asked = judgement.ruling is Ruling.ASK and run.is_approved
        if judgement.ruling is not Ruling.ALLOW and not asked:
            return ev.Judged(stage=Stage.GATE, judgement=judgement)
        return intend(self._ledger, run, step, f"{run.id}/{step}", now, near)

    def _near(self, run: Run) -> Surroundings:
        known = {target: Identity(target=target) for target in targets_of(run)}
        return Surroundings(protected=self._protected, identities=known)

    def _proposed(self, run: Run, step_id: str, now: datetime) -> ev.Event:
        step = run.order.step(step_id)
        try:
            if step.when and not self._conditions.holds(step.when, variables(run, now)):
                return ev.StepSkipped(step=step_id, reason=f"when: {step.when} does not hold")
        except InvalidExpression as error:
            return ev.ProposalFailed(step=step_id, reason=str(error), transient=False)
        change = Change(
            step=step_id,
            action=step.action,
            target=run.order.target,
            intent=dict(step.parameters),
            version="assumed",
            summary=one_line(f"{step.action} (assumed)"),
            effect=step.effect,
            before={},
            after={},
        )
        return ev.Proposed(step=step_id, change=change)

    def _asked(self, run: Run, reasons: tuple[str, ...]) -> tuple[ev.Event, ...]:
        digest = run.plan.digest if run.plan else ""
        asked = ev.ApprovalRequested(
            approval=f"apr_{run.id}_{digest[:8]}", digest=digest, reasons=reasons, history=""
        )
        if not self._assumptions.people_say_yes:
            return (asked,)
        names = run.order.approval.users or tuple(f"assumed {n}" for n in range(10))
        people = names[: run.order.approval.count]
        votes = (ev.Voted(person=_somebody(n), digest=digest, approve=True) for n in people)
        return (asked, *votes)

    def _condition(self, run: Run, now: datetime) -> dict[str, Answer]:
        text = run.order.approval.when
        if text is None:
            return {}
        try:
            known = (
                Known.HOLDS if self._conditions.holds(text, variables(run, now)) else Known.FAILS
            )
        except RemediatorError as error:
            return {CONDITION: Answer(known=Known.UNKNOWN, detail=str(error))}
        return {CONDITION: Answer(known=known, detail=text)}


def _somebody(name: str) -> Person:
    return Person(name=name, door="replay", identities=(name,))
