"""One small world with a few runs, from admission to the end; `python -m tests.simulation.life SEED` shows it."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from random import Random

from remediator.core import effects as do
from remediator.core import events as ev
from remediator.core.errors import IllegalEvent, LeaseLost
from tests.simulation.law import Law
from tests.simulation.orders import all_orders
from tests.simulation.people import Crowd
from tests.simulation.recorder import Moved, Recorder, Row
from tests.simulation.runner import begin
from tests.simulation.scene import TEMPERS, Rules, Site, Temper, Worker
from tests.simulation.world import World

LEASE = 30
CHAOS = (0.0, 0.01, 0.05, 0.12)
TROUBLE = ("crash", "pause", "pause", "jump")


class Failed(Exception):
    """A life broke an invariant: which seed, which one, and what had happened."""

    def __init__(self, seed: int, law: str, story: str) -> None:
        super().__init__(seed, law, story)
        self.law = law

    def __str__(self) -> str:
        return "seed {}: {}\n{}".format(*self.args)


class Life:
    """The loop: something is ready, or time passes; and now and then something happens to somebody."""

    def __init__(self, seed: int, rules: Rules) -> None:
        dice = Random(seed)
        law = Law()
        tempers: dict[str, Temper] = {}
        self.site = Site(
            dice=dice,
            world=World(dice, law),
            recorder=Recorder(law),
            law=law,
            rules=rules,
            tempers=tempers,
        )
        self.seed = seed
        self.chaos = dice.choice(CHAOS)
        self.crowd = Crowd(self.site)
        self.workers: dict[str, Worker] = {}
        self.ghosts: list[Worker] = []
        for number in range(dice.randrange(2, 6)):
            self._admit(f"run{number}", tempers)
        self.rows = list(self.site.recorder.rows.values())

    def live(self) -> Law:
        """Play to the end of every run; raise Failed with the seed and the journals where a law is broken."""
        try:
            while open_rows := [row for row in self.rows if row.run.is_open]:
                self._tick(open_rows)
            for ghost in self.ghosts:
                self._step(ghost, 0.0)
        except (AssertionError, LookupError, RuntimeError, IllegalEvent) as error:
            raise Failed(self.seed, f"{type(error).__name__}: {error}", self.story()) from error
        return self.site.law

    def story(self) -> str:
        """Write down what happened to every run."""
        lines: list[str] = []
        for run_id, dossier in self.site.law.dossiers.items():
            run = self.site.recorder.rows[run_id].run
            lines.append(f"{run_id}: {run.order}\n  now {run.phase.value} {run.progress}")
            lines += (f"  {at:%d %H:%M:%S} {event}" for at, event in dossier.journal[1:])
        return "\n".join(lines)

    def _admit(self, run_id: str, tempers: dict[str, Temper]) -> None:
        dice, now = self.site.dice, self.site.world.now
        tempers[run_id] = dice.choice(TEMPERS)
        deadline = now + timedelta(hours=dice.choice((1, 3, 6)))
        order = dice.choice(all_orders())
        event = ev.Admitted(order=order, episode=run_id, ordinal=1, deadline=deadline)
        self.site.recorder.admit(run_id, event, now)

    def _tick(self, open_rows: list[Row]) -> None:
        dice, now = self.site.dice, self.site.world.now
        if dice.random() < 0.05:
            self.crowd.stir(dice.choice(self.rows))
        if self.ghosts and dice.random() < 0.15:
            self._step(self.ghosts.pop(dice.randrange(len(self.ghosts))), 0.0)
        ready = [row for row in open_rows if row.run.id in self.workers or _is_free(row, now)]
        if ready:
            row = dice.choice(ready)
            self._step(self.workers.get(row.run.id) or self._claim(row), self.chaos)
        else:
            self._pass_time(open_rows)

    def _claim(self, row: Row) -> Worker:
        now = self.site.world.now
        fence = self.site.recorder.claim(row, now + timedelta(seconds=LEASE))
        worker = self.workers[row.run.id] = Worker(row=row, fence=fence)
        return worker

    def _step(self, worker: Worker, chaos: float) -> None:
        """Go on to the next cut; there it may crash, be paused until it has lost its lease, or see a clock jump."""
        try:
            worker.turn = worker.turn or begin(self.site, worker)
            next(worker.turn)
        except StopIteration as end:
            worker.turn = None
            self._turned(worker, end.value)
            return
        except LeaseLost:
            self._drop(worker)
            return
        except Moved:
            worker.turn = None
            return
        if chaos and self.site.dice.random() < chaos:
            self._trouble(worker)

    def _trouble(self, worker: Worker) -> None:
        trouble = self.site.dice.choice(TROUBLE)
        if trouble == "jump":
            self.site.world.jump(self.site.dice.choice((60, 600, 4000)))
            return
        self._drop(worker)
        if trouble == "pause":
            self.ghosts.append(worker)

    def _turned(self, worker: Worker, effect: do.Effect) -> None:
        row = worker.row
        if isinstance(effect, do.Rest) or not row.run.is_open:
            row.due = (effect.until if isinstance(effect, do.Rest) else None) or row.due
            row.lease = None
            self.workers.pop(row.run.id, None)

    def _drop(self, worker: Worker) -> None:
        if self.workers.get(worker.row.run.id) is worker:
            del self.workers[worker.row.run.id]

    def _pass_time(self, open_rows: list[Row]) -> None:
        """Go to the next moment at which anything is due; people may come first."""
        dice, world = self.site.dice, self.site.world
        moments = [max(row.due, row.lease or row.due) for row in open_rows]
        ahead = max(1, -int((world.now - min(moments)).total_seconds() // 1))
        row = dice.choice(open_rows)
        if dice.random() < 0.5 and ahead > 1:
            world.wait(dice.randrange(ahead))
            self.crowd.attend(row)
            return
        world.wait(ahead)


def _is_free(row: Row, now: datetime) -> bool:
    return row.due <= now and (row.lease is None or row.lease <= now)


def main() -> None:
    """Show one life."""
    life = Life(int(sys.argv[1]), Rules())
    life.live()
    sys.stdout.write(life.story() + "\n")


if __name__ == "__main__":
    main()
