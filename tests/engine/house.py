"""A whole engine over a real SQLite store, a small world and a clock that stands still until it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from remediator.core.alert import Alert, AlertGroup, AlertStatus
from remediator.core.canonical import digest
from remediator.core.change import ActionEffect, Safety
from remediator.core.evolution import replay
from remediator.core.identity import Identity
from remediator.core.masking import Mask
from remediator.core.matcher import parse_matcher
from remediator.core.order import Order
from remediator.core.playbook import (
    ApprovalPolicy,
    CheckOrder,
    Escalation,
    FailurePolicy,
    Mode,
    Playbook,
    StepOrder,
    VerifyOrder,
)
from remediator.core.run import Run
from remediator.core.selection import Environment, Index, Reach, Selection
from remediator.core.target import Target
from remediator.engine.admission import Rules
from remediator.engine.control import Control
from remediator.engine.housekeeping import Housekeeping, Retention
from remediator.engine.intake import Arrivals, Intake, Read
from remediator.engine.listener import NoListener
from remediator.engine.masked_store import masked_store
from remediator.engine.observer import Executor, Observer
from remediator.engine.recorder import Moved, Recorder, Routes
from remediator.engine.remainder import Remainder
from remediator.engine.run_writer import RunWriter
from remediator.engine.runner import Runner
from remediator.ports.check import Check
from remediator.ports.gateways import Reads
from remediator.ports.integration import Silences
from remediator.ports.store import Listing, Notification, Store
from remediator.stores.store import open_store
from remediator.testing.clock import ManualClock
from remediator.testing.world import PlainConditions, World, world_actions, world_checks
from tests.bound import reads_of, writes_of

WEB1 = Target("host", "web1")
VERIFY = CheckOrder(kind="world", parameters={}, text="fine")
LEASE = timedelta(seconds=15)


class Heard(NoListener):
    """Remembers every event and problem."""

    def __init__(self) -> None:
        self.moves: list[Moved] = []
        self.problems: list[tuple[str, str]] = []

    def moved(self, moved: Moved) -> None:
        self.moves.append(moved)

    def problem(self, where: str, text: str) -> None:
        self.problems.append((where, text))

    @property
    def kinds(self) -> list[str]:
        return [moved.event.kind for moved in self.moves]


def a_step(step_id: str = "one", **more: Any) -> StepOrder:
    fields: dict[str, Any] = {
        "action": "world.set",
        "parameters": {"to": 1},
        "effect": ActionEffect.REVERSIBLE,
        "safety": Safety.RECEIPT,
        "backoff": timedelta(seconds=1),
    }
    return StepOrder(id=step_id, **(fields | more))


def a_playbook(name: str = "fix", **more: Any) -> Playbook:
    fields: dict[str, Any] = {
        "digest": digest({"name": name}),
        "document": "{}",
        "match": ((parse_matcher('alertname="Sick"'),),),
        "target": "host/web1",
        "mode": Mode.AUTO,
        "steps": (a_step(),),
        "verify": VerifyOrder(checks=(VERIFY,), after=timedelta(seconds=5)),
        "failure": FailurePolicy(escalations=(Escalation(to="oncall"),)),
    }
    return Playbook(name=name, **(fields | more))


def an_alert(fingerprint: str = "f1", *, firing: bool = True, **labels: str) -> Alert:
    return Alert(
        fingerprint=fingerprint,
        status=AlertStatus.FIRING if firing else AlertStatus.RESOLVED,
        labels={"alertname": "Sick", "instance": "web1:9100", **labels},
        starts_at=ManualClock().now(),
    )


def render(selection: Selection, alert: Alert, source: str) -> Order:
    playbook = selection.playbook
    host = alert.labels["instance"].partition(":")[0]
    return Order(
        playbook=playbook.name,
        playbook_digest=playbook.digest,
        source=source,
        alert=alert,
        mode=selection.mode,
        target=Target(playbook.target.partition("/")[0], host),
        guards=playbook.guards,
        steps=playbook.steps,
        verify=playbook.verify,
        approval=playbook.approval,
        failure=playbook.failure,
        environment=selection.environment,
    )


class Machines:
    """Knows which names are one machine, as a test says."""

    def __init__(self) -> None:
        self.groups: list[tuple[Target, ...]] = []

    async def of(self, target: Target) -> Identity:
        others = {name for group in self.groups if target in group for name in group} - {target}
        return Identity(target=target, names=tuple(sorted(others)), declared=frozenset(others))


class House:
    """Everything at once, and short words for what tests do with it."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store, self.clock, self.world = store, clock, World()
        self.listener = Heard()
        self.recorder = Recorder(
            lambda: Routes(contacts={"oncall": ({"webhook": {"url": "http://x"}},)})
        )
        self.playbooks: tuple[Playbook, ...] = (a_playbook(),)
        self.environments = (Environment(name="all", match=(), mode=Mode.AUTO),)
        self.groups: dict[str, AlertGroup] = {}
        self.safety = Safety.RECEIPT
        self.protected: tuple[str, ...] = ()
        self.reach: dict[str, Reach] = {}
        self.identities = Machines()
        self.checks: dict[str, Check] = {}
        self.reads = reads_of()
        self.silences: tuple[Callable[[Reads], Silences | None], ...] = ()
        self.control = Control(
            store=store, recorder=self.recorder, ambient=clock.ambient(), listener=self.listener
        )

    def use(self, *playbooks: Playbook) -> None:
        self.playbooks = playbooks

    def rules(self) -> Rules:
        index = Index(self.playbooks)
        return Rules(
            index=index,
            environments=self.environments,
            reach=self.reach,
            render=render,
            parsers={"test": lambda body: self.groups[body.decode()]},
        )

    def intake(self, read: Read | None = None, remainder: Remainder | None = None) -> Intake:
        return Intake(
            store=self.store,
            recorder=self.recorder,
            ambient=self.clock.ambient(),
            rules=self.rules,
            listener=self.listener,
            arrivals=Arrivals(read=read, remainder=remainder) if read else None,
        )

    def housekeeping(self) -> Housekeeping:
        return Housekeeping(
            store=self.store,
            recorder=self.recorder,
            ambient=self.clock.ambient(),
            retention=Retention(),
            listener=self.listener,
        )

    def runner(self, *, executor: bool = True) -> Runner:
        return self.runner_over(self.store, executor=executor)

    def runner_over(self, store: Store, *, executor: bool = True) -> Runner:
        """Return a runner whose way to the store is another."""
        actions = world_actions(self.world, self.safety)
        observer = Observer(
            actions=actions,
            checks={**world_checks(self.world), **self.checks},
            probes={},
            reads=self.reads,
            conditions=PlainConditions(),
            identities=self.identities,
            silences=self.silences,
        )
        ambient = self.clock.ambient()
        run_writer = RunWriter(
            store=store, recorder=self.recorder, ambient=ambient, listener=self.listener
        )
        return Runner(
            store=store,
            run_writer=run_writer,
            ambient=ambient,
            observer=observer,
            executor=Executor(actions=actions, reads=reads_of(), writes=writes_of())
            if executor
            else None,
            protected=lambda: self.protected,
        )

    async def post(
        self, *alerts: Alert, source: str = "prod", received_at: datetime | None = None
    ) -> str:
        """Accept a notification, as the webhook does."""
        notification = Notification(
            id=self.clock.new_id("ntf"),
            source=source,
            kind="test",
            body=b"",
            received_at=received_at or self.clock.now(),
        )
        notification = replace(notification, body=notification.id.encode())
        self.groups[notification.id] = AlertGroup(
            group_key="g", receiver="r", external_url="", alerts=alerts
        )
        await self.store.submit(lambda tx: tx.accept(notification))
        return notification.id

    async def take_in(self, *alerts: Alert, **more: Any) -> None:
        """Accept a notification and drain the inbox."""
        await self.post(*alerts, **more)
        while await self.intake().drain():
            pass

    async def work(self) -> None:
        """Drive everything that is due now, until nothing is."""
        while claimed := await self.claim():
            for run in claimed:
                runner = self.runner(executor=run.order.mode is not Mode.DRY_RUN)
                problem = await runner.drive(run)
                if problem:
                    self.listener.problem(run.id, problem)

    async def claim(self) -> tuple[Run, ...]:
        now = self.clock.now()
        return await self.store.submit(
            lambda tx: tx.claim_due(owner="w1", lease=LEASE, limit=10, now=now)
        )

    async def live(self, *, most: timedelta = timedelta(days=2)) -> None:
        """Work, and let time pass to the next due moment, until every run has ended or waits for people."""
        end = self.clock.now() + most
        while self.clock.now() < end:
            await self.work()
            runs = await self.runs()
            if not any(run.is_open and run.phase.value != "awaiting_approval" for run in runs):
                return
            self.clock.advance(timedelta(seconds=5))

    async def runs(self, **filters: str) -> list[Run]:
        page = await self.store.read(
            lambda reader: reader.runs(Listing(limit=200, filters=filters))
        )
        return sorted(page.items, key=lambda run: run.id)

    async def run(self) -> Run:
        """Return the only run there is, after checking that its journal tells the same."""
        (run,) = await self.runs()
        entries = await self.store.read(lambda reader: reader.events(run.id))
        told = replay(run.id, tuple((entry.at, entry.event) for entry in entries))
        assert replace(told, fence=run.fence, version=run.version) == run
        return run

    async def messages(self) -> list[Any]:
        """Return every message in the outbox that is due, oldest first."""
        later = self.clock.now() + timedelta(days=2)
        found = []
        while due := await self.store.submit(
            lambda tx: tx.claim_deliveries(owner="c", lease=LEASE, limit=100, now=later)
        ):
            for delivery in due:
                found.append(delivery.message)
                await self.store.submit(lambda tx, d=delivery: tx.delivered(d.id, "receipt", later))
        return found


@asynccontextmanager
async def a_house(folder: Path, **more: Mapping[str, Any]):
    store = await open_store(f"sqlite:///{folder / 'remediator.db'}")
    try:
        yield House(masked_store(store, Mask), ManualClock())
    finally:
        await store.close()


__all__ = ["ApprovalPolicy", "House", "a_house", "a_playbook", "a_step", "an_alert"]
