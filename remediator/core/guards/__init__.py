"""Guards: pure rules over a run and its facts. One file per guard; `judge` asks them all, and the strictest wins.

A new file of this folder with a `GUARD` is found by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from remediator.core.facts import Answer, Facts, Tally
from remediator.core.guards.guard import Domain, Guard, Subject, Together
from remediator.core.order import Order
from remediator.core.playbook import CheckOrder
from remediator.core.target import Target
from remediator.core.verdict import Judgement


def _discover() -> Iterator[Guard]:
    for module in iter_modules(__path__):
        guard = getattr(import_module(f"{__name__}.{module.name}"), "GUARD", None)
        if guard is not None:
            yield guard


GUARDS: tuple[Guard, ...] = tuple(_discover())


def settings_of(order: Order, guard: Guard) -> object:
    """Return the settings of one guard for this order; its defaults where nothing was said."""
    return order.guards.get(guard.name) or _defaults(guard.settings)


@cache
def _defaults(settings: type) -> object:
    """Return the settings where nothing was said; they are frozen, so one of each does."""
    return settings()


def tallies_for(order: Order) -> tuple[Tally, ...]:
    """Return everything that must be counted before this order can be judged, each once."""
    return tuple(dict.fromkeys(t for g in GUARDS for t in g.tallies(settings_of(order, g))))


def questions_for(order: Order) -> tuple[CheckOrder, ...]:
    """Return every check that must be made before this order can be judged, each once."""
    asked = (q for g in GUARDS for q in g.questions(settings_of(order, g)))
    return tuple({question.key: question for question in asked}.values())


def domain_of(order: Order, targets: tuple[Target, ...]) -> Domain | None:
    """Return the failure domain in which an order acts; None where domains do not matter to it."""
    asked = (guard.domain(settings_of(order, guard), order, targets) for guard in GUARDS)
    return next((domain for domain in asked if domain), None)


def together_of(order: Order, answers: Mapping[str, Answer]) -> Together | None:
    """Return what has to be counted of the alerts that fire together; None where that does not matter."""
    asked = (guard.together(settings_of(order, guard), order, answers) for guard in GUARDS)
    return next((together for together in asked if together), None)


def judge(subject: Subject, facts: Facts) -> Judgement:
    """Ask every guard; those without an objection leave no verdict, but for what they have seen."""
    asked = (guard for guard in GUARDS if subject.order.steps or not guard.about_changes)
    verdicts = (guard.judge(settings_of(subject.order, guard), subject, facts) for guard in asked)
    return Judgement(verdicts=tuple(v for v in verdicts if v is not None))
