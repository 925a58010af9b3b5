"""The fake store of the simulation: runs with fences and versions, journals (kept by the law), holds on targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from remediator.core import events as ev
from remediator.core.errors import LeaseLost
from remediator.core.events import Outcome
from remediator.core.evolution import admit, evolve
from remediator.core.run import Phase, Run
from remediator.core.target import Target
from tests.simulation.law import Law


@dataclass(slots=True)
class Row:
    """One stored run: when it is due, and when its claim may be taken over."""

    run: Run
    due: datetime
    version: int = 0
    lease: datetime | None = None


class Moved(Exception):
    """Somebody changed the run since it was read: what was worked out on the old one is dropped."""


class Recorder:
    """Every change is one step that nothing interrupts: fence compared, event folded, law asked."""

    def __init__(self, law: Law) -> None:
        self.law = law
        self.rows: dict[str, Row] = {}
        self.holders: dict[Target, str] = {}
        self.target_fence = 0

    def admit(self, run_id: str, event: ev.Admitted, now: datetime) -> None:
        """Insert a new run."""
        run = admit(run_id, event, now)
        self.rows[run_id] = Row(run=run, due=now)
        self.law.admitted(run, event, now)

    def claim(self, row: Row, lease: datetime) -> int:
        """Take a run: its fence grows."""
        row.run = replace(row.run, fence=row.run.fence + 1)
        row.lease = lease
        return row.run.fence

    def save(
        self,
        row: Row,
        fence: int,
        events: Sequence[ev.Event],
        now: datetime,
        version: int | None = None,
    ) -> None:
        """Append events as the holder of a fence; with `version`, only to the very run that was read."""
        if row.run.fence != fence or not row.run.is_open:
            raise LeaseLost("somebody else has this run")
        if version is not None and row.version != version:
            raise Moved
        for event in events:
            self.append(row, event, now)

    def append(self, row: Row, event: ev.Event, now: datetime) -> None:
        """Fold one event into a run; IllegalEvent changes nothing."""
        before = row.run
        after = evolve(before, event, now)
        self.law.happened(before, event, after, now)
        row.run = after
        row.version += 1
        if after.phase is not before.phase:
            self._let_go(after)

    def hold(self, target: Target, run_id: str) -> int | None:
        """Take a target (again is fine) and return its grown fence; None where another run has it."""
        if self.holders.setdefault(target, run_id) != run_id:
            return None
        self.target_fence += 1
        return self.target_fence

    def _let_go(self, run: Run) -> None:
        if run.phase in (Phase.ACTING, Phase.VERIFYING) or run.outcome is Outcome.OUTCOME_UNKNOWN:
            return
        for target in [t for t, holder in self.holders.items() if holder == run.id]:
            del self.holders[target]
