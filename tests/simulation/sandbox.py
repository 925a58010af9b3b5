"""A small outside world as actions and checks of the real engine: things with values and versions, and bad luck.

What gave no answer may still happen, until the step's time is over; who looks before that is too early.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from random import Random

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import Partial, Permanent, Stale, Transient, Uncertain
from remediator.core.events import Measure, Observation
from remediator.core.facts import Answer, Known
from remediator.core.target import Target
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.check import Check, Question
from remediator.testing.world import SetParameters, WorldParameters
from tests.simulation.engine_law import EngineLaw

LUCK = (
    "ok",
    "transient",
    "permanent",
    "partial",
    "stale",
    "uncertain",
    "done",
    "on its way",
    "hangs",
)
WEIGHTS = (68, 7, 4, 2, 4, 4, 5, 4, 2)
KNOWN = (Known.HOLDS, Known.FAILS, Known.UNKNOWN)
CUT: ContextVar[Callable[[], Awaitable[None]]] = ContextVar("cut")
"""Where whoever looks or acts may be stopped; each replica has its own."""


@dataclass(slots=True)
class Thing:
    """One thing that can be changed; `spent` are the tokens that are refused, by the fence they were asked under."""

    value: int = 0
    version: int = 0
    receipts: Counter[str] = field(default_factory=Counter)
    spent: dict[str, int] = field(default_factory=dict)


class Sandbox:
    """Everything outside."""

    def __init__(self, dice: Random, law: EngineLaw) -> None:
        self.dice = dice
        self.law = law
        self.things: dict[tuple[Target, str], Thing] = {}
        self.flying: dict[str, float] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def thing(self, target: Target, action: str) -> Thing:
        return self.things.setdefault((target, action), Thing())

    def drift(self) -> None:
        """Let somebody else change a thing."""
        if self.things:
            thing = self.dice.choice(list(self.things.values()))
            thing.version += 1
            thing.value = self.dice.randrange(4)

    def write(self, change: Change, token: str) -> None:
        """Make a change so; who writes twice by one token breaks the law."""
        thing = self.thing(change.target, change.action)
        thing.version += 1
        thing.value = change.intent["to"]
        thing.receipts[token] += 1
        self.law.effect(token, thing.receipts[token])

    def write_later(self, change: Change, token: str, seconds: float) -> None:
        """Send a change on its way."""
        now = asyncio.get_running_loop().time()
        self.flying[token] = now + seconds

        async def land() -> None:
            await asyncio.sleep(seconds)
            del self.flying[token]
            if token not in self.thing(change.target, change.action).spent:
                self.write(change, token)

        task = asyncio.get_running_loop().create_task(land())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


@dataclass(frozen=True, slots=True)
class Proposer:
    """Looks at one facet of a target; `size` is the volume under a host, `pods` the deployment on it."""

    world: Sandbox
    facet: str
    safety: Safety
    effect: ActionEffect

    async def propose(self, request: Request) -> Change | Nothing:
        if self.world.dice.random() < 0.05:
            raise self.world.dice.choice((Transient, Transient, Permanent))("no answer")
        target = target_of(request.target, self.facet)
        thing = self.world.thing(target, self.facet)
        if thing.value == request.parameters.to:
            return Nothing(reason="as wanted already")
        return Change(
            step=request.step,
            action=self.facet,
            target=target,
            intent={"to": request.parameters.to},
            version=str(thing.version),
            summary=f"set {thing.value} to {request.parameters.to}",
            effect=self.effect,
            before={"to": thing.value},
        )

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        self.world.law.observing(ticket, self.safety, flying=ticket.token in self.world.flying)
        await CUT.get()()
        return Sight(observation=self._seen(change, ticket), detail="looked")

    def _seen(self, change: Change, ticket: Ticket) -> Observation:
        if self.world.dice.random() < 0.06:
            return self.world.dice.choice((Observation.PENDING, Observation.UNKNOWABLE))
        thing = self.world.thing(change.target, change.action)
        if self.safety is Safety.RECEIPT:
            thing.spent[ticket.token] = max(ticket.fence, thing.spent.get(ticket.token, 0))
        if self.safety is Safety.BLIND:
            return Observation.UNKNOWABLE
        if thing.receipts[ticket.token]:
            return Observation.APPLIED
        same = str(thing.version) == change.version
        return Observation.NOT_APPLIED if same else Observation.DIVERGED

    async def undo(self, change: Change, measure: Measure) -> Change | None:
        thing = self.world.thing(change.target, change.action)
        if self.world.dice.random() < 0.1:
            return None
        back = {"to": change.before["to"]}
        return replace(change, intent=back, version=str(thing.version), summary="take back")


@dataclass(frozen=True, slots=True)
class Applier:
    """Changes one facet, with luck."""

    world: Sandbox
    safety: Safety

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        self.world.law.applying_by(ticket)
        thing = self.world.thing(change.target, change.action)
        if ticket.fence <= thing.spent.get(ticket.token, -1):
            raise Permanent("the token is spent")
        luck = self.world.dice.choices(LUCK, WEIGHTS)[0]
        moved = self.safety is not Safety.BLIND and str(thing.version) != change.version
        if moved or luck == "stale":
            raise Stale("the world moved")
        refusals = {"transient": Transient, "permanent": Permanent}
        if luck in refusals:
            raise refusals[luck]("refused")
        if luck in ("on its way", "hangs"):
            seconds = self.world.dice.uniform(0, ticket.timeout.total_seconds())
            self.world.write_later(change, ticket.token, seconds)
        elif luck != "uncertain":
            self.world.write(change, ticket.token)
        await CUT.get()()
        if luck == "hangs":
            await asyncio.Event().wait()
        if luck == "partial":
            raise Partial("1 of 2")
        if luck != "ok":
            raise Uncertain("no answer")
        return Measure(summary="done", freed_bytes=change.intent["to"] * 1000)


class Checker:
    """Answers at random, and says whether it was told the truth about the alert."""

    def __init__(self, world: Sandbox) -> None:
        self._world = world

    async def ask(self, question: Question) -> Answer:
        self._world.law.asking(question)
        await CUT.get()()
        known = self._world.dice.choices(KNOWN, (6, 2, 1))[0]
        return Answer(known=known, detail="the world said so")


def target_of(host: Target, facet: str) -> Target:
    """Return what a step changes: the host, the volume under it, or the deployment that runs there."""
    kind = facet.partition("-")[0]
    if kind == "pods":
        return Target("deployment", f"shop/{host.name}")
    return Target("volume", host.name) if kind == "size" else host


def actions_of(world: Sandbox) -> Mapping[str, Action]:
    """Return an action for every facet and way to doubt it."""
    found = {}
    for kind in ("disk", "size", "pods"):
        for safety in (Safety.CONVERGENT, Safety.RECEIPT, Safety.DETECTABLE, Safety.BLIND):
            irreversible = safety in (Safety.RECEIPT, Safety.BLIND) and kind != "size"
            effect = ActionEffect.IRREVERSIBLE if irreversible else ActionEffect.REVERSIBLE
            name = f"{kind}-{safety.value}"
            found[name] = _action(world, name, safety, effect)
    return found


def _action(world: Sandbox, name: str, safety: Safety, effect: ActionEffect) -> Action:
    return Action(
        name=name,
        doc="Set a number.",
        parameters=SetParameters,
        effect=effect,
        safety=safety,
        targets=("host",),
        example=f"{name}: {{to: 1}}",
        proposer=lambda reads: Proposer(world, name, safety, effect),
        applier=lambda reads, writes: Applier(world, safety),
    )


def checks_of(world: Sandbox) -> Mapping[str, Check]:
    """Return the one check there is."""
    check = Check(
        name="world",
        doc="Ask the world.",
        parameters=WorldParameters,
        shorthand="is_",
        example="world: fine",
        checker=lambda reads: Checker(world),
    )
    return {check.name: check}
