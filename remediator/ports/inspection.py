"""What `check --online` finds when it asks outside systems whether they would let us do our work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is; an error makes the check fail."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: `where` in the outside world (`slack #sre`), what was seen, and what would help."""

    level: Level
    where: str
    text: str
    hint: str = ""


def unreachable(where: str, playbooks: Iterable[Iterable[str]], key: str) -> Finding:
    """Say that playbooks are loaded for what the settings do not lead to."""
    names = ", ".join(dict.fromkeys(name for each in playbooks for name in each))
    text = f"{names} cannot do anything: the settings have no {key}"
    return Finding(level=Level.WARNING, where=where, text=text)
