"""Claim due runs under a lease and drive each with a runner, at most so many at a time; renew, stop and hand over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from remediator.core.errors import LeaseLost, StoreError, StoreUnavailable
from remediator.core.lifecycle import due_at
from remediator.core.playbook import Mode
from remediator.core.run import Run
from remediator.engine.listener import Listener
from remediator.engine.runner import Runner
from remediator.ports.ambient import Ambient
from remediator.ports.store import Store, Transaction, Work
from remediator.ports.traffic import Backlog

LEASE = timedelta(seconds=15)
LOOK_EVERY = timedelta(seconds=1)
OTHERS_TURN = timedelta(milliseconds=20)
GRACE = timedelta(seconds=20)
AFTER_A_BUG = timedelta(seconds=30)
LONGEST_WAIT = 2.0
"""How many seconds a claim gives way to intake. Under a flood without end runs go on, so many seconds later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many runs are driven at once, how long a claim lasts unless it is renewed, and what claims give way to."""

    most: int = 32
    lease: timedelta = LEASE
    backlog: Backlog | None = None


class Worker:
    """Keeps runs going at once. `rehearser` has no executor: it drives the dry runs.

    Claims wait while intake is behind: what many alerts have in common is known only once all are admitted.
    """

    def __init__(
        self,
        *,
        store: Store,
        ambient: Ambient,
        actor: Runner,
        rehearser: Runner,
        listener: Listener,
        capacity: Capacity = Capacity(),
    ) -> None:
        self._store = store
        self._ambient = ambient
        self._actor = actor
        self._rehearser = rehearser
        self._listener = listener
        self._most = capacity.most
        self._lease = capacity.lease
        self._backlog = capacity.backlog or Backlog()
        self._owner = ambient.new_id("wrk")
        self._driving: dict[str, tuple[int, asyncio.Task[None]]] = {}
        self._stopping = asyncio.Event()
        self.heartbeat = ambient.monotonic()

    async def run(self) -> None:
        """Work until `stop`, then give what is under way some time and hand the rest over."""
        async with asyncio.TaskGroup() as group:
            renewing = group.create_task(self._renew())
            while not self._stopping.is_set():
                await self._claim(group)
            await self._finish()
            renewing.cancel()

    def under_way(self) -> tuple[asyncio.Task[None], ...]:
        """Return the tasks that drive runs at the moment."""
        return tuple(task for _, task in self._driving.values())

    def stop(self) -> None:
        """Claim nothing more; `run` returns within the grace time."""
        self._stopping.set()

    async def _claim(self, group: asyncio.TaskGroup) -> None:
        self.heartbeat = self._ambient.monotonic()
        await self._backlog.passed(LONGEST_WAIT)
        share = _share(self._most - len(self._driving))
        claimed: tuple[Run, ...] = ()
        if share:
            try:
                claimed = await self._store.submit(lambda tx: self._claim_due(tx, share))
            except StoreError as error:
                self._listener.store_failed(str(error))
                await self._pause(LOOK_EVERY)
                return
        for run in claimed:
            if run.open_attempt:
                self._listener.took_over(run.id)
            driving = group.create_task(self._drive(run))
            self._driving[run.id] = (run.fence, driving)
        if not claimed:
            await self._wait()
        elif len(claimed) == share:
            await self._pause(OTHERS_TURN)

    def _claim_due(self, tx: Transaction, limit: int) -> tuple[Run, ...]:
        now = self._ambient.now()
        return tx.claim_due(owner=self._owner, lease=self._lease, limit=limit, now=now)

    async def _wait(self) -> None:
        """Wait for work, or for a free place. In this very task: the store remembers who has heard which ring."""
        if len(self._driving) >= self._most:
            await self._pause(timedelta(milliseconds=50))
            return
        await self._store.wait_for_work(Work.RUNS, LOOK_EVERY)

    async def _pause(self, length: timedelta) -> None:
        await asyncio.sleep(length.total_seconds())

    async def _drive(self, run: Run) -> None:
        runner = self._rehearser if run.order.mode is Mode.DRY_RUN else self._actor
        try:
            problem = await runner.drive(run)
            if problem:
                self._listener.problem(run.id, problem)
                await self._rest(run)
        except (LeaseLost, StoreUnavailable):
            return
        finally:
            self._driving.pop(run.id, None)

    async def _rest(self, run: Run) -> None:
        """Give a run back for a while. Where an intent is open the next claim observes."""

        def closure(tx: Transaction) -> None:
            now = self._ambient.now()
            found = tx.lock_run(run.id)
            if found is None or found.fence != run.fence:
                return
            due = due_at(found, now)
            tx.save_run(found, max(due, now + AFTER_A_BUG) if due else None)
            tx.release_claim(run.id, run.fence)

        try:
            await self._store.submit(closure)
        except StoreUnavailable:
            return

    async def _renew(self) -> None:
        """Renew the leases of what is under way; drop what is no longer ours."""
        while True:
            await self._pause(self._lease / 3)
            fences = {run_id: fence for run_id, (fence, _) in self._driving.items()}
            if not fences:
                continue
            try:
                ours = await self._store.submit(
                    lambda tx, fences=fences: tx.extend_leases(  # type: ignore[misc]
                        owner=self._owner, fences=fences, lease=self._lease, now=self._ambient.now()
                    )
                )
            except StoreUnavailable:
                continue
            for run_id in fences.keys() - ours:
                if (lost := self._driving.get(run_id)) and lost[0] == fences[run_id]:
                    lost[1].cancel()

    async def _finish(self) -> None:
        under_way = self.under_way()
        if not under_way:
            return
        _, late = await asyncio.wait(under_way, timeout=GRACE.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def _share(free: int) -> int:
    """Return how many runs are taken at a time: who has more room takes more, and nobody takes at once all that other
    replicas could do."""
    return (free + 3) // 4
