"""What `check --online` finds when it asks outside systems whether they would let us do our work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is; an error makes the check fail."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: `where` in the outside world (`slack #sre`), what was seen, and what would help.

    `place` is what it is about, where that stands in a file of ours.
    """

    level: Level
    where: str
    text: str
    hint: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCheck:
    """A check as a playbook writes it, templates and all. `place` says where one character of a parameter's text
    stands."""

    kind: str
    parameters: Mapping[str, object]
    place: Callable[[str, int], Place]


def unreachable(where: str, playbooks: Iterable[Iterable[str]], key: str) -> Finding:
    """Say that playbooks are loaded for what the settings do not lead to."""
    names = ", ".join(dict.fromkeys(name for each in playbooks for name in each))
    text = f"{names} cannot do anything: the settings have no {key}"
    return Finding(level=Level.WARNING, where=where, text=text)
