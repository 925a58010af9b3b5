"""A life of the whole engine: real intake, workers, runners, run writer, recorder, control, housekeeping; real tables.

Replicas crash, freeze until they have lost their leases, and find the store away; clocks jump; people click late.
`python -m tests.simulation.engine_life SEED` shows one.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from remediator.core.alert import AlertGroup
from remediator.core.errors import Refused
from remediator.core.events import Settlement
from remediator.core.run import Phase, Run
from remediator.engine.control import Control
from remediator.engine.recorder import Recorder, Routes
from remediator.ports.ambient import Ambient
from remediator.ports.store import Notification
from remediator.rehearsal.virtual_time import run_virtually
from tests.simulation.engine_books import check_books
from tests.simulation.engine_law import EngineLaw
from tests.simulation.inline_store import Door, InlineStore, Journal
from tests.simulation.life import Failed
from tests.simulation.orders import EPOCH
from tests.simulation.people import HUMANS
from tests.simulation.playbooks import alert_about, rules_of, some_playbooks
from tests.simulation.replica import Replica, Trouble
from tests.simulation.sandbox import Sandbox

LONGEST = timedelta(days=4)
CHAOS = (0.0, 0.01, 0.03, 0.06)
SCOPES = ("all", "namespace/shop", "target/volume/web1", "target/host/web2", "playbook/p0")
ROUTES = Routes(contacts={"oncall": ({"webhook": {"url": "http://oncall"}},)})


class EngineLife:
    """A life and all that it needs."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = Random(f"engine {seed}")
        self.law = EngineLaw()
        self.lie = timedelta(0)
        self.numbers = 0
        self.groups: dict[str, AlertGroup] = {}
        self.received: dict[str, datetime] = {}
        self.shown: dict[str, list[str]] = {}
        self.playbooks = some_playbooks(self.dice)

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=asyncio.get_running_loop().time()) + self.lie

    def new_id(self, prefix: str) -> str:
        self.numbers += 1
        return f"{prefix}_{self.numbers:06d}"

    def live(self) -> EngineLaw:
        """Live to the end; raise Failed where a law is broken."""
        try:
            run_virtually(self._live())
        except Exception as error:
            raise Failed(self.seed, f"{type(error).__name__}: {error}", self.story()) from error
        return self.law

    def story(self) -> str:
        """Write down what happened to every run."""
        lines: list[str] = []
        for run_id, dossier in self.law.dossiers.items():
            order = self.law.runs[run_id].order
            lines.append(f"{run_id}: {order.playbook} {order.mode} {order.target} {order.steps}")
            lines += (f"  {at:%d %H:%M:%S} {event}" for at, event in dossier.journal[1:])
        return "\n".join(lines)

    async def _live(self) -> None:
        self.store = InlineStore(lambda: self.now().timestamp())
        self.store.watch(self._committed)
        self.law.fence_of = lambda run_id: self._stored(run_id).fence
        self.world = Sandbox(self.dice, self.law)
        self.ambient = Ambient(
            now=self.now,
            monotonic=asyncio.get_running_loop().time,
            new_id=self.new_id,
            dice=self.dice.random,
        )
        self.recorder = Recorder(lambda: ROUTES)
        door = Door(self.store, _no_cut)
        self.trouble = Trouble(self.dice, self.dice.choice(CHAOS), self._jump)
        self.replicas = [self._replica() for _ in range(self.dice.choice((1, 1, 2)))]
        self.control = Control(
            store=door,
            recorder=self.recorder,
            ambient=self.ambient,
            listener=self.replicas[0].listener,
        )
        try:
            await self._events()
            check_books(self.store, self.law, self.groups)
        finally:
            for replica in self.replicas:
                await replica.crash()
            for task in tuple(self.world.tasks):
                task.cancel()
            self.store.dispose()

    def _replica(self) -> Replica:
        return Replica(
            store=self.store,
            recorder=self.recorder,
            ambient=self.ambient,
            world=self.world,
            rules=lambda: rules_of(self.playbooks, self.groups),
            trouble=self.trouble,
        )

    def _committed(self, tx: Any, journal: Journal) -> None:
        for notification in tx.read:
            at = self.received[notification]
            for alert in self.groups[notification].alerts:
                self.law.spoken_of(alert.fingerprint, at)
        for run_id, at, events in journal:
            self.law.journal(run_id, at, tuple(events))

    def _stored(self, run_id: str) -> Run:
        run = self.store.peek(lambda reader: reader.run(run_id))
        assert run is not None
        return run

    def _jump(self) -> None:
        """Put the wall clock forward although no time has passed."""
        self.law.lies += 1
        self.lie += timedelta(seconds=self.dice.choice((60, 600, 4000)))

    # what happens from outside

    async def _events(self) -> None:
        for replica in self.replicas:
            replica.begin()
        busy = self.dice.randrange(6, 30)
        while busy or not self._is_over():
            if self.now() - EPOCH - self.lie > LONGEST:
                raise AssertionError(f"every run ends: {self._open()}")
            await asyncio.sleep(self.dice.choice((0.5, 3, 20, 60, 300)))
            await self._check_replicas()
            if busy:
                busy -= 1
                await self._stir()
            await self._attend()

    def _is_over(self) -> bool:
        new = self.store.look(lambda reader: reader.statistics(self.now())).inbox_new
        return self.law.all_ended() and not new

    def _open(self) -> list[Run]:
        return [run for run in self.law.runs.values() if run.phase is not Phase.CLOSED]

    async def _check_replicas(self) -> None:
        for replica in self.replicas:
            if problems := replica.problems():
                raise AssertionError(f"a loop broke: {problems}")
            if self.dice.random() < self.trouble.chance * 2:
                await replica.crash()
                replica.begin()
            elif self.dice.random() < 0.3:
                await replica.keep()

    async def _stir(self) -> None:
        luck = self.dice.random()
        if luck < 0.55:
            self._post()
        elif luck < 0.65:
            self.world.drift()
        elif luck < 0.78:
            await self._pause()
        elif luck < 0.85 and self.law.runs:
            with suppress(Refused):
                run = self.dice.choice(list(self.law.runs.values()))
                verb = self.dice.choice((self.control.cancel, self.control.take_over))
                await verb(run.id, person=HUMANS["bo"][0])
                self._note_pauses()

    def _post(self) -> None:
        """Let Alertmanager send a group of alerts; sometimes twice, sometimes late."""
        count = self.dice.choice((1, 1, 2, 3))
        alerts = tuple(
            alert_about(n, firing=self.dice.random() < 0.75)
            for n in self.dice.sample(range(4), count)
        )
        notification = Notification(
            id=self.new_id("ntf"),
            source="prod",
            kind="test",
            body=b"",
            received_at=self.now(),
        )
        notification = replace(notification, body=notification.id.encode())
        self.groups[notification.id] = AlertGroup(
            group_key="g", receiver="r", external_url="", alerts=alerts
        )
        self.received[notification.id] = notification.received_at
        self.store.do(lambda tx: tx.accept(notification))

    async def _pause(self) -> None:
        scope = self.dice.choice(SCOPES)
        person = HUMANS["ana"][0]
        if self.dice.random() < 0.4:
            with suppress(Refused):
                await self.control.resume(scope, person=person)
        else:
            length = timedelta(minutes=self.dice.choice((1, 10, 90)))
            await self.control.pause(scope, duration=length, reason="look", person=person)
        self._note_pauses()

    def _note_pauses(self) -> None:
        """Ask the tables which pauses are in force: they are what people were shown."""
        in_force = self.store.look(lambda reader: reader.pauses(self.now()))
        self.law.pauses = {pause.id: pause for pause in in_force}

    async def _attend(self) -> None:
        """Let somebody look at what waits for people."""
        for run in self._open():
            luck = self.dice.random()
            if luck < 0.4 and (run.approval or run.id in self.shown):
                await self._vote(run)
            elif luck < 0.5:
                with suppress(Refused):
                    await self.control.settle(
                        run.id,
                        settlement=self.dice.choice(tuple(Settlement)),
                        person=HUMANS["ana"][0],
                    )

    async def _vote(self, run: Run) -> None:
        """Press a button: mostly the newest one, sometimes one from an older message."""
        buttons = self.shown.setdefault(run.id, [])
        if run.approval and run.approval.digest not in buttons[-1:]:
            buttons.append(run.approval.digest)
        seen = self.dice.choice(buttons) if self.dice.random() < 0.3 else buttons[-1]
        human = self.dice.choice(tuple(HUMANS))
        person = self.dice.choice(HUMANS[human])
        with suppress(Refused):
            if self.dice.random() < 0.1:
                await self.control.reject(run.id, digest=seen, person=person, reason="no")
                return
            before = self.law.runs[run.id]
            await self.control.approve(run.id, digest=seen, person=person)
            self.law.voted(before, seen, human, self.now())


async def _no_cut() -> None:
    """People's own way to the store is never cut."""


def main() -> None:
    """Show one life."""
    life = EngineLife(int(sys.argv[1]))
    life.live()
    sys.stdout.write(life.story() + "\n")


if __name__ == "__main__":
    main()
