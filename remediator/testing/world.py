"""A small world with actions of its own: numbers on targets, with versions; it can refuse, hang, lose answers, move.

Engine tests, benchmarks and users' own tests use it where a real host would only be slow. `effects` lists every change
that really happened, by token, so that a test can say: once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import (
    ActionError,
    Interrupted,
    Partial,
    Permanent,
    Stale,
    Transient,
    Uncertain,
)
from remediator.core.events import Measure, Observation
from remediator.core.facts import Answer, Known
from remediator.core.target import Target
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.check import Check, Question
from remediator.ports.parameters import Parameters


@dataclass(slots=True)
class World:
    """The state of everything. `mishaps` are consumed one per apply, `refusals` one per look of the step of that id;
    `looks` are the answers of the check `world`.
    """

    values: dict[Target, int] = field(default_factory=dict)
    versions: dict[Target, int] = field(default_factory=dict)
    effects: list[tuple[str, Target, int]] = field(default_factory=list)
    mishaps: deque[str] = field(default_factory=deque)
    refusals: dict[str, deque[ActionError]] = field(default_factory=dict)
    looks: deque[Known] = field(default_factory=deque)
    default_look: Known = Known.HOLDS
    broken: bool = False
    blind: bool = False

    def move(self, target: Target) -> None:
        """Let somebody else change a target."""
        self.versions[target] = self.versions.get(target, 0) + 1

    def write(self, token: str, target: Target, value: int) -> None:
        """Change a target, once, and remember by which token."""
        self.values[target] = value
        self.effects.append((token, target, value))

    def was_written(self, token: str) -> bool:
        """Say whether a token left its change."""
        return any(effect[0] == token for effect in self.effects)


class SetParameters(Parameters):
    """Set a number on the target."""

    to: int = 1
    frees: int | None = None


class SetProposer:
    """Looks at a target's number."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def propose(self, request: Request) -> Change | Nothing:
        """Return the change, or nothing where the number is right already."""
        if self._world.broken:
            raise Transient("the world cannot be reached", target=str(request.target))
        if refusals := self._world.refusals.get(request.step):
            raise refusals.popleft()
        now, wanted = (
            self._world.values.get(request.target, 0),
            SetParameters.of(request.parameters),
        )
        if now == wanted.to:
            return Nothing(reason=f"is {wanted.to} already")
        return Change(
            step=request.step,
            action="world.set",
            target=request.target,
            intent={"to": wanted.to, "frees": wanted.frees},
            version=str(self._world.versions.get(request.target, 0)),
            summary=f"set {now} to {wanted.to}",
            effect=ActionEffect.REVERSIBLE,
            before={"value": now},
            after={"value": wanted.to},
        )

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Look for the token."""
        if self._world.broken:
            raise Transient("the world cannot be reached", target=str(change.target))
        if self._world.blind:
            return Sight(observation=Observation.UNKNOWABLE, detail="nobody can tell")
        seen = self._world.was_written(ticket.token)
        observation = Observation.APPLIED if seen else Observation.NOT_APPLIED
        return Sight(observation=observation, detail="looked for the token")

    async def undo(self, change: Change, measure: Measure) -> Change | None:
        """Set the number back."""
        return replace(
            change,
            intent={"to": change.before["value"], "frees": None},
            version=str(self._world.versions.get(change.target, 0)),
            summary="set it back",
        )


class SetApplier:
    """Sets a target's number; mishaps: `transient`, `interrupted`, `permanent`, `partial`, `stale`, `lost`,
    `lost-before`, `bug`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Set it, or have the next mishap."""
        mishap = self._world.mishaps.popleft() if self._world.mishaps else ""
        errors: Mapping[str, Exception] = {
            "transient": Transient("busy"),
            "permanent": Permanent("refused"),
            "partial": Partial("1 of 2"),
            "interrupted": Interrupted("1 of 2, then busy"),
            "stale": Stale("moved"),
            "lost-before": Uncertain("no answer"),
        }
        if mishap in errors:
            raise errors[mishap]
        if str(self._world.versions.get(change.target, 0)) != change.version:
            raise Stale("moved")
        self._world.write(ticket.token, change.target, change.intent["to"])
        if mishap == "lost":
            raise Uncertain("no answer")
        if mishap == "bug":
            raise ZeroDivisionError
        return Measure(summary=f"set to {change.intent['to']}", freed_bytes=change.intent["frees"])


class WorldParameters(Parameters):
    """Ask the world."""

    is_: str = "fine"


class WorldChecker:
    """Answers from the world's `looks`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def ask(self, question: Question) -> Answer:
        """Give the next answer."""
        known = self._world.looks.popleft() if self._world.looks else self._world.default_look
        return Answer(known=known, detail="the world said so")


def world_actions(world: World, safety: Safety = Safety.RECEIPT) -> Mapping[str, Action]:
    """Return the one action there is in this world."""
    action = Action(
        name="world.set",
        doc="Set a number on a target.",
        parameters=SetParameters,
        effect=ActionEffect.REVERSIBLE,
        safety=safety,
        targets=("host", "node"),
        example="world.set: {to: 1}",
        proposer=lambda reads: SetProposer(world),
        applier=lambda reads, writes: SetApplier(world),
    )
    return {action.name: action}


def world_checks(world: World) -> Mapping[str, Check]:
    """Return the one check there is in this world."""
    check = Check(
        name="world",
        doc="Ask the world.",
        parameters=WorldParameters,
        shorthand="is_",
        example="world: fine",
        checker=lambda reads: WorldChecker(world),
    )
    return {check.name: check}


class PlainConditions:
    """Conditions that are `true` or `false`, for tests that need no CEL."""

    def holds(self, text: str, variables: Mapping[str, object]) -> bool:
        """Return what the text says."""
        return text == "true"

    def is_quick(self, text: str, variables: Mapping[str, object]) -> bool:
        """Answer at once."""
        return True
