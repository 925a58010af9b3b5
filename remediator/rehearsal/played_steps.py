"""The actions of a life. Where the test gives a world, the shipped action works on it; else its step is simulated.

A simulated step plans its parameters, and goes as the test says under `given.steps`; that some were is told with the
results. Nothing here reaches any machine.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from remediator.config.case_shape import WORDS, GivenShape, StepGivenShape
from remediator.core.change import ActionEffect, Change, Nothing
from remediator.core.errors import Missing, Partial, Permanent, Stale, Transient, Uncertain
from remediator.core.events import Measure, Observation
from remediator.core.plaintext import one_line
from remediator.core.run import UNDO_PREFIX
from remediator.core.target import Target, parse_target
from remediator.ports.action import Action, Applier, Proposer, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.rehearsal.given_answers import Told
from remediator.rehearsal.played_world import NotPlayed

_SEEN = {
    "applied": Observation.APPLIED,
    "not_applied": Observation.NOT_APPLIED,
    "pending": Observation.PENDING,
    "diverged": Observation.DIVERGED,
    "unknowable": Observation.UNKNOWABLE,
}
_WORKS = StepGivenShape()


@dataclass(slots=True)
class PlayedSteps:
    """What the steps of one life share. `simulated` are the actions for which no world was given, `taking_back` the
    changes that undo others."""

    given: GivenShape
    told: Told
    kinds: frozenset[str]
    simulated: set[str] = field(default_factory=set)
    taking_back: list[Change] = field(default_factory=list)
    _tries: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _real: set[tuple[str, str]] = field(default_factory=set)

    def actions(self, known: Mapping[str, Action]) -> Mapping[str, Action]:
        """Return every action, played."""
        return _PlayedActions(known, self)

    def played(self, action: Action) -> Action:
        """Return one action as it is played."""
        return replace(
            action,
            proposer=lambda reads: PlayedProposer(self, action, reads),
            applier=lambda reads, writes: PlayedApplier(self, action, reads, writes),
        )

    def rule(self, step: str, action: str) -> StepGivenShape:
        """Return how a step goes."""
        steps = self.given.steps
        found = steps.get(step.removeprefix(UNDO_PREFIX), steps.get(action, _WORKS))
        return WORDS[found] if isinstance(found, str) else found

    def next_of(self, what: str, step: str, target: Target, said: str | tuple[str, ...]) -> str:
        """Return what happens at this try; the last word goes for all that follow."""
        words = (said,) if isinstance(said, str) else said
        key = (what, step, str(target))
        self._tries[key] += 1
        return words[min(self._tries[key], len(words)) - 1]

    def is_real(self, change: Change) -> bool:
        """Whether a change was planned by the shipped action in a given world."""
        return (change.step.removeprefix(UNDO_PREFIX), str(change.target)) in self._real

    def planned_really(self, change: Change) -> None:
        """Note that a change was."""
        self._real.add((change.step, str(change.target)))


class _PlayedActions(Mapping[str, Action]):
    """Every action, each played when it is asked for."""

    def __init__(self, known: Mapping[str, Action], steps: PlayedSteps) -> None:
        self._known = known
        self._steps = steps

    def __getitem__(self, name: str) -> Action:
        return self._steps.played(self._known[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


@dataclass(frozen=True, slots=True)
class PlayedProposer:
    """Plans in the given world, or in none."""

    steps: PlayedSteps
    action: Action
    reads: Reads

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        rule = self.steps.rule(request.step, self.action.name)
        match self.steps.next_of("plan", request.step, request.target, rule.plan):
            case "nothing":
                return Nothing(reason="given by the test: there is nothing to change")
            case "refused":
                raise Permanent("given by the test: it cannot be planned")
            case "unreachable":
                raise Transient("given by the test: it cannot be reached")
            case "no_tool":
                raise Missing("given by the test: its tool is not there")
            case "moved":
                return replace(self._simulated(request, rule), version="moved")
        return await self._planned(request, rule)

    async def _planned(self, request: Request, rule: StepGivenShape) -> Change | Nothing:
        if request.target.kind in self.steps.kinds:
            try:
                found = await self._shipped().propose(request)
            except NotPlayed:
                return self._simulated(request, rule)
            if isinstance(found, Change):
                self.steps.planned_really(found)
            return found
        return self._simulated(request, rule)

    def _simulated(self, request: Request, rule: StepGivenShape) -> Change:
        action, parameters = self.action, request.parameters
        self.steps.simulated.add(action.name)
        intent = parameters.model_dump(mode="json", exclude_none=True, by_alias=True)
        said = ", ".join(f"{key} {value}" for key, value in intent.items())
        return Change(
            step=request.step,
            action=action.name,
            target=parse_target(rule.target) if rule.target else request.target,
            intent=intent,
            version="given",
            summary=rule.summary or one_line(f"{action.name} {said}".strip()),
            effect=action.effect_of(parameters) if action.effect_of else action.effect,
            before=rule.before,
            after=rule.after,
        )

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """See ports.action.Proposer."""
        rule = self.steps.rule(change.step, self.action.name)
        if self.steps.is_real(change) and rule.apply == "works":
            return await self._shipped().observe(change, ticket)
        seen = self.steps.next_of("seen", change.step, change.target, rule.seen)
        if seen == "unreachable":
            raise Transient("given by the test: nobody can look")
        return Sight(observation=_SEEN[seen], detail=f"given by the test: {seen}")

    async def undo(self, change: Change, measure: Measure) -> Change | None:
        """See ports.action.Proposer."""
        rule = self.steps.rule(change.step, self.action.name)
        if rule.undo == "impossible":
            return None
        back = await self._taken_back(change, measure)
        if back is not None:
            self.steps.taking_back.append(back)
        return back

    async def _taken_back(self, change: Change, measure: Measure) -> Change | None:
        if self.steps.is_real(change):
            return await self._shipped().undo(change, measure)
        if change.effect is not ActionEffect.REVERSIBLE:
            return None
        return replace(change, summary=f"take back: {change.summary}", intent=change.before)

    def _shipped(self) -> Proposer:
        return self.action.proposer(self.reads)


@dataclass(frozen=True, slots=True)
class PlayedApplier:
    """Changes the given world, or none, with the luck that the test gives."""

    steps: PlayedSteps
    action: Action
    reads: Reads
    writes: Writes

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """See ports.action.Applier."""
        rule = self.steps.rule(change.step, self.action.name)
        await asyncio.sleep(rule.takes.total_seconds())
        await _meet(self._luck(change, rule))
        measure = await self._applied(change, ticket, rule)
        self.steps.told.applied |= {change.step, change.action}
        return measure

    def _luck(self, change: Change, rule: StepGivenShape) -> str:
        if change in self.steps.taking_back:
            return rule.undo
        return self.steps.next_of("apply", change.step, change.target, rule.apply)

    async def _applied(self, change: Change, ticket: Ticket, rule: StepGivenShape) -> Measure:
        if self.steps.is_real(change):
            shipped: Applier = self.action.applier(self.reads, self.writes)
            return await shipped.apply(change, ticket)
        return Measure(summary=change.summary, freed_bytes=rule.frees)


async def _meet(luck: str) -> None:
    """Have the luck that a test gives; return where there is nothing in the way."""
    match luck:
        case "fails":
            raise Permanent("given by the test: it fails")
        case "in_part":
            raise Partial("given by the test: it failed half-way")
        case "busy":
            raise Transient("given by the test: it is busy")
        case "lost":
            raise Uncertain("given by the test: the answer was lost")
        case "moved":
            raise Stale("given by the test: the world moved")
        case "hangs":
            await asyncio.Event().wait()
