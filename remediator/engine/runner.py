"""Drive one claimed run: ask the core what to do next, do that one thing, write down what happened, again.

Looks are buffered and written with the next decision; intents and outcomes are written before anything else happens.
Whatever goes wrong between an intent and its outcome leaves the intent behind, and the next claim observes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from remediator.core import events as ev
from remediator.core.change import Nothing, still_holds
from remediator.core.effects import (
    Apply,
    Ask,
    Confirm,
    Consider,
    Diagnose,
    Hold,
    Judge,
    Note,
    Observe,
    Propose,
    Rest,
    Undo,
    Verify,
)
from remediator.core.errors import (
    ActionError,
    IllegalEvent,
    InvalidExpression,
    LeaseLost,
    Missing,
    Permanent,
    StoreUnavailable,
    Transient,
)
from remediator.core.events import Stage
from remediator.core.facts import Answer, Known
from remediator.core.guards import questions_for
from remediator.core.guards.silenced import minds_silences
from remediator.core.identity import OwnMachine
from remediator.core.lifecycle import next_effect, step_order
from remediator.core.playbook import CheckOrder
from remediator.core.run import Run, StepProgress, StepState
from remediator.core.verdict import Judgement, Ruling
from remediator.engine.attempts import granted, intend, ticket
from remediator.engine.clock import heed_clock
from remediator.engine.history import last_time
from remediator.engine.judging import Surroundings, judge_now
from remediator.engine.observer import Executor, Observer
from remediator.engine.outcomes import left_out, outcome_of
from remediator.engine.recognition import SIGNS_IN, recognise, refusal
from remediator.engine.run_writer import Decide, Draft, Writer
from remediator.ports.ambient import Ambient
from remediator.ports.check import Question
from remediator.ports.parameters import NoParameters
from remediator.ports.store import Store, Transaction

GATE_TO_APPLY = timedelta(seconds=10)
_STORE_AGAIN_SECONDS = 0.5


class Runner:
    """Drives runs of one kind: with an executor, or (dry runs) without."""

    def __init__(
        self,
        *,
        store: Store,
        run_writer: Writer,
        ambient: Ambient,
        observer: Observer,
        executor: Executor | None,
        protected: Callable[[], tuple[str | OwnMachine, ...]] = tuple,
    ) -> None:
        self._store = store
        self._run_writer = run_writer
        self._ambient = ambient
        self._observer = observer
        self._executor = executor
        self._recognise = partial(recognise, observer, protected)
        self._does: dict[type, Callable[[Draft, Any], Awaitable[None]]] = {
            Note: self._note,
            Diagnose: self._diagnose,
            Judge: self._judge,
            Propose: self._propose,
            Ask: self._ask,
            Confirm: self._confirm,
            Consider: self._consider,
            Hold: self._hold,
            Apply: self._doubt,
            Observe: self._observe,
            Verify: self._verify,
            Undo: self._undo,
        }

    async def drive(self, run: Run) -> str | None:
        """Do all that can be done for a run now, then give it back. Return what broke, where something did.

        Raise LeaseLost or StoreUnavailable. An intent that is left behind is observed by the next claim.
        """
        draft = Draft(run)
        try:
            while not await self._step(draft):
                pass
            if not draft.is_given_back:
                await self._run_writer.give_back(draft)
        except (LeaseLost, StoreUnavailable):
            raise
        except Exception as error:  # one broken run, action or check must not stop the others
            return f"{type(error).__name__}: {error}"
        return None

    async def _step(self, draft: Draft) -> bool:
        """Do the next thing; True where there is nothing left to do now, or the run is no longer ours."""
        if draft.is_given_back:
            return True
        effect = next_effect(draft.run, self._ambient.now())
        if isinstance(effect, SIGNS_IN) and await self._is_refused(draft):
            return False
        if not isinstance(effect, Rest):
            await self._does[type(effect)](draft, effect)
            return False
        if draft.looks:
            await self._run_writer.save(draft)
        return isinstance(next_effect(draft.run, self._ambient.now()), Rest)

    async def _note(self, draft: Draft, effect: Note) -> None:
        await self._run_writer.save(draft)

    # looking

    async def _is_refused(self, draft: Draft) -> bool:
        """Stop a run on a protected target before anybody signs in there, be it only to look."""
        event = refusal(draft.run, await self._recognise(draft.run), self._ambient.now())
        if event:
            self._look(draft, event)
        return event is not None

    async def _diagnose(self, draft: Draft, effect: Diagnose) -> None:
        order = draft.run.order
        evidence = await self._observer.evidence(order.diagnose, order.target)
        self._look(draft, ev.Diagnosed(evidence=evidence))

    async def _propose(self, draft: Draft, effect: Propose) -> None:
        step_id = effect.step
        step = draft.run.order.step(step_id)
        try:
            if step.when and not await self._observer.holds(
                step.when, draft.run, self._ambient.now()
            ):
                self._look(
                    draft, ev.StepSkipped(step=step_id, reason=f"when: {step.when} does not hold")
                )
                return
            change = await self._observer.propose(step, draft.run.order.target, self._ambient.now())
        except (ActionError, InvalidExpression) as error:
            self._look(draft, left_out(step, error) or _proposal_failed(step_id, error))
            return
        if isinstance(change, Nothing):
            self._look(draft, ev.StepSkipped(step=step_id, reason=change.reason))
            return
        self._look(draft, ev.Proposed(step=step_id, change=change))

    async def _confirm(self, draft: Draft, effect: Confirm) -> None:
        """Look once more at everything that is still to be changed, because time has passed since it was planned."""
        waiting = [s for s in draft.run.progress if s.change and s.state is StepState.WAITING]
        digest = draft.run.plan.digest if draft.run.plan else ""
        for step in waiting:
            try:
                problem = await self._differs(draft.run, step)
            except (ActionError, InvalidExpression) as error:
                self._look(draft, _proposal_failed(step.step, error))
                return
            if problem:
                self._look(draft, ev.PlanVoided(digest=digest, reason=problem))
                return
        self._look(draft, ev.PlanConfirmed(digest=digest))

    async def _differs(self, run: Run, step: StepProgress) -> str | None:
        order, now = run.order.step(step.step), self._ambient.now()
        if order.when and not await self._observer.holds(order.when, replace(run, plan=None), now):
            return f"step {step.step}: when: {order.when} does not hold any more"
        try:
            proposed = await self._observer.propose(order, run.order.target, now, step.change)
        except Missing as error:
            if order.required:
                raise
            return f"step {step.step}: {error.detail}"
        return still_holds(step.change, proposed) if step.change else None

    async def _consider(self, draft: Draft, effect: Consider) -> None:
        """Make the `unless` checks. Not acting is the careful side, so a step of unknown need is left out."""
        step_id = effect.step
        step = step_order(draft.run, step_id)
        checks = step.unless + (draft.run.order.verify.checks if step.unless_verified else ())
        known = _together(await self._answers(draft.run, checks))
        match known:
            case Known.FAILS:
                self._look(draft, ev.StepWanted(step=step_id))
            case Known.HOLDS:
                self._look(draft, ev.StepSkipped(step=step_id, reason="no longer needed"))
            case Known.UNKNOWN:
                reason = "it is not known whether it is still needed"
                self._look(draft, ev.StepSkipped(step=step_id, reason=reason))

    async def _verify(self, draft: Draft, effect: Verify) -> None:
        answers = await self._answers(draft.run, draft.run.order.verify.checks)
        self._look(draft, ev.Looked(answers=answers))

    async def _undo(self, draft: Draft, effect: Undo) -> None:
        step_id = effect.step
        done = draft.run.at(step_id)
        change, reason = None, "cannot be undone"
        try:
            if done.change and done.change.reversible:
                change = await self._observer.undo(done.change, done.measure)
        except ActionError as error:
            reason = error.detail
        self._look(
            draft, ev.UndoProposed(step=step_id, change=change, reason="" if change else reason)
        )

    async def _answers(self, run: Run, checks: tuple[CheckOrder, ...]) -> dict[str, Answer]:
        return await self._observer.answers(checks, await self._question(run)) if checks else {}

    async def _question(self, run: Run) -> Question:
        episode = await self._store.read(lambda reader: reader.episode(run.episode))
        return Question(
            parameters=NoParameters(),
            alert=run.order.alert,
            target=run.order.target,
            now=self._ambient.now(),
            alert_firing=run.alert_resolved_at is None,
            alert_seen_at=episode.seen_at if episode else None,
        )

    async def _live(self, run: Run) -> dict[str, Answer]:
        answers = await self._answers(run, questions_for(run.order))
        answers |= await self._observer.condition(run, self._ambient.now())
        if minds_silences(run.order):
            answers |= await self._observer.silences(lambda: self._question(run))
        return answers

    def _look(self, draft: Draft, event: ev.Event) -> None:
        draft.add(event, self._ambient.now())

    # deciding

    async def _judge(self, draft: Draft, effect: Judge) -> None:
        answers, near = await self._live(draft.run), await self._recognise(draft.run)

        def judged(tx: Transaction, run: Run, now: datetime) -> tuple[ev.Event, ...]:
            return (
                ev.Judged(
                    stage=effect.stage,
                    judgement=judge_now(tx, run, answers, near, now, counts=False),
                ),
            )

        await self._run_writer.save(draft, judged, expected=effect)

    async def _ask(self, draft: Draft, effect: Ask) -> None:
        approval = self._ambient.new_id("apr")

        def asked(tx: Transaction, run: Run, now: datetime) -> tuple[ev.Event, ...]:
            digest = run.plan.digest if run.plan else ""
            history = last_time(tx, run, now)
            return (
                ev.ApprovalRequested(
                    approval=approval, digest=digest, reasons=effect.reasons, history=history
                ),
            )

        await self._run_writer.save(draft, asked, expected=effect)

    async def _hold(self, draft: Draft, effect: Hold) -> None:
        """Pass the intent gate, apply at once what it let through, and go straight on through the next gates.

        The outcome of a step and the next step's gate share a transaction where no live question stands between them.
        """
        if self._executor is None:
            raise Permanent(f"run {draft.run.id} is a dry run and has reached its gate")
        answers, token = await self._live(draft.run), self._ambient.new_id("att")
        is_asked = bool(answers)
        began, near = self._ambient.monotonic(), await self._recognise(draft.run)
        await self._run_writer.save(draft, self._gate(answers, token, near), expected=effect)
        while attempt := granted(draft.run, token):
            outcome = await self._try(draft.run, attempt, self._executor, began)
            token, began = self._ambient.new_id("att"), self._ambient.monotonic()
            await self._outcome(
                draft, outcome, *(() if is_asked else (self._gate({}, token, near),))
            )

    def _gate(self, answers: Mapping[str, Answer], token: str, near: Surroundings) -> Decide:
        """Return the decision that commits the intent of the step that is due, where the guards let it through."""

        def gate(tx: Transaction, run: Run, now: datetime) -> tuple[ev.Event, ...]:
            effect = next_effect(run, now)
            if not isinstance(effect, Hold) or not heed_clock(tx, self._ambient):
                return ()
            judgement = judge_now(tx, run, answers, near, now)
            if not _lets_through(run, judgement):
                return (ev.Judged(stage=Stage.GATE, judgement=judgement),)
            return (intend(tx, run, effect.step, token, now, near),)

        return gate

    async def _try(
        self, run: Run, attempt: StepProgress, executor: Executor, began: float
    ) -> ev.Event:
        step, change = attempt.step, attempt.change
        if change is None:
            return ev.NotApplied(step=step, reason="there is no change", retry=False)
        if self._ambient.monotonic() - began > GATE_TO_APPLY.total_seconds():
            return ev.NotApplied(
                step=step, reason="too much time passed after the gate", retry=True
            )
        try:
            return ev.Applied(step=step, measure=await executor.apply(change, ticket(run, attempt)))
        except ActionError as error:
            return outcome_of(step, run.plan.digest if run.plan else "", error)

    async def _observe(self, draft: Draft, effect: Observe) -> None:
        step_id = effect.step
        attempt = draft.run.at(step_id)
        if attempt.change is None:
            raise IllegalEvent(f"run {draft.run.id}: an intent without a change")
        try:
            sight = await self._observer.observe(attempt.change, ticket(draft.run, attempt))
        except ActionError as error:
            pending = ev.Observation.PENDING
            seen = ev.Observed(step=step_id, observation=pending, detail=error.detail)
        else:
            seen = ev.Observed(
                step=step_id,
                observation=sight.observation,
                detail=sight.detail,
                measure=sight.measure,
            )
        await self._outcome(draft, seen)

    async def _doubt(self, draft: Draft, effect: Apply) -> None:
        """An intent is applied by the gate that committed it; one found here was left behind."""
        reason = "the worker stopped between the intent and the change"
        await self._outcome(draft, ev.Doubted(step=effect.step, reason=reason))

    # writing down

    async def _outcome(self, draft: Draft, event: ev.Event, *then: Decide) -> None:
        """Store what became of an attempt, however long the store takes to come back."""
        while True:
            try:
                await self._run_writer.save(draft, lambda tx, run, now: (event,), *then)
                return
            except StoreUnavailable:
                await asyncio.sleep(_STORE_AGAIN_SECONDS)


def _lets_through(run: Run, judgement: Judgement) -> bool:
    ruling = judgement.ruling
    return ruling is Ruling.ALLOW or (ruling is Ruling.ASK and run.is_approved)


def _together(answers: Mapping[str, Answer]) -> Known:
    known = {answer.known for answer in answers.values()}
    if Known.FAILS in known:
        return Known.FAILS
    return Known.UNKNOWN if Known.UNKNOWN in known or not known else Known.HOLDS


def _proposal_failed(step: str, error: ActionError | InvalidExpression) -> ev.ProposalFailed:
    return ev.ProposalFailed(step=step, reason=str(error), transient=isinstance(error, Transient))
