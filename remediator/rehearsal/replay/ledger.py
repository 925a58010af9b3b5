"""The store of a replay, in memory: as much of `ports.store.Transaction` as deciding needs.

Holds what the tables hold, and answers as `stores/` does; `tests/rehearsal/test_replay.py` holds the two together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import heappop, heappush
from typing import Any

from remediator.core.alert import AlertStatus
from remediator.core.events import Judged
from remediator.core.facts import Pause
from remediator.core.run import Run
from remediator.core.target import Target
from remediator.core.verdict import Ruling
from remediator.ports.store import DecisionRecord, Entry, Episode, Hold
from remediator.ports.surroundings import Asked, History
from remediator.rehearsal.replay.budget import Budget

_HOLDS_BACK = (Ruling.DEFER, Ruling.DENY)


class Ledger:
    """Runs, episodes, holds, budgets and decisions of one replay."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.decisions: dict[str, DecisionRecord] = {}
        self.budget = Budget()
        self.held_by_guards: dict[str, set[str]] = defaultdict(set)
        self.fired = 0
        self._due: list[tuple[datetime, int, str]] = []
        self._due_of: dict[str, datetime | None] = {}
        self._number = 0
        self._episodes: dict[str, Episode] = {}
        self._latest: dict[tuple[str, str], str] = {}
        self._runs_of: dict[str, list[str]] = defaultdict(list)
        self._last_of: dict[tuple[str, str, str], str] = {}
        self._of_playbook: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._holds: dict[Target, Hold] = {}
        self._held_by: dict[str, set[Target]] = defaultdict(set)
        self.tallies = self.budget.tallies

    # what is due

    def next_due(self) -> datetime | None:
        """Return when a run is due next."""
        while self._due and self._due_of.get(self._due[0][2]) != self._due[0][0]:
            heappop(self._due)
        return self._due[0][0] if self._due else None

    def take_due(self, at: datetime) -> list[str]:
        """Take the runs that are due at a moment; whoever takes them stores when they are due again."""
        found = []
        while self.next_due() == at:
            run_id = heappop(self._due)[2]
            self._due_of[run_id] = None
            found.append(run_id)
        return found

    def wake(self, run_id: str, at: datetime | None) -> None:
        """Say when a run is due."""
        self._due_of[run_id] = at
        if at is not None:
            self._number += 1
            heappush(self._due, (at, self._number, run_id))

    # episodes

    def save_episode(self, episode: Episode) -> None:
        """See ports.store.Transaction."""
        self.fired += episode.id not in self._episodes and episode.status is AlertStatus.FIRING
        self._episodes[episode.id] = episode
        self._latest[(episode.source, episode.fingerprint)] = episode.id

    def latest_episode(self, source: str, fingerprint: str) -> Episode | None:
        """See ports.store.Reader."""
        return self._episodes.get(self._latest.get((source, fingerprint), ""))

    def stale_episodes(self, seen_before: datetime) -> tuple[Episode, ...]:
        """See ports.store.Transaction."""
        found = self._episodes.values()
        return tuple(e for e in found if e.closed_at is None and e.seen_at < seen_before)

    def hush(self, while_firing: str) -> int:
        """See ports.store.Transaction: nothing is ever queued."""
        return 0

    # runs

    def insert_run(self, run: Run, due_at: datetime) -> bool:
        """See ports.store.Transaction."""
        twins = (self.runs[each] for each in self._runs_of[run.episode])
        mine = [each for each in twins if each.order.playbook == run.order.playbook]
        if any(each.is_open or each.ordinal == run.ordinal for each in mine):
            return False
        order = run.order
        self.runs[run.id] = run
        self._runs_of[run.episode].append(run.id)
        self._last_of[(order.source, order.alert.fingerprint, order.playbook)] = run.id
        self._of_playbook[order.playbook].append((run.created_at, run.id))
        self.wake(run.id, due_at)
        return True

    def last_run_of(self, source: str, fingerprint: str, playbook: str) -> Run | None:
        """See ports.store.Reader."""
        return self.runs.get(self._last_of.get((source, fingerprint, playbook), ""))

    def open_runs_of(self, episode: str) -> tuple[Run, ...]:
        """See ports.store.Reader."""
        found = (self.runs[each] for each in self._runs_of.get(episode, ()))
        return tuple(run for run in found if run.is_open)

    def lock_run(self, run_id: str) -> Run | None:
        """See ports.store.Transaction."""
        return self.runs.get(run_id)

    def save_run(self, run: Run, due_at: datetime | None, *, release: bool = False) -> None:
        """See ports.store.Transaction."""
        self.runs[run.id] = run
        self.wake(run.id, due_at)

    # holds

    def holds(self, targets: Sequence[Target]) -> tuple[Hold, ...]:
        """See ports.store.Reader."""
        return tuple(map(self._hold_of, targets))

    def _hold_of(self, target: Target) -> Hold:
        nobody = Hold(target=target, holder=None, fence=0, last_changed_at=None)
        return self._holds.get(target, nobody)

    def hold(self, target: Target, run_id: str, changing_at: datetime | None = None) -> int | None:
        """See ports.store.Transaction."""
        was = self._hold_of(target)
        if was.holder not in (None, run_id):
            return None
        at = changing_at or was.last_changed_at
        now = replace(was, holder=run_id, fence=was.fence + 1, last_changed_at=at)
        self._holds[target] = now
        self._held_by[run_id].add(target)
        return now.fence

    def release_holds(self, run_id: str) -> None:
        """See ports.store.Transaction."""
        for target in self._held_by.pop(run_id, ()):
            self._holds[target] = replace(self._holds[target], holder=None)

    def touch(self, target: Target, at: datetime) -> None:
        """See ports.store.Transaction."""
        self._holds[target] = replace(self._hold_of(target), last_changed_at=at)

    def touch_held(self, run_id: str, at: datetime, *, release: bool = False) -> None:
        """See ports.store.Transaction."""
        for target in self._held_by.get(run_id, ()):
            self.touch(target, at)
        if release:
            self.release_holds(run_id)

    def history(self, asked: Asked) -> History:
        """See ports.surroundings."""
        holds = self.holds(asked.called)
        since, most = asked.together or (asked.now, 0)
        return History(
            tallies=self.tallies(
                asked.tallies,
                playbook=asked.playbook,
                target=tuple(asked.target),
                now=asked.now,
                besides=asked.called,
            ),
            holders={hold.target: hold.holder for hold in holds if hold.holder},
            last_changed={h.target: h.last_changed_at for h in holds if h.last_changed_at},
            acting=self.acting(playbook=asked.playbook, besides=asked.run_id),
            firing_together=self.firing_together(playbook=asked.playbook, since=since, most=most)
            if asked.together
            else None,
        )

    def acting(self, *, playbook: str, besides: str) -> int:
        """See ports.store.Reader."""
        return sum(
            run_id != besides and run.is_open and run.order.playbook == playbook
            for run_id in self._held_by
            if (run := self.runs[run_id])
        )

    # what else goes on

    def firing_together(self, *, playbook: str, since: datetime, most: int) -> int:
        """See ports.surroundings."""
        found: set[Target] = set()
        begun = self._of_playbook[playbook]
        for _, run_id in begun[bisect_left(begun, (since, "")) :]:
            run = self.runs[run_id]
            if self._episodes[run.episode].closed_at is None:
                found.add(run.order.target)
            if len(found) > most:
                break
        return len(found)

    def elsewhere(self, *, domain: str, besides: str, since: datetime) -> Any:
        """See ports.surroundings."""
        held = ((t, run_id) for run_id, targets in self._held_by.items() for t in targets)
        others = [(target, run_id) for target, run_id in held if run_id != besides]
        return self.budget.elsewhere(others, domain=domain, besides=besides, since=since)

    def pauses(self, now: datetime) -> tuple[Pause, ...]:
        """See ports.store.Reader: whom people stopped when is not replayed."""
        return ()

    # what is written down

    def decide(self, decision: DecisionRecord) -> bool:
        """See ports.store.Transaction."""
        return self.decisions.setdefault(decision.id, decision) is decision

    def count(self, entry: Entry) -> None:
        """See ports.store.Transaction."""
        self.budget.count(entry)

    def append(self, run_id: str, at: datetime, events: Iterable[object]) -> None:
        """A replay keeps no journals, but for which guards held a run back."""
        for event in events:
            if isinstance(event, Judged) and event.judgement.ruling in _HOLDS_BACK:
                why = event.judgement.strictest
                self.held_by_guards[run_id].add(why.guard if why else "")

    def keep_playbook(self, digest: str, name: str, document: str, at: datetime) -> None:
        """A replay keeps no documents."""

    def record_attempt(self, run: Run, step: str) -> None:
        """A replay keeps no attempts beside its runs."""

    def record_approval(self, run: Run) -> None:
        """A replay keeps no approvals beside its runs."""

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs.values())
