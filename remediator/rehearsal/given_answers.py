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
from remediator.ports.check import Check, Question

_KNOWN = {"holds": Known.HOLDS, "fails": Known.FAILS, "unknown": Known.UNKNOWN}


@dataclass(slots=True)
class Told:
    """What a life knows that its checks are asked about: how late it is, what was applied, and where checks stand."""

    now: Callable[[], datetime]
    start: datetime
    applied: set[str] = field(default_factory=set)
    _asked: dict[str, list[tuple[object, str, set[str]]]] = field(default_factory=dict)

    @property
    def elapsed(self) -> timedelta:
        """How long the life has lasted."""
        return self.now() - self.start

    def note(self, order: Order, checks: Mapping[str, Check]) -> None:
        """Remember where an order asks which checks."""
        for place, check in _places(order):
            asked = self._asked.setdefault(check.kind, [])
            parameters = checks[check.kind].parameters.model_validate(dict(check.parameters))
            found = next((each for each in asked if each[0] == parameters), None)
            if found is None:
                asked.append((parameters, check.text, {place}))
            else:
                found[2].add(place)

    def of(self, kind: str, question: Question) -> tuple[str, set[str]]:
        """Return the text of a question, and the places where it is asked."""
        for parameters, text, places in self._asked.get(kind, ()):
            if parameters == question.parameters:
                return text, places
        return "", set()


def _places(order: Order) -> Iterator[tuple[str, CheckOrder]]:
    for guard in GUARDS:
        for check in guard.questions(settings_of(order, guard)):
            yield guard.name, check
    for check in order.verify.checks:
        yield "verify", check
    for step in order.steps:
        for check in step.unless:
            yield "unless", check


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

    def _fits(self, rule: AnswerShape, question: Question, text: str, places: set[str]) -> bool:
        elapsed, told = self.told.elapsed, self.told
        return (
            (rule.in_ is None or rule.in_ in places)
            and (rule.about is None or rule.about in text)
            and (rule.target is None or rule.target == str(question.target))
            and rule.from_ <= elapsed
            and (rule.until is None or elapsed < rule.until)
            and (rule.after is None or rule.after in told.applied)
        )


def given_checks(checks: Mapping[str, Check], given: GivenShape, told: Told) -> Mapping[str, Check]:
    """Return all checks, with those in place that the test answers by name."""
    said = given.model_fields_set
    return dict(checks) | {
        name: _answered(check, getattr(given, check_field(name)), told)
        for name, check in checks.items()
        if check_field(name) in said
    }


def _answered(check: Check, written: Any, told: Told) -> Check:
    checker = GivenChecker(check.name, _rules(written), told)
    return replace(check, checker=lambda reads: checker)


def _rules(written: Any) -> tuple[AnswerShape, ...]:
    if isinstance(written, AnswerShape):
        return (written,)
    if isinstance(written, str):
        return (AnswerShape.model_validate({"is": written}),)
    if isinstance(written, dict):
        places = written.items()
        return tuple(AnswerShape.model_validate({"is": word, "in": p}) for p, word in places)
    return tuple(written)
