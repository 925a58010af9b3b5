"""Problems: what is wrong in a file, where, and what would help. Values, so that all of them are shown at once.

Made by every reader of this folder, shown by `remediator check`, the daemon at start and `POST /-/reload`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a problem keeps the file from being used."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong. Lines and columns count from 1; `hint` is a full sentence."""

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}]: {self.text}"

    @property
    def text(self) -> str:
        """The message and the hint in one line."""
        return f"{self.message}. {self.hint}" if self.hint else self.message


def has_errors(problems: Iterable[Problem]) -> bool:
    """Say whether any of these is more than a warning."""
    return any(problem.severity is Severity.ERROR for problem in problems)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems by file and position, each once."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda p: (p.file, p.line, p.column)))


def errors_first(problems: Iterable[Problem]) -> str:
    """Return every problem, a line each, for whoever was refused because of the errors."""
    found = tuple(problems)
    errors = [str(p) for p in found if p.severity is Severity.ERROR]
    return "\n".join((*errors, *(str(p) for p in found if p.severity is not Severity.ERROR)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `Did you mean …?` where a known word is close, else nothing."""
    close = difflib.get_close_matches(word[:100], list(known), n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`?" if close else ""
