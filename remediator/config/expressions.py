"""Conditions (`when`) in CEL: type-checked when a playbook is loaded, budgeted when a run asks.

The implementation of `core.languages.Conditions`. The library's evaluator stops after 10 000 iterations, but has no
budget in bytes. What is surely cheap is evaluated here; all else in a process that is given up where it takes too much.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Any

from remediator.config.expression_cost import MOST_GIVEN, given_size, is_cheap
from remediator.config.expression_process import Apart
from remediator.core.errors import InvalidExpression

LONGEST_EXPRESSION = 2000
VARIABLES = ("labels", "annotations", "alert", "target", "plan", "facts", "now")
_MOST_GROWING_CALLS = 2
_GROWING = re.compile(r"\b(?:replace|join|format)\s*\(")
_WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_OPTIONALS = 3
_OPTIONAL = re.compile(r"\bopt(?:Flat)?Map\b")
_FIRST_ERROR = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*?)(?:\n|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ExpressionProblem:
    """Why a text is not a condition, and where in the text (from 1; 0 where that is not known)."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column} {self.message}" if self.line > 0 else self.message


class CelConditions:
    """Compiles each text once and keeps it; make one per loaded configuration."""

    def __init__(self) -> None:
        self._compiled: dict[str, Any] = {}
        self._apart = Apart()

    def problem(self, text: str) -> ExpressionProblem | None:
        """Return why the text is not a condition, or None where it is one."""
        if text in self._compiled:
            return None
        if len(text) > LONGEST_EXPRESSION:
            return ExpressionProblem(0, 0, f"longer than {LONGEST_EXPRESSION} characters")
        if len(_GROWING.findall(text)) > _MOST_GROWING_CALLS:
            return ExpressionProblem(0, 0, "more than two calls of replace, join or format")
        if (
            len(_OPTIONAL.findall(text)) > _MOST_OPTIONALS
        ):  # each doubles what the compiler writes out
            return ExpressionProblem(0, 0, "more than three calls of optMap or optFlatMap")
        try:
            compiled = self._environment.compile(text)
        except (RuntimeError, ValueError) as error:
            return _first_problem(str(error))
        kind = compiled.return_type().name()
        if kind not in ("BOOL", "DYN"):
            return ExpressionProblem(1, 1, f"is {kind.lower()}, but must be true or false")
        self._compiled[text] = compiled
        return None

    def holds(self, text: str, variables: Mapping[str, object]) -> bool:
        """Return the condition's value; raise InvalidExpression where it has none (which means no)."""
        if text not in self._compiled and (problem := self.problem(text)) is not None:
            raise InvalidExpression(f"{text}: {problem}")
        given = _given(text, variables)
        if is_cheap(text, given):
            return self.evaluated(text, given)
        if (size := given_size(given)) > MOST_GIVEN:
            raise InvalidExpression(f"{text}: is given {size} bytes to look at, more than 1 MiB")
        return self._apart.holds(text, given)

    def is_quick(self, text: str, variables: Mapping[str, object]) -> bool:
        """Say whether `holds` answers at once, so that the event loop may ask it."""
        return is_cheap(text, {name: variables[name] for name in _named(text, variables)})

    def close(self) -> None:
        """Give up what has been begun for expensive conditions."""
        self._apart.close()

    def evaluated(self, text: str, given: Mapping[str, object]) -> bool:
        """Return the value, found in this process, whatever it takes; raise InvalidExpression."""
        if text not in self._compiled and (problem := self.problem(text)) is not None:
            raise InvalidExpression(f"{text}: {problem}")
        try:
            result = self._compiled[text].eval(data=given)
        except (RuntimeError, ValueError, TypeError, OverflowError) as error:
            raise InvalidExpression(f"{text}: {_brief(str(error))}") from error
        value = result.value()
        if not isinstance(value, bool):
            raise InvalidExpression(f"{text}: {_brief(str(value))}")
        return value

    @cached_property
    def _environment(self) -> Any:
        from cel_expr_python import cel
        from cel_expr_python.ext import ext_math, ext_optional, ext_strings

        words = cel.Type.Map(cel.Type.STRING, cel.Type.STRING)
        kinds = dict.fromkeys(VARIABLES, cel.Type.DYN)
        kinds |= {"labels": words, "annotations": words, "now": cel.Type.TIMESTAMP}
        extensions = [ext_strings.ExtStrings(), ext_math.ExtMath(), ext_optional.ExtOptional()]
        return cel.NewEnv(variables=kinds, extensions=extensions)


def _given(text: str, variables: Mapping[str, object]) -> dict[str, object]:
    return {name: _plain(variables[name]) for name in _named(text, variables)}


def _named(text: str, variables: Mapping[str, object]) -> list[str]:
    """Return the variables that a text may speak about: what it does not name it is not given."""
    words = set(_WORDS.findall(text))
    return [name for name in variables if name in VARIABLES and name in words]


def _first_problem(text: str) -> ExpressionProblem:
    found = _FIRST_ERROR.search(text)
    if found is None:
        return ExpressionProblem(0, 0, _brief(text))
    message = re.sub(r" \(in container ''\)| \[INVALID_ARGUMENT\]| expecting \{.*", "", found[3])
    return ExpressionProblem(int(found[1]), int(found[2]), message[:300])


def _brief(text: str) -> str:
    """Cut the library's status words off: `NOT_FOUND: Key not found [NOT_FOUND]`."""
    words = re.sub(r"^(?:[A-Z_]+: )+|\s*\[[A-Z_]+\]$", "", text.strip())
    return words.splitlines()[0][:300] if words else "no value"


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str | datetime):
        return value
    return str(value)
