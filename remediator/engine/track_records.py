"""Read the records of playbooks from the store: for people who ask, and in turn for the metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from remediator.core.errors import Refused
from remediator.core.playbook import Playbook
from remediator.core.trust import Thresholds, Trust, trust_in
from remediator.engine.admission import Rules
from remediator.engine.listener import Listener
from remediator.ports.ambient import Ambient
from remediator.ports.store import Reader, Store

MOST_DECISIONS = 1000
EVERY = timedelta(hours=1)


class TrackRecords:
    """Weighs the newest runs of playbooks. Each answer reads at most so many runs as the thresholds say."""

    def __init__(
        self,
        *,
        store: Store,
        ambient: Ambient,
        rules: Callable[[], Rules],
        thresholds: Callable[[], Thresholds],
    ) -> None:
        self._store = store
        self._ambient = ambient
        self._rules = rules
        self._thresholds = thresholds

    @property
    def names(self) -> tuple[str, ...]:
        """The playbooks that are loaded, by name."""
        return tuple(sorted(each.name for each in self._rules().index.playbooks))

    async def of(self, name: str) -> Trust:
        """Return a playbook's record and what follows from it; raise Refused where there is none of that name."""
        found = next((p for p in self._rules().index.playbooks if p.name == name), None)
        if found is None:
            hint = "GET /api/v1/playbooks"
            raise Refused("not_found", f"there is no playbook {name}", hint=hint)
        thresholds, now = self._thresholds(), self._ambient.now()
        return await self._store.read(lambda reader: _weighed(reader, found, thresholds, now))


def _weighed(reader: Reader, playbook: Playbook, thresholds: Thresholds, now: datetime) -> Trust:
    runs = reader.past_runs(playbook.name, thresholds.runs)
    refused = reader.alerts_without_run(playbook.name, MOST_DECISIONS)
    return replace(trust_in(playbook, runs, thresholds, now), without_run=refused)


class TrackRecordWatch:
    """Looks at one record at each round of the housekeeping, about once an hour at all, and tells them together."""

    def __init__(self, records: TrackRecords, ambient: Ambient, listener: Listener) -> None:
        self._records = records
        self._ambient = ambient
        self._listener = listener
        self._next_round = ambient.monotonic()
        self._left: list[str] = []
        self._found: list[Trust] = []

    async def look(self) -> None:
        """Look at the next record, where a round is due or under way."""
        if not self._left:
            if self._ambient.monotonic() < self._next_round:
                return
            self._next_round = self._ambient.monotonic() + EVERY.total_seconds()
            self._left, self._found = list(self._records.names), []
        name = self._left.pop() if self._left else ""
        if name in self._records.names:
            await self._weigh(name)
        if not self._left:
            self._listener.weighed(tuple(self._found))

    async def _weigh(self, name: str) -> None:
        try:
            self._found.append(await self._records.of(name))
        except ValueError as error:  # a run that another version wrote
            self._listener.problem("records", f"playbook {name}: {error}")
