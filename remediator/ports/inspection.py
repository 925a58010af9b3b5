"""What `check --online` finds when it asks outside systems whether they would let us do our work."""

from __future__ import annotations

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
