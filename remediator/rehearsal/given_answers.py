"""The checks of a life: those that the test answers by name; for all else the shipped ones, over the played world."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from remediator.config.case_shape import AnswerShape, GivenShape, check_field
from remediator.core.facts import Answer, Known, unknown
from remediator.core.guards import GUARDS, settings_of
from remediator.core.order import Order
from remediator.core.playbook import CheckOrder
from remediator.ports.check import Check, Checker, Question
from remediator.ports.gateways import Reads

_KNOWN = {"holds": Known.HOLDS, "fails": Known.FAILS, "unknown": Known.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a playbook asks a check: a guard, `verify` or `unless`, and the how manieth check it is there."""

    playbook: str
    where: str
    number: int


@dataclass(slots=True)
class _Asked:
    """One question, as its check is given it, and everywhere it is asked."""

    parameters: object
    text: str
    places: set[Place]


@dataclass(slots=True)
class Told:
    """What a life knows that its checks are asked about: how late it is, what was applied, and where checks stand.

    `answered` is what was answered where.
    """

    now: Callable[[], datetime]
    start: datetime
    applied: set[str] = field(default_factory=set)
    answered: set[tuple[Place, Known]] = field(default_factory=set)
    _asked: dict[str, list[_Asked]] = field(default_factory=dict)

    @property
    def elapsed(self) -> timedelta:
        """How long the life has lasted."""
        return self.now() - self.start

    def note(self, order: Order, checks: Mapping[str, Check]) -> None:
        """Remember where an order asks which checks."""
        for place, check in _places(order):
            asked = self._asked.setdefault(check.kind, [])
            parameters = checks[check.kind].parameters.model_validate(dict(check.parameters))
            found = next((each for each in asked if each.parameters == parameters), None)
            if found is None:
                asked.append(_Asked(parameters, check.text, {place}))
            else:
                found.places.add(place)

    def of(self, kind: str, question: Question) -> tuple[str, set[Place]]:
        """Return the text of a question, and the places where it is asked."""
        for asked in self._asked.get(kind, ()):
            if asked.parameters == question.parameters:
                return asked.text, asked.places
        return "", set()


def _places(order: Order) -> Iterator[tuple[Place, CheckOrder]]:
    for guard in GUARDS:
        for number, check in enumerate(guard.questions(settings_of(order, guard))):
            yield Place(order.playbook, guard.name, number), check
    for number, check in enumerate(order.verify.checks):
        yield Place(order.playbook, "verify", number), check
    for number, step in enumerate(order.steps):
        for check in step.unless:
            yield Place(order.playbook, "unless", number), check


@dataclass(frozen=True, slots=True)
class Remembering:
    """Passes a question on, and remembers its answer."""

    kind: str
    told: Told
    checker: Checker

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        answer = await self.checker.ask(question)
        _, places = self.told.of(self.kind, question)
        self.told.answered |= {(place, answer.known) for place in places}
        return answer


@dataclass(frozen=True, slots=True)
class GivenChecker:
    """Answers as the test says; the last answer that fits counts, and without one nothing is known."""

    kind: str
    rules: tuple[AnswerShape, ...]
    told: Told

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        text, places = self.told.of(self.kind, question)
        fitting = [rule for rule in self.rules if self._fits(rule, question, text, places)]
        if not fitting:
            return unknown("the test gives no answer to this")
        rule = fitting[-1]
        detail = rule.detail or f"given by the test: {rule.is_}"
        return Answer(known=_KNOWN[rule.is_], detail=detail, value=rule.value, at=question.now)

    def _fits(self, rule: AnswerShape, question: Question, text: str, places: set[Place]) -> bool:
        elapsed, told = self.told.elapsed, self.told
        return (
            (rule.in_ is None or rule.in_ in {place.where for place in places})
            and (rule.about is None or rule.about in text)
            and (rule.target is None or rule.target == str(question.target))
            and rule.from_ <= elapsed
            and (rule.until is None or elapsed < rule.until)
            and (rule.after is None or rule.after in told.applied)
        )


def given_checks(checks: Mapping[str, Check], given: GivenShape, told: Told) -> Mapping[str, Check]:
    """Return all checks, with those in place that the test answers by name; what each answers is remembered."""
    return {name: _heard(check, given, told) for name, check in checks.items()}


def _heard(check: Check, given: GivenShape, told: Told) -> Check:
    written = getattr(given, check_field(check.name), None)
    answers = GivenChecker(check.name, _rules(written), told) if written is not None else None

    def checker(reads: Reads) -> Checker:
        return Remembering(check.name, told, answers or check.checker(reads))

    return replace(check, checker=checker)


def _rules(written: Any) -> tuple[AnswerShape, ...]:
    if isinstance(written, AnswerShape):
        return (written,)
    if isinstance(written, str):
        return (AnswerShape.model_validate({"is": written}),)
    if isinstance(written, dict):
        places = written.items()
        return tuple(AnswerShape.model_validate({"is": word, "in": p}) for p, word in places)
    return tuple(written)
