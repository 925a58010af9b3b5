"""The simulated world: things with values and versions, and what may go wrong when they are changed or looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from remediator.core.change import Change, Nothing, Safety
from remediator.core.errors import Permanent, Stale, Transient, Uncertain
from remediator.core.events import Observation
from remediator.core.order import Order
from remediator.core.playbook import StepOrder
from tests.simulation.law import Law
from tests.simulation.orders import EPOCH, target_of

LUCK = ("ok", "transient", "permanent", "stale", "uncertain", "uncertain but done", "on its way")
LUCK_WEIGHTS = (70, 8, 4, 4, 5, 5, 4)


@dataclass(slots=True)
class Thing:
    """One thing that can be changed. `receipts` counts the tokens that it has seen, `spent` are refused fences."""

    value: int = 0
    version: int = 0
    receipts: Counter[str] = field(default_factory=Counter)
    spent: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flight:
    """An effect that the world will make later, after it gave no answer."""

    lands: int
    change: Change
    token: str


class World:
    """Everything outside. `elapsed` is honest seconds; `lie` is how far the wall clock has jumped ahead of them."""

    def __init__(self, dice: Random, law: Law) -> None:
        self.dice = dice
        self.law = law
        self.elapsed = 0
        self.lie = 0
        self.now: datetime = EPOCH
        self.things: dict[tuple[object, str], Thing] = {}
        self.flights: list[Flight] = []

    def wait(self, seconds: int) -> None:
        """Let honest time pass; whatever is on its way lands."""
        self.elapsed += seconds
        self.now = EPOCH + timedelta(seconds=self.elapsed + self.lie)
        for flight in [f for f in self.flights if f.lands <= self.elapsed]:
            self.flights.remove(flight)
            self._make_so(flight.change, flight.token)

    def jump(self, seconds: int) -> None:
        """Put the wall clock forward although no time has passed."""
        self.lie += seconds
        self.wait(0)

    def drift(self) -> None:
        """Let somebody else change a thing."""
        if self.things:
            thing = self.dice.choice(list(self.things.values()))
            thing.version += 1
            thing.value = self.dice.randrange(4)

    def thing(self, change: Change) -> Thing:
        """What a change is about."""
        return self.things[(change.target, change.action)]

    def propose(self, order: Order, step: StepOrder) -> Change | Nothing:
        """Look, and say what would have to be changed."""
        target = target_of(order, step.id)
        thing = self.things.setdefault((target, step.action), Thing())
        wanted = step.parameters["to"]
        if thing.value == wanted:
            return Nothing(reason="as wanted already")
        return Change(
            step=step.id,
            action=step.action,
            target=target,
            intent={"to": wanted},
            version=str(thing.version),
            summary=f"set to {wanted}",
            effect=step.effect,
            before={"to": thing.value},
        )

    def propose_undo(self, change: Change) -> Change | None:
        """Say how a change can be taken back, if it can."""
        if not change.reversible or self.dice.random() < 0.1:
            return None
        return Change(
            step=f"undo:{change.step}",
            action=change.action,
            target=change.target,
            intent={"to": change.before["to"]},
            version=str(self.thing(change).version),
            summary="take back",
            effect=change.effect,
        )

    def apply(self, change: Change, safety: Safety, token: str, fence: int, seconds: int) -> None:
        """Make it so, or not: conditionally on the version (but for blind changes), once per receipt."""
        thing = self.thing(change)
        if fence <= thing.spent.get(token, -1):
            raise Permanent("the token is spent")
        luck = self.dice.choices(LUCK, LUCK_WEIGHTS)[0]
        moved = safety is not Safety.BLIND and str(thing.version) != change.version
        if moved or luck == "stale":
            raise Stale("the world moved")
        if luck == "transient":
            raise Transient("try later")
        if luck == "permanent":
            raise Permanent("refused")
        if luck == "on its way":
            lands = self.elapsed + self.dice.randrange(max(seconds, 1))
            self.flights.append(Flight(lands, change, token))
        elif luck != "uncertain":
            self._make_so(change, token)
        if luck != "ok":
            raise Uncertain("no answer")

    def observe(self, change: Change, safety: Safety, token: str, fence: int) -> Observation:
        """Say truly what became of a token, or that it cannot be said. Asking for a receipt spends its token."""
        thing = self.thing(change)
        if self.dice.random() < 0.08:
            return self.dice.choice((Observation.PENDING, Observation.UNKNOWABLE))
        if safety is Safety.RECEIPT:
            thing.spent[token] = max(fence, thing.spent.get(token, 0))
        if any(f.token == token for f in self.flights):
            return Observation.PENDING
        if safety is Safety.BLIND:
            return Observation.UNKNOWABLE
        if thing.receipts[token]:
            return Observation.APPLIED
        same = str(thing.version) == change.version
        return Observation.NOT_APPLIED if same else Observation.DIVERGED

    def _make_so(self, change: Change, token: str) -> None:
        thing = self.thing(change)
        thing.version += 1
        thing.value = change.intent["to"]
        thing.receipts[token] += 1
        self.law.effect(token, thing.receipts[token])
