"""What came of tests: which passed, and what was not as expected, each with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from remediator.config.case_reader import Case
from remediator.documents.problem import Problem
from remediator.documents.yaml_source import KeyPath, Mark
from remediator.rehearsal.seen import Lived


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as expected, and where that stands. Both sides are lines for people."""

    file: str
    mark: Mark
    what: str
    expected: tuple[str, ...]
    actual: tuple[str, ...]

    @property
    def place(self) -> str:
        """`FILE:LINE:COLUMN`."""
        return f"{self.file}:{self.mark.line}:{self.mark.column}"

    @property
    def sentence(self) -> str:
        """Both sides in one line."""
        wanted, actual = ", ".join(self.expected), ", ".join(self.actual)
        return (
            f"{self.what}: expected {wanted}, got {actual}" if wanted else f"{self.what}: {actual}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One test and what came of it."""

    case: Case
    differences: tuple[Difference, ...] = ()
    lived: Lived = field(default_factory=lambda: Lived(moments=()))
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.differences

    @property
    def place(self) -> Mark:
        """Where the test begins."""
        return self.case.source.mark(self.case.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything. Where there are `problems` that are errors, no test was run."""

    results: tuple[Result, ...] = ()
    problems: tuple[Problem, ...] = ()
    files: int = 0

    @property
    def failed(self) -> tuple[Result, ...]:
        """Those that did not pass."""
        return tuple(each for each in self.results if not each.passed)


def difference_at(
    case: Case, path: KeyPath, expected: tuple[str, ...], actual: tuple[str, ...]
) -> Difference:
    """Return a difference at a path of the file of a test."""
    words = [str(part) for part in path[len(case.path) :] if part != "expect"]
    return Difference(
        file=shown(case.source.file),
        mark=case.source.mark(path, of_key=isinstance(path[-1], str)),
        what=".".join(words) or "test",
        expected=expected,
        actual=actual,
    )


def shown(file: str) -> str:
    """Return a file's name relative to where we are, as whoever annotates a repository needs it."""
    path = Path(file)
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return file
