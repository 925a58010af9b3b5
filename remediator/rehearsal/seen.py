"""What can be seen of a life at one moment; expectations are held against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from remediator.core.alert import Alert
from remediator.core.facts import Known
from remediator.core.messages import Message
from remediator.core.run import Run
from remediator.engine.recorder import Moved
from remediator.ports.store import DecisionRecord
from remediator.rehearsal.given_answers import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message that people were told, and by which channel."""

    at: datetime
    channel: str
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One moment of a life: decisions and runs oldest first, and all that people were told until then."""

    at: timedelta
    start: datetime
    alerts: tuple[Alert, ...]
    decisions: tuple[DecisionRecord, ...]
    runs: tuple[Run, ...]
    heard: tuple[Heard, ...]

    def of_playbook(self, playbook: str, alert: int | None) -> Seen:
        """Return what concerns one playbook, and one alert where it is named by its number."""
        known = {a.fingerprint for a in self.alerts} if alert is None else self._fingerprint(alert)
        runs = tuple(
            run
            for run in self.runs
            if run.order.playbook == playbook and run.order.alert.fingerprint in known
        )
        ids = {run.id for run in runs}
        return Seen(
            at=self.at,
            start=self.start,
            alerts=self.alerts,
            decisions=tuple(
                each
                for each in self.decisions
                if each.playbook == playbook and each.fingerprint in known
            ),
            runs=runs,
            heard=tuple(
                each for each in self.heard if not each.message.run_id or each.message.run_id in ids
            ),
        )

    def _fingerprint(self, alert: int) -> set[str]:
        return {each.fingerprint for each in self.alerts[alert - 1 : alert]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A life: what was seen at each moment that is asked about and at the last, and every event of its runs.

    `is_whole` says whether anything is asked of it that lies behind its plans. `problems` are people, by their number,
    who could not do what they wanted; `broken` is what must not happen at all.
    """

    moments: tuple[Seen, ...]
    problems: tuple[tuple[int, str], ...] = ()
    simulated: frozenset[str] = frozenset()
    broken: tuple[str, ...] = ()
    moves: tuple[Moved, ...] = ()
    is_whole: bool = True
    last: Seen | None = None
    answered: frozenset[tuple[Place, Known]] = frozenset()
