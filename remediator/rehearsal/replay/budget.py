"""The counted things of a replay: windows over lists in the order of time, answered as `stores/budgets` answers."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from remediator.core.facts import Counted, Elsewhere, Scope, Tallied, Tally
from remediator.core.target import Named, Target
from remediator.ports.store import Entry

_Key = tuple[Counted, str, str]


class Budget:
    """Entries, each filed where a tally looks: by target, by playbook, and all of a kind together."""

    def __init__(self) -> None:
        self._filed: dict[_Key, list[Entry]] = defaultdict(list)
        self._moments: dict[_Key, list[datetime]] = defaultdict(list)

    def count(self, entry: Entry) -> None:
        """Add one entry, no older than any before."""
        target = str(entry.target) if entry.target else ""
        kind = entry.counted
        for key in ((kind, "target", target), (kind, "playbook", entry.playbook), (kind, "", "")):
            self._filed[key].append(entry)
            self._moments[key].append(entry.at)

    def tallies(
        self,
        wanted: Sequence[Tally],
        *,
        playbook: str,
        target: Named,
        now: datetime,
        besides: Sequence[Target] = (),
    ) -> dict[Tally, Tallied]:
        """See ports.surroundings."""
        names = (target,) if isinstance(target, Target) else tuple(target)
        found: dict[Tally, Tallied] = {}
        for tally in wanted:
            windows = [self._window(key, tally, now) for key in _keys(tally, playbook, names)]
            found[tally] = (
                _targets(tally, windows, besides) if tally.distinct else _sum(tally, windows)
            )
        return found

    def elsewhere(
        self,
        held: Iterable[tuple[Target, str]],
        *,
        domain: str,
        besides: str,
        since: datetime,
    ) -> Elsewhere | None:
        """See ports.surroundings; `held` are the targets that other runs hold, with their runs."""
        entries = self._filed[(Counted.DOMAIN, "", "")]
        for target, run_id in held:
            mine = [e.source for e in entries if e.run_id == run_id and e.target == target]
            for other in mine or [""]:
                if not mine or other != domain or not other:
                    return Elsewhere(domain=other, run_id=run_id, at=None, acts=True)
        for entry in reversed(entries):
            if entry.at <= since:
                break
            if entry.run_id != besides and (entry.source != domain or not entry.source):
                return Elsewhere(domain=entry.source, run_id=entry.run_id, at=entry.at, acts=False)
        return None

    def _window(self, key: _Key, tally: Tally, now: datetime) -> list[Entry]:
        begin = bisect_right(self._moments[key], now - tally.per)
        return self._filed[key][begin:]


def _keys(tally: Tally, playbook: str, names: Sequence[Target]) -> list[_Key]:
    if tally.scope is Scope.TARGET:
        return [(tally.counted, "target", str(name)) for name in names]
    if tally.scope is Scope.PLAYBOOK:
        return [(tally.counted, "playbook", playbook)]
    return [(tally.counted, "", "")]


def _sum(tally: Tally, windows: Sequence[list[Entry]]) -> Tallied:
    most = None if tally.most is None else max(tally.most, 1)
    newest = [entry.at for window in windows for entry in (window[-most:] if most else window)]
    if not newest:
        return Tallied()
    count = len(newest) if most is None else min(len(newest), most)
    return Tallied(count=count, oldest=min(newest), newest=max(newest))


def _targets(tally: Tally, windows: Sequence[list[Entry]], besides: Sequence[Target]) -> Tallied:
    entries = [entry for window in windows for entry in window]
    if not entries:
        return Tallied()
    others = {entry.target for entry in entries if entry.target} - set(besides)
    count = len(others) if tally.most is None else min(len(others), max(tally.most, 1))
    moments = [entry.at for entry in entries]
    return Tallied(targets=count, oldest=min(moments), newest=max(moments))
