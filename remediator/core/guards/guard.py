"""What every guard is: settings, the facts it needs, and one pure function; each file of this folder makes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from remediator.core.change import Plan
from remediator.core.facts import Answer, Facts, Tally
from remediator.core.order import Order
from remediator.core.playbook import CheckOrder
from remediator.core.target import Target
from remediator.core.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged: a run's order and, once there is one, its plan.

    `targets` are all targets that the run may touch, `names` what else they are called; `acted` says whether it has
    committed an intent (so that it is counted already), `changed` whether that has, or may have, changed the world;
    `held` whether a silence holds it back so far.
    """

    run_id: str
    order: Order
    plan: Plan | None
    targets: tuple[Target, ...]
    acted: bool = False
    changed: bool = False
    held: bool = False
    names: tuple[Target, ...] = ()

    @property
    def called(self) -> tuple[Target, ...]:
        """The targets under every name that is known."""
        return tuple(dict.fromkeys((*self.targets, *self.names)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The question whether anybody acts in another failure domain, or has within the last `per`; "" is unknown."""

    name: str
    per: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The question how many targets of this playbook fire that began to at most `per` before this one, counted to
    just above `most`."""

    per: timedelta
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One rule. `settings` is a frozen dataclass with defaults; its values come from the playbook, settings and floors.

    `judge(settings, subject, facts)` returns a verdict, or None where this guard has nothing to say. `tallies` and
    `questions` name what must be known first (history is counted before a run's first change only: afterwards
    `subject.acted` is true and counting guards say nothing); `stricter(a, b)` returns the settings that
    allow least (for floors). `domain` and `together` are the two further questions about what else goes on.
    One that is `about_changes` is not asked about an order without steps.
    """

    name: str
    settings: type
    judge: Callable[[Any, Subject, Facts], Verdict | None]
    tallies: Callable[[Any], tuple[Tally, ...]] = lambda settings: ()
    questions: Callable[[Any], tuple[CheckOrder, ...]] = lambda settings: ()
    stricter: Callable[[Any, Any], Any] = lambda own, floor: floor
    domain: Callable[[Any, Order, tuple[Target, ...]], Domain | None] = lambda *asked: None
    together: Callable[[Any, Order, Mapping[str, Answer]], Together | None] = lambda *asked: None
    about_changes: bool = True


def later(now: datetime, *moments: datetime | None) -> datetime | None:
    """Return the latest of these moments that lies ahead."""
    return max((m for m in moments if m is not None and m > now), default=None)
