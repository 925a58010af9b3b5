"""What is asked of the store about drills; part of `ports.store`. The newest few are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from remediator.core.drill import DrillReport


class DrillReader(Protocol):
    """Questions."""

    def last_drill(self) -> DrillReport | None:
        """Return the report of the newest drill that ended."""
        ...


class DrillWriter(Protocol):
    """Changes."""

    def begin_drill(self, night: str, at: datetime) -> bool:
        """Take a night's drill, once for all replicas and for ever; False where somebody has it, or had."""
        ...

    def end_drill(self, report: DrillReport) -> None:
        """Keep the report of a drill that was begun, and forget the oldest."""
        ...
