"""What is asked of the store about a playbook's past; part of `ports.store`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from remediator.core.track_record import PastRun
from remediator.ports.drills import DrillReader


class TrackRecordReader(Protocol):
    """Questions about one playbook; each reads its newest rows and no more."""

    def past_runs(self, playbook: str, limit: int) -> tuple[PastRun, ...]:
        """Return what a record takes from the newest runs of a playbook, the newest first."""
        ...

    def alerts_without_run(self, playbook: str, limit: int) -> Mapping[str, int]:
        """Count the different alerts among a playbook's newest `limit` decisions of which it took none for a run, by
        the decision; those that it did not match are left out."""
        ...


class PlaybookPast(TrackRecordReader, DrillReader, Protocol):
    """All questions about what became of playbooks."""
