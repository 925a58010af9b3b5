"""The real engine of one life: intake, worker, courier and control over a store in memory, with the given world."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from remediator.app.identities import ConfiguredIdentities
from remediator.config.case_shape import GivenShape
from remediator.core.alert import Alert, AlertGroup
from remediator.core.facts import Answer, Known
from remediator.core.masking import Mask
from remediator.core.messages import Message
from remediator.core.order import Order
from remediator.core.selection import Index, Selection
from remediator.engine.admission import Rules
from remediator.engine.control import Control
from remediator.engine.courier import Courier
from remediator.engine.intake import Intake
from remediator.engine.listener import NoListener
from remediator.engine.observer import Executor, Observer
from remediator.engine.recorder import Moved, Recorder
from remediator.engine.run_writer import RunWriter
from remediator.engine.runner import Runner
from remediator.engine.worker import Capacity, Worker
from remediator.ports.ambient import Ambient
from remediator.ports.channel import Channel, Deliverer
from remediator.ports.check import Question
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters
from remediator.ports.store import Notification, Work
from remediator.rehearsal.given_answers import Told, given_checks
from remediator.rehearsal.played_steps import PlayedSteps
from remediator.rehearsal.played_world import play
from remediator.rehearsal.seen import Heard
from remediator.rehearsal.site import Site
from remediator.stores.inline import InlineStore

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
"""When a life begins that says nothing else: a Wednesday."""
_LEASE = timedelta(hours=2)
_LONGEST = 3600.0
SOURCE = "test"


class Ear(NoListener):
    """Remembers every event, and what went wrong."""

    def __init__(self) -> None:
        self.moves: list[Moved] = []
        self.problems: list[str] = []

    def moved(self, moved: Moved) -> None:
        """See engine.listener."""
        self.moves.append(moved)

    def problem(self, where: str, text: str) -> None:
        """See engine.listener."""
        self.problems.append(f"{where}: {text}")


@dataclass(frozen=True, slots=True)
class _Hearing:
    """A channel that only remembers what it was told."""

    channel: str
    now: Callable[[], datetime]
    heard: list[Heard]

    async def deliver(self, message: Message, receipt: str | None) -> str:
        """See ports.channel.Deliverer."""
        self.heard.append(Heard(at=self.now(), channel=self.channel, message=message))
        return "heard"


@dataclass(slots=True)
class Stage:
    """What the parts of one life share. Without `hears` no message is delivered, as nobody asks about any."""

    site: Site
    index: Index
    given: GivenShape
    start: datetime = NOON
    ear: Ear = field(default_factory=Ear)
    hears: bool = True
    heard: list[Heard] = field(default_factory=list)
    groups: dict[str, AlertGroup] = field(default_factory=dict)
    _numbers: dict[str, itertools.count[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.given.now:
            self.start = datetime.fromisoformat(self.given.now)

    def now(self) -> datetime:
        """Return how late it is."""
        return self.start + timedelta(seconds=asyncio.get_running_loop().time())

    def new_id(self, prefix: str) -> str:
        """Return the next id with a prefix."""
        numbers = self._numbers.setdefault(prefix, itertools.count(1))
        return f"{prefix}_{next(numbers):06d}"

    def ambient(self) -> Ambient:
        """Return time and chance of this life: the one passes at once, the other is always the same."""
        return Ambient(
            now=self.now,
            monotonic=asyncio.get_running_loop().time,
            new_id=self.new_id,
            dice=lambda: 0.5,
        )


class Cast:
    """Everything that plays in one life; `begin` and `end` it within a virtual loop."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.store = InlineStore(lambda: stage.now().timestamp(), _LONGEST)
        self.told = Told(stage.now, stage.start)
        self.world = play(stage.site, stage.given, stage.now)
        self.steps = PlayedSteps(stage.given, self.told, self.world.kinds)
        self._ambient = stage.ambient()
        self._recorder = Recorder(lambda: stage.site.routes, self._mask)
        self._checks = given_checks(stage.site.catalog.checks, stage.given, self.told)
        self.control = Control(
            store=self.store,
            recorder=self._recorder,
            ambient=self._ambient,
            listener=stage.ear,
            playbooks=lambda: [each.name for each in stage.index.playbooks],
        )
        self.worker = self._worker()
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Start the loops."""
        loops = [self._intake().run(), self.worker.run()]
        if self.stage.hears:
            loops.append(self._courier().run())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    def next_due(self) -> float | None:
        """Return when anything is due next, in seconds since 1970; None where nothing is."""
        kinds = (Work.RUNS, Work.OUTBOX) if self.stage.hears else (Work.RUNS,)
        return self.store.next_due(kinds)

    def broken(self) -> list[str]:
        """Return what broke in a loop, which must not happen."""
        ended = [task for task in self._tasks if task.done() and not task.cancelled()]
        return [repr(task.exception()) for task in ended] + self.stage.ear.problems

    async def end(self) -> None:
        """Stop everything at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.store.close()

    def post(self, alerts: Sequence[Alert]) -> None:
        """Take a word about alerts in, as a source sends it."""
        notification = Notification(
            id=self.stage.new_id("ntf"),
            source=SOURCE,
            kind=SOURCE,
            body=b"",
            received_at=self.stage.now(),
        )
        notification = replace(notification, body=notification.id.encode())
        self.stage.groups[notification.id] = AlertGroup(
            group_key="test", receiver="remediator", external_url="", alerts=tuple(alerts)
        )
        self.store.do(lambda tx: tx.accept(notification))

    def _mask(self) -> Mask:
        return Mask(self.stage.site.settings.mask)

    def _rules(self) -> Rules:
        site, given = self.stage.site, self.stage.given
        return Rules(
            index=self.stage.index,
            environments=(site.environment(given.environment, given.mode),),
            render=self._render,
            severity=site.orders.severity,
            parsers={SOURCE: lambda body: self.stage.groups[body.decode()]},
            mask=self._mask(),
        )

    def _render(self, selection: Selection, alert: Alert, source: str) -> Order:
        order = self.stage.site.orders.render_order(selection, alert, source)
        self.told.note(order, self.stage.site.catalog.checks)
        return order

    def _intake(self) -> Intake:
        rules = self._rules()
        return Intake(
            store=self.store,
            recorder=self._recorder,
            ambient=self._ambient,
            rules=lambda: rules,
            listener=self.stage.ear,
        )

    def _worker(self) -> Worker:
        run_writer = RunWriter(
            store=self.store,
            recorder=self._recorder,
            ambient=self._ambient,
            listener=self.stage.ear,
        )
        observer = self._observer()
        settings = self.stage.site.settings
        runner = partial(
            Runner,
            store=self.store,
            run_writer=run_writer,
            ambient=self._ambient,
            observer=observer,
            protected=lambda: settings.out_of_reach,
        )
        return Worker(
            store=self.store,
            ambient=self._ambient,
            actor=runner(executor=self._executor()),
            rehearser=runner(executor=None),
            listener=self.stage.ear,
            capacity=Capacity(lease=_LEASE),
        )

    def _observer(self) -> Observer:
        site, reads = self.stage.site, self.world.gateways.reads
        return Observer(
            actions=self.steps.actions(site.catalog.actions),
            checks=self._checks,
            probes=site.catalog.probes,
            reads=reads,
            conditions=site.inline,
            identities=ConfiguredIdentities(
                site.settings, reads, monotonic=self._ambient.monotonic
            ),
            silences=[lambda reads: self._silenced] if self.stage.given.silenced else (),
            mask=self._mask,
        )

    def _executor(self) -> Executor:
        return Executor(
            actions=self.steps.actions(self.stage.site.catalog.actions),
            reads=self.world.gateways.reads,
            writes=self.world.gateways.writes,
            mask=self._mask,
        )

    async def _silenced(self, question: Question) -> Answer:
        known = Known.HOLDS if self.stage.given.silenced is True else Known.UNKNOWN
        return Answer(known=known, detail="given by the test: the alert is silenced")

    def _courier(self) -> Courier:
        known = self.stage.site.catalog.channels
        return Courier(
            store=self.store,
            ambient=self._ambient,
            channels={name: self._hearing(channel) for name, channel in known.items()},
            reads=Reads(),
            listener=self.stage.ear,
            mask=self._mask,
        )

    def _hearing(self, channel: Channel) -> Channel:
        def deliverer(reads: Reads, settings: Parameters) -> Deliverer:
            return _Hearing(channel.name, self.stage.now, self.stage.heard)

        return replace(channel, deliverer=deliverer)
