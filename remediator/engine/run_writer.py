"""Write down what a runner saw, decided and did, under the run's lock; what others did to the run meanwhile counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from remediator.core import events as ev
from remediator.core.effects import Effect, Hold, Rest
from remediator.core.errors import IllegalEvent, LeaseLost
from remediator.core.evolution import evolve
from remediator.core.lifecycle import due_at, next_effect
from remediator.core.run import Run
from remediator.engine.listener import Listener
from remediator.engine.recorder import Moved, Record, Recorder
from remediator.ports.ambient import Ambient
from remediator.ports.on_run import OnRun
from remediator.ports.store import Store, Transaction

Decide = Callable[[Transaction, Run, datetime], tuple[ev.Event, ...]]
"""Says, under the run's lock, what happens to it now; nothing where it has nothing to say."""


@dataclass(slots=True)
class Draft:
    """A run in hand: its state with the looks that are not stored yet, and those looks. Once `is_given_back`, others
    may have it."""

    run: Run
    looks: list[ev.Event] = field(default_factory=list)
    is_saved: bool = False
    is_given_back: bool = False

    def add(self, event: ev.Event, now: datetime) -> None:
        """Take a look into account; it is stored with the next decision."""
        self.run = evolve(self.run, event, now)
        self.looks.append(event)


class Writer(Protocol):
    """What a runner writes with; a preview has one that only remembers."""

    async def save(self, draft: Draft, *decisions: Decide, expected: Effect | None = None) -> None:
        """Store the looks and what the decisions say."""
        ...

    async def give_back(self, draft: Draft) -> None:
        """End the claim."""
        ...


class RunWriter:
    """Stores drafts, and tells the listener of every event once its commit is durable."""

    def __init__(
        self,
        *,
        store: Store,
        recorder: Recorder,
        ambient: Ambient,
        listener: Listener,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._ambient = ambient
        self._listener = listener

    async def save(self, draft: Draft, *decisions: Decide, expected: Effect | None = None) -> None:
        """Store the looks, then what each decision says; nothing is decided where `expected` is no longer due.

        A run that has nothing more to do now is given back by the same commit.
        Raise LeaseLost where a later claim has the run, StoreUnavailable where nothing can be stored.
        """
        fence, run_id, looks = draft.run.fence, draft.run.id, tuple(draft.looks)
        counts = isinstance(expected, Hold) and not draft.run.has_acted

        def closure(tx: Transaction) -> tuple[Run, tuple[Moved, ...], bool]:
            now = self._ambient.now()
            record = self._recorder.begin(tx, _ours(tx, run_id, fence), now)
            _add_looks(record, looks)
            is_due = expected is None or next_effect(record.run, now) == expected
            for decide in decisions if is_due else ():
                if events := decide(tx, record.run, now):
                    record.add(events)
            rests = isinstance(next_effect(record.run, now), Rest)
            return *record.store(release=rests), rests

        draft.run, moved, draft.is_given_back = await self._store.submit(
            OnRun(run_id, closure, counts=counts)
        )
        draft.looks.clear()
        draft.is_saved = True
        for step in moved:
            self._listener.moved(step)

    async def give_back(self, draft: Draft) -> None:
        """End the claim. A run that was due too early gets its right time, so that it is not claimed over and over."""
        run_id, fence, stamp = draft.run.id, draft.run.fence, not draft.is_saved

        def closure(tx: Transaction) -> None:
            if stamp:
                run = _ours(tx, run_id, fence)
                tx.save_run(run, due_at(run, self._ambient.now()))
            tx.release_claim(run_id, fence)

        await self._store.submit(closure)


def _add_looks(record: Record, looks: tuple[ev.Event, ...]) -> None:
    try:
        record.add(looks)
    except IllegalEvent:  # the run went another way while we looked
        record.add(())


def _ours(tx: Transaction, run_id: str, fence: int) -> Run:
    run = tx.lock_run(run_id)
    if run is None or run.fence != fence:
        raise LeaseLost(run_id)
    return run
