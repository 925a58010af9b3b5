"""`postgres.activity`: how a database's sessions stand, the longest transactions, and who waits for whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from remediator.core.errors import ActionError
from remediator.core.events import Evidence
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.postgres.api import POSTGRES, Databases, Session
from remediator.integrations.postgres.knowledge.sessions import told
from remediator.ports.parameters import Parameters
from remediator.ports.probe import Probe

_LONGEST_LINE = 200


class ActivityParameters(Parameters):
    """Show the `top` longest transactions, and as many that are waited for."""

    top: Annotated[int, Field(ge=1, le=20)] = 5


@dataclass(frozen=True, slots=True)
class ActivityProber:
    """Reads pg_stat_activity and the locks behind it."""

    databases: Databases

    async def probe(self, target: Target, parameters: Parameters, timeout: timedelta) -> Evidence:
        """See ports.probe.Prober."""
        wanted, title = ActivityParameters.of(parameters), f"Sessions of {target}"
        try:
            sessions = await self.databases.sessions(target)
        except ActionError as error:
            problem = one_line(error.detail)
            return Evidence(probe="postgres.activity", title=title, problem=problem)
        lines = (
            _pool(sessions),
            *_longest(sessions, wanted.top),
            *_waited_for(sessions, wanted.top),
        )
        shown = tuple(one_line(line, _LONGEST_LINE) for line in lines)
        return Evidence(probe="postgres.activity", title=title, lines=shown)


def _pool(sessions: tuple[Session, ...]) -> str:
    counts = Counter(each.state or each.kind or "unseen" for each in sessions)
    states = ", ".join(f"{count} {state}" for state, count in counts.most_common())
    return f"{len(sessions)} sessions: {states or 'none'}"


def _longest(sessions: tuple[Session, ...], top: int) -> list[str]:
    open_ones = [each for each in sessions if each.transaction]
    oldest = sorted(open_ones, key=lambda each: -each.seconds)[:top]
    return [f"open: {told((each,), sessions)}: {each.query}" for each in oldest]


def _waited_for(sessions: tuple[Session, ...], top: int) -> list[str]:
    by_pid = {each.pid: each for each in sessions}
    waiting = Counter(pid for each in sessions for pid in each.waits_for)
    first = [by_pid[pid] for pid, _ in waiting.most_common(top) if pid in by_pid]
    return [f"blocks: {told((each,), sessions)}" for each in first]


PROBES = (
    Probe(
        name="postgres.activity",
        doc="Sessions of a PostgreSQL by state, the longest transactions, and who holds others up.",
        parameters=ActivityParameters,
        targets=("postgres",),
        example="postgres.activity: {top: 5}",
        prober=lambda reads: ActivityProber(reads[POSTGRES]),
    ),
)
