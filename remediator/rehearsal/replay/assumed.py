"""What a replay takes for granted where nobody can know any more; every use is counted, and told at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from remediator.core.facts import Answer, Known
from remediator.core.guards import GUARDS, settings_of
from remediator.core.order import Order
from remediator.core.playbook import CheckOrder

Ask = Callable[[CheckOrder, Order, datetime], Awaitable[Answer | None]]
"""Asks a check about a moment of the past; None where nobody remembers."""


async def nobody_knows(check: CheckOrder, order: Order, at: datetime) -> Answer | None:
    """Return None: there is no memory of the world."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """How things go that did not happen. `step_takes` is how long a step lasts; people say yes at once, or never."""

    step_takes: timedelta = timedelta(minutes=1)
    people_say_yes: bool = True


@dataclass(slots=True)
class Answers:
    """Answers the checks that guards ask: from the memory of the world, else as they would have let the run go on."""

    ask: Ask = nobody_knows
    asked: int = 0
    assumed: Counter[str] = field(default_factory=Counter)

    async def of(self, order: Order, now: datetime) -> Mapping[str, Answer]:
        """Return the answers to all questions of an order's guards."""
        found: dict[str, Answer] = {}
        for guard, check in _questions(order):
            answer = await self.ask(check, order, now)
            self.asked += answer is not None
            if answer is None:
                self.assumed[f"{guard}: {check.kind}"] += 1
            found[check.key] = answer or _letting_pass(guard, now)
        return found


def _questions(order: Order) -> Iterator[tuple[str, CheckOrder]]:
    for guard in GUARDS:
        if guard.name in order.guards:  # by default none asks
            for check in guard.questions(settings_of(order, guard)):
                yield guard.name, check


def _letting_pass(guard: str, now: datetime) -> Answer:
    """What a guard has to hear to say nothing; a population of none leaves what is allowed of any."""
    known = Known.FAILS if guard == "forbid" else Known.HOLDS
    value = None if guard in ("forbid", "require") else 0.0
    return Answer(known=known, detail="assumed: it is not known any more", value=value, at=now)
