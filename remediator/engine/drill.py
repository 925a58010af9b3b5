"""Propose every playbook on every target that is known, for real, with what only looks; bounded in time and load.

No guard is asked but `protected`: whether an alert would be answered now is what `plan` says. What is asked here is
whether it could be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from remediator.core import events as ev
from remediator.core.alert import Alert
from remediator.core.change import Nothing
from remediator.core.drill import (
    DrillLimits,
    DrillReport,
    DrillResult,
    DrillWanted,
    Help,
    Sight,
    StepSight,
    helped,
    worse_than,
)
from remediator.core.duration import format_duration
from remediator.core.errors import InputError, Missing, Refused, RemediatorError
from remediator.core.evolution import admit
from remediator.core.identity import OwnMachine
from remediator.core.order import Order
from remediator.core.playbook import AfterFailure, Mode, StepOrder
from remediator.core.run import Run
from remediator.core.selection import select
from remediator.core.target import Target
from remediator.engine.admission import Rules
from remediator.engine.drill_candidates import (
    Candidate,
    Candidates,
    candidates,
    drilled,
    past_alerts,
    rotated,
)
from remediator.engine.observer import Observer
from remediator.engine.recognition import recognise, refusal
from remediator.ports.ambient import Ambient
from remediator.ports.store import Reader, Store

_SOURCE = "drill"
_DEADLINE = timedelta(minutes=10)
WHILE_SOMEBODY_WAITS = DrillLimits(
    targets=50, within=timedelta(seconds=25), each=timedelta(seconds=20)
)


class Drill:
    """Drills. `known` are the targets that the settings name one by one."""

    def __init__(
        self,
        *,
        store: Store,
        ambient: Ambient,
        observer: Observer,
        rules: Callable[[], Rules],
        protected: Callable[[], tuple[str | OwnMachine, ...]],
        known: Callable[[], Iterable[Target]],
    ) -> None:
        self._store = store
        self._ambient = ambient
        self._observer = observer
        self._rules = rules
        self._protected = protected
        self._known = known

    async def run(self, wanted: DrillWanted, limits: DrillLimits, night: str = "") -> DrillReport:
        """Drill until all is asked or the time is up; compare with the drill before. Raise InvalidTarget,
        Refused."""
        began_at, before = self._ambient.now(), await self._store.read(_last)
        found = await self._candidates(wanted)
        chosen = rotated(found.found, limits.targets, night)
        results = await self._all(chosen, limits)
        return DrillReport(
            night=night or f"{began_at:%Y-%m-%d}",
            began_at=began_at,
            ended_at=self._ambient.now(),
            results=tuple(sorted(results, key=lambda result: result.key)),
            unnamed=found.why_not(),
            left=len(found.found) - len(results),
            worse=worse_than(before, results),
            is_first=before is None,
        )

    async def _candidates(self, wanted: DrillWanted) -> Candidates:
        """Find what to ask about; a large site has more of it than the event loop should wait for."""
        playbooks, known = self._rules().index.playbooks, tuple(self._known())
        if wanted.playbook and not any(each.name == wanted.playbook for each in playbooks):
            raise Refused("not_found", f"there is no playbook {wanted.playbook}")
        past = [(each, await self._past(each.name)) for each in drilled(playbooks, wanted)]
        return await asyncio.to_thread(candidates, past, wanted, known, self._ambient.now())

    async def _past(self, playbook: str) -> Mapping[Target, Alert]:
        return await self._store.read(lambda reader: past_alerts(reader, playbook))

    async def now(self, wanted: DrillWanted) -> DrillReport:
        """Drill a few targets, for no longer than somebody waits; nothing is stored. Raise InvalidTarget, Refused."""
        return await self.run(wanted, WHILE_SOMEBODY_WAITS)

    async def _all(self, chosen: Sequence[Candidate], limits: DrillLimits) -> Sequence[DrillResult]:
        """Ask about all, so many at once; what is not answered when the time is up is left."""
        room = asyncio.Semaphore(limits.at_once)
        tasks = {asyncio.create_task(self._one(c, limits.each, room)): c for c in chosen}
        if not tasks:
            return ()
        try:
            done, _ = await asyncio.wait(tasks, timeout=limits.within.total_seconds())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return [_outcome(tasks[task], task) for task in done]

    async def _one(
        self, candidate: Candidate, each: timedelta, room: asyncio.Semaphore
    ) -> DrillResult:
        async with room:
            try:
                async with asyncio.timeout(each.total_seconds()):
                    return await self._asked(candidate)
            except TimeoutError:
                return _cannot(candidate, f"no answer within {format_duration(each)}")

    async def _asked(self, candidate: Candidate) -> DrillResult:
        order, reason = self._order(candidate)
        playbook, target = candidate.playbook.name, str(candidate.target)
        if order is None:
            return DrillResult(playbook=playbook, target=target, help=Help.KEPT_OUT, reason=reason)
        now = self._ambient.now()
        event = ev.Admitted(order=order, episode=_SOURCE, ordinal=1, deadline=now + _DEADLINE)
        run = admit(self._ambient.new_id("run"), event, now)
        near = await recognise(self._observer, self._protected, run)
        if stopped := refusal(run, near, now):
            said = stopped.judgement.verdicts[0].reason
            return DrillResult(playbook=playbook, target=target, help=Help.KEPT_OUT, reason=said)
        return helped(playbook, target, await self._steps(run))

    def _order(self, candidate: Candidate) -> tuple[Order | None, str]:
        """Return the order for the imagined alert; or why the playbook would not take this target from it."""
        rules = self._rules()
        selection = select(candidate.playbook, candidate.alert, rules.environments)
        if not selection.is_selected:
            return None, selection.reason
        try:
            order = rules.render(selection, candidate.alert, _SOURCE)
        except InputError as error:
            return None, str(error)
        if order.target != candidate.target:
            return None, f"the alert that was imagined names {order.target}"
        return replace(order, mode=Mode.DRY_RUN), ""

    async def _steps(self, run: Run) -> list[StepSight]:
        found: list[StepSight] = []
        for step in run.order.steps:
            found.append(await self._step(run, step))
            if found[-1].stops:
                break
        return found

    async def _step(self, run: Run, step: StepOrder) -> StepSight:
        stops = step.after_failure is not AfterFailure.CONTINUE
        now = self._ambient.now()
        try:
            if step.when and not await self._observer.holds(step.when, run, now):
                text = f"when: {step.when} does not hold"
                return StepSight(step=step.id, sight=Sight.LEFT_OUT, text=text)
            change = await self._observer.propose(step, run.order.target, now)
        except Missing as error:
            stops = stops and step.required
            return StepSight(step=step.id, sight=Sight.MISSING, text=error.detail, stops=stops)
        except RemediatorError as error:
            return StepSight(step=step.id, sight=Sight.FAILED, text=str(error), stops=stops)
        if isinstance(change, Nothing):
            return StepSight(step=step.id, sight=Sight.NOTHING, text=change.reason)
        return StepSight(step=step.id, sight=Sight.READY, text=change.summary)


def _last(reader: Reader) -> DrillReport | None:
    return reader.last_drill()


def _outcome(candidate: Candidate, task: asyncio.Task[DrillResult]) -> DrillResult:
    """Return what came of one; a bug in an action is told of its target, and ends nothing else."""
    error = task.exception()
    return _cannot(candidate, f"{type(error).__name__}: {error}") if error else task.result()


def _cannot(candidate: Candidate, reason: str) -> DrillResult:
    target = str(candidate.target)
    return DrillResult(
        playbook=candidate.playbook.name, target=target, help=Help.NONE, reason=reason
    )
