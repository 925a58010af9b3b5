"""One replica of the daemon's loops in the simulation, and the troubles it can have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from random import Random

from remediator.core.errors import StoreUnavailable
from remediator.engine.admission import Rules
from remediator.engine.housekeeping import Housekeeping, Retention
from remediator.engine.intake import Intake
from remediator.engine.listener import NoListener
from remediator.engine.observer import Executor, Observer
from remediator.engine.recorder import Recorder
from remediator.engine.run_writer import RunWriter
from remediator.engine.runner import Runner
from remediator.engine.worker import Worker
from remediator.ports.ambient import Ambient
from remediator.testing.world import PlainConditions
from tests.bound import reads_of, writes_of
from tests.simulation.inline_store import Door, InlineStore
from tests.simulation.sandbox import CUT, Sandbox, actions_of, checks_of


class Trouble:
    """What may happen to a replica between any two of its steps."""

    def __init__(self, dice: Random, chance: float, jump: Callable[[], None]) -> None:
        self.dice = dice
        self.chance = chance
        self.jump = jump


class Listener(NoListener):
    """Remembers what went wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def problem(self, where: str, text: str) -> None:
        self.problems.append(f"{where}: {text}")


class Replica:
    """Real loops over a door to the store. A frozen one stands still wherever it would go on."""

    def __init__(
        self,
        *,
        store: InlineStore,
        recorder: Recorder,
        ambient: Ambient,
        world: Sandbox,
        rules: Callable[[], Rules],
        trouble: Trouble,
    ) -> None:
        self.listener = Listener()
        self._trouble = trouble
        self._frozen_until = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._door = Door(store, self._cut)
        self._make = lambda: _loops(self._door, recorder, ambient, world, rules, self.listener)

    def begin(self) -> None:
        """Start afresh, as a new process does."""
        self._frozen_until = 0.0
        CUT.set(self._cut)
        intake, worker, self._housekeeping = self._make()
        self._tasks = [asyncio.create_task(loop.run()) for loop in (intake, worker)]

    async def crash(self) -> None:
        """End at once; nothing is finished and nothing is written."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = []

    async def keep(self) -> None:
        """Do one round of housekeeping."""
        if not self._is_frozen():
            with suppress(StoreUnavailable):
                await self._housekeeping.keep()

    def problems(self) -> list[str]:
        """Return what broke that must not."""
        broken = [repr(t.exception()) for t in self._tasks if t.done() and not t.cancelled()]
        return broken + self.listener.problems

    def _is_frozen(self) -> bool:
        return asyncio.get_running_loop().time() < self._frozen_until

    async def _cut(self) -> None:
        """Stand still here, perhaps, or see something happen."""
        trouble, now = self._trouble, asyncio.get_running_loop().time()
        if trouble.chance and trouble.dice.random() < trouble.chance:
            match trouble.dice.choice(("freeze", "freeze", "jump", "away")):
                case "freeze":
                    self._frozen_until = now + trouble.dice.choice((4, 12, 25, 90, 600))
                case "jump":
                    trouble.jump()
                case "away":
                    self._door.go_away(trouble.dice.choice((0.2, 3, 40)))
        while self._is_frozen():
            await asyncio.sleep(self._frozen_until - asyncio.get_running_loop().time() + 0.001)


def _loops(
    door: Door,
    recorder: Recorder,
    ambient: Ambient,
    world: Sandbox,
    rules: Callable[[], Rules],
    listener: Listener,
) -> tuple[Intake, Worker, Housekeeping]:
    actions = actions_of(world)
    observer = Observer(
        actions=actions,
        checks=checks_of(world),
        probes={},
        reads=reads_of(),
        conditions=PlainConditions(),
    )
    executor = Executor(actions=actions, reads=reads_of(), writes=writes_of())
    run_writer = RunWriter(store=door, recorder=recorder, ambient=ambient, listener=listener)
    actor, rehearser = (
        Runner(store=door, run_writer=run_writer, ambient=ambient, observer=observer, executor=each)
        for each in (executor, None)
    )
    return (
        Intake(store=door, recorder=recorder, ambient=ambient, rules=rules, listener=listener),
        Worker(store=door, ambient=ambient, actor=actor, rehearser=rehearser, listener=listener),
        Housekeeping(
            store=door, recorder=recorder, ambient=ambient, retention=Retention(), listener=listener
        ),
    )
