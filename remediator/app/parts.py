"""The parts that run, wired over an open store: loops, control, doors, answers to questions. Used by the daemon.

All of them follow the configuration in force: a reload replaces that, not them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from remediator.app.configuration import InForce
from remediator.app.doors import Doors
from remediator.app.identities import LiveIdentities
from remediator.app.telemetry_listener import TelemetryListener
from remediator.config.catalog import Catalog
from remediator.config.expressions import CelConditions
from remediator.core.alert import AlertGroup
from remediator.core.target import Target
from remediator.engine.control import Control
from remediator.engine.courier import Courier
from remediator.engine.drill import Drill
from remediator.engine.drill_nights import DrillNights
from remediator.engine.explanation import Explanation
from remediator.engine.housekeeping import Housekeeping, Retention
from remediator.engine.intake import Arrivals, Intake
from remediator.engine.observer import Executor, Observer
from remediator.engine.preview import Preview
from remediator.engine.recorder import Recorder
from remediator.engine.remainder import Remainder
from remediator.engine.run_writer import RunWriter
from remediator.engine.runner import Runner
from remediator.engine.track_records import TrackRecords
from remediator.engine.worker import Capacity, Worker
from remediator.http.readers import Readers
from remediator.ports.ambient import Ambient
from remediator.ports.door import Door, DoorServices
from remediator.ports.store import Notification, Store
from remediator.ports.traffic import Backlog, Traffic
from remediator.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What runs until the daemon stops, and what answers people meanwhile."""

    intake: Intake
    worker: Worker
    courier: Courier
    housekeeping: Housekeeping
    doors: Doors
    control: Control
    explanation: Explanation
    preview: Preview
    records: TrackRecords
    drill: Drill
    nights: DrillNights

    @property
    def loops(self) -> tuple[Intake | Worker | Courier | Housekeeping | DrillNights | Door, ...]:
        """What has a heartbeat."""
        own = (self.intake, self.worker, self.courier, self.housekeeping, self.nights)
        return (*own, *self.doors.all)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the parts are made from, besides the store."""

    in_force: InForce
    catalog: Catalog
    conditions: CelConditions
    ambient: Ambient
    telemetry: Telemetry
    listener: TelemetryListener
    traffic: Traffic
    readers: Readers

    def parts(self, store: Store) -> Parts:
        """Make them; nothing runs yet."""
        recorder = Recorder(lambda: self.in_force.now.routes, self.in_force.mask)
        observer = self._observer()
        control = Control(
            store=store,
            recorder=recorder,
            ambient=self.ambient,
            listener=self.listener,
            playbooks=self.in_force.playbooks,
        )
        explanation = Explanation(store=store, rules=self.in_force.rules)
        backlog = Backlog()
        records = self._records(store)
        drill = drill_of(store, self.ambient, self.in_force, observer, self.catalog)
        return Parts(
            intake=self._intake(store, recorder, backlog),
            worker=self._worker(store, recorder, observer, backlog),
            courier=self._courier(store),
            housekeeping=self._housekeeping(store, recorder, records),
            doors=self._doors(store, control, explanation),
            control=control,
            explanation=explanation,
            preview=self._preview(store, observer),
            records=records,
            drill=drill,
            nights=self._nights(store, drill, recorder),
        )

    def _worker(
        self, store: Store, recorder: Recorder, observer: Observer, backlog: Backlog
    ) -> Worker:
        run_writer = RunWriter(
            store=store, recorder=recorder, ambient=self.ambient, listener=self.listener
        )
        runner = partial(
            Runner,
            store=store,
            run_writer=run_writer,
            ambient=self.ambient,
            observer=observer,
            protected=self.in_force.protected,
        )
        return Worker(
            store=store,
            ambient=self.ambient,
            actor=runner(executor=self._executor()),
            rehearser=runner(executor=None),
            listener=self.listener,
            capacity=Capacity(backlog=backlog),
        )

    def _observer(self) -> Observer:
        return observer_of(self.in_force, self.catalog, self.conditions)

    def _executor(self) -> Executor:
        return Executor(
            actions=self.catalog.actions,
            reads=self.in_force.reads,
            writes=self.in_force.writes,
            mask=self.in_force.mask,
        )

    def _intake(self, store: Store, recorder: Recorder, backlog: Backlog) -> Intake:
        remainder = Remainder(
            store=store, ambient=self.ambient, fetch=self._fetch, listener=self.listener
        )
        return Intake(
            store=store,
            recorder=recorder,
            ambient=self.ambient,
            rules=self.in_force.rules,
            listener=self.listener,
            arrivals=Arrivals(
                read=self.readers.read, remainder=remainder, traffic=self.traffic, backlog=backlog
            ),
        )

    async def _fetch(self, notification: Notification, group: AlertGroup) -> bytes:
        """Ask the notification's source for what it cut off."""
        fetch = {each.kind: each.fetch for each in self.catalog.sources}.get(notification.kind)
        return await fetch(self.in_force.now.gateways.reads, group) if fetch else b""

    def _courier(self, store: Store) -> Courier:
        return Courier(
            store=store,
            ambient=self.ambient,
            channels=self.catalog.channels,
            reads=self.in_force.reads,
            listener=self.listener,
            mask=self.in_force.mask,
        )

    def _housekeeping(
        self, store: Store, recorder: Recorder, records: TrackRecords
    ) -> Housekeeping:
        kept = self.in_force.now.settings.retention
        return Housekeeping(
            store=store,
            recorder=recorder,
            ambient=self.ambient,
            retention=Retention(runs=kept.runs, notifications=kept.notifications),
            listener=self.listener,
            records=records,
        )

    def _records(self, store: Store) -> TrackRecords:
        return TrackRecords(
            store=store,
            ambient=self.ambient,
            rules=self.in_force.rules,
            thresholds=lambda: self.in_force.now.settings.trust,
        )

    def _nights(self, store: Store, drill: Drill, recorder: Recorder) -> DrillNights:
        return DrillNights(
            store=store,
            ambient=self.ambient,
            drill=drill,
            recorder=recorder,
            limits=lambda: self.in_force.now.settings.drill,
            listener=self.listener,
        )

    def _preview(self, store: Store, observer: Observer) -> Preview:
        return Preview(
            store=store,
            ambient=self.ambient,
            observer=observer,
            rules=self.in_force.rules,
            protected=self.in_force.protected,
        )

    def _doors(self, store: Store, control: Control, explanation: Explanation) -> Doors:
        doors = {
            each.name: each.door(
                DoorServices(
                    store=store,
                    control=control,
                    why=explanation.why,
                    ambient=self.ambient,
                    log=self.telemetry.log,
                    playbooks=self.in_force.playbooks,
                    connected=partial(self.telemetry.door_connected, each.name),
                )
            )
            for each in self.catalog.integrations
            if each.door
        }
        return Doors(doors)


def observer_of(in_force: InForce, catalog: Catalog, conditions: CelConditions) -> Observer:
    """Return everything that runs may look with; it follows the configuration in force."""
    return Observer(
        actions=catalog.actions,
        checks=catalog.checks,
        probes=catalog.probes,
        reads=in_force.reads,
        conditions=conditions,
        identities=LiveIdentities(lambda: in_force.now.identities),
        silences=[each.silences for each in catalog.integrations if each.silences],
        mask=in_force.mask,
    )


def drill_of(
    store: Store, ambient: Ambient, in_force: InForce, observer: Observer, catalog: Catalog
) -> Drill:
    """Return what drills over a store; it follows the configuration in force."""

    def known() -> list[Target]:
        sections = in_force.now.settings.sections
        found = [
            each.known_targets(sections) for each in catalog.integrations if each.known_targets
        ]
        return [target for targets in found for target in targets]

    return Drill(
        store=store,
        ambient=ambient,
        observer=observer,
        rules=in_force.rules,
        protected=in_force.protected,
        known=known,
    )
