"""The running daemon: build the parts, start the loops, answer signals, stop within 25 seconds and hand over."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from remediator import __version__
from remediator.app.configuration import Configuration, load_configuration
from remediator.app.doors import Doors, renew
from remediator.app.draining import Draining
from remediator.app.identities import LiveIdentities
from remediator.app.reloads import Reloads
from remediator.app.systemd import ServiceManager
from remediator.app.telemetry_listener import TelemetryListener
from remediator.config.catalog import Catalog, find_catalog
from remediator.config.expressions import CelConditions
from remediator.config.settings import Settings
from remediator.core.alert import AlertGroup
from remediator.engine.control import Control
from remediator.engine.courier import Courier
from remediator.engine.explanation import Explanation
from remediator.engine.housekeeping import Housekeeping, Retention
from remediator.engine.intake import Intake
from remediator.engine.masked_store import masked_store
from remediator.engine.observer import Executor, Observer
from remediator.engine.preview import Preview
from remediator.engine.recorder import Recorder
from remediator.engine.remainder import Remainder
from remediator.engine.run_writer import RunWriter
from remediator.engine.runner import Runner
from remediator.engine.worker import Worker
from remediator.http.context import HttpContext
from remediator.http.readers import Readers
from remediator.http.server import TlsFiles, build_app, start, stop
from remediator.ports.ambient import Ambient, system_ambient
from remediator.ports.door import Door, DoorServices
from remediator.ports.gateways import Reads, Writes
from remediator.ports.store import Notification, Store
from remediator.ports.traffic import Traffic
from remediator.stores.store import open_store, sqlite_url
from remediator.telemetry import Telemetry, setup_logging

HEARTBEAT_LIMIT = timedelta(seconds=30)
STOP_WITHIN = timedelta(seconds=25)
SWITCH_SECONDS = 0.0005
"""How long the event loop may keep the store's writer waiting for the interpreter: a tenth of Python's default."""


def run_daemon(
    *, config_file: Path | None, listen: str | None, log_level: str, log_format: str
) -> int:
    """Run until a signal; return 0. Raise InputError where the settings or playbooks are wrong."""
    catalog, conditions = find_catalog(), CelConditions()
    configuration = load_configuration(config_file, catalog, conditions, listen=listen)

    def log_for(configuration: Configuration) -> None:
        secrets = configuration.settings.secrets()
        setup_logging(
            level=log_level, log_format=log_format, secrets=secrets, mask=configuration.mask
        )

    log_for(configuration)

    def reread() -> Configuration:
        return load_configuration(config_file, catalog, conditions, listen=listen)

    sys.setswitchinterval(SWITCH_SECONDS)
    daemon = Daemon(configuration, catalog, conditions, reread, on_reload=log_for)
    asyncio.run(daemon.run())
    return 0


class Daemon:
    """Everything that runs. `reread` reads settings and playbooks again, for a reload."""

    def __init__(
        self,
        configuration: Configuration,
        catalog: Catalog,
        conditions: CelConditions,
        reread: Callable[[], Configuration],
        *,
        on_reload: Callable[[Configuration], None] = lambda configuration: None,
        ambient: Ambient | None = None,
    ) -> None:
        self._on_reload = on_reload
        self.configuration = configuration
        self._catalog = catalog
        self._conditions = conditions
        self._reread = reread
        self._ambient = ambient or system_ambient()
        self.telemetry = Telemetry()
        self._listener = TelemetryListener(self.telemetry)
        self._traffic = Traffic(self._ambient.monotonic)
        self._readers = Readers(catalog.sources)
        self._stopping = asyncio.Event()
        self.started = asyncio.Event()
        self._loops: tuple[Worker | Intake | Courier | Housekeeping | Door, ...] = ()
        self.address = ""
        self.control: Control | None = None
        self._doors = Doors({})
        self._draining = Draining(self._runs_under_way)
        self._manager = ServiceManager(os.environ, self.telemetry)
        self._reloads = Reloads(self._swap, self.telemetry, self._manager)

    async def run(self) -> None:
        """Start everything, wait for the end, stop everything in order."""
        async with AsyncExitStack() as stack:
            opened = await open_store(
                store_url(self.configuration.settings), password=self._password
            )
            store = masked_store(opened, lambda: self.configuration.mask)
            stack.push_async_callback(store.close)
            stack.push_async_callback(self._close_gateways)
            stack.push_async_callback(self._readers.close)
            self._build(store)
            stack.push_async_callback(self._doors.close)
            await renew(self._doors.prepare(self.configuration))
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(loop.run()) for loop in self._loops]
                server = await self._listen(store)
                self._answer_signals()
                watched = group.create_task(self._manager.watch(self._is_alive))
                self.started.set()
                self._manager.ready()
                await self._stopping.wait()
                self._manager.stopping()
                for loop in self._loops:
                    loop.stop()
                await self._readers.close()  # what is being read stays in the inbox
                await self._finish(running)
                await stop(server)  # last: until then, webhooks are told 503
                watched.cancel()
        self.telemetry.log("daemon_stopped")

    def stop(self) -> None:
        """Begin to stop: refuse webhooks (503), give running changes some time, hand the rest over."""
        self._stopping.set()

    async def reload(self) -> tuple[str, ...]:
        """Swap settings and playbooks whole, or keep the old ones; return the problems."""
        return await self._reloads.run()

    async def _swap(self) -> Configuration:
        """Whatever may fail comes first: up to the first assignment, all that was in force still is."""
        configuration = await asyncio.to_thread(self._reread)
        renewals = self._doors.prepare(configuration)
        self._on_reload(configuration)
        old, self.configuration = self.configuration, configuration
        self._draining.add(old.gateways)
        for loop in self._loops:
            if isinstance(loop, Courier):
                loop.forget()
        await renew(renewals)
        return configuration

    def _build(self, store: Store) -> None:
        recorder = Recorder(lambda: self.configuration.routes, lambda: self.configuration.mask)
        run_writer = RunWriter(
            store=store, recorder=recorder, ambient=self._ambient, listener=self._listener
        )
        observer = self._observer()
        rehearser = self._runner(store, run_writer, observer, executor=None)
        actor = self._runner(store, run_writer, observer, self._executor())
        self.control = Control(
            store=store, recorder=recorder, ambient=self._ambient, listener=self._listener
        )
        self._why = Explanation(store=store, rules=lambda: self.configuration.rules).why
        self._preview = self._rehearsal(store, observer)
        self._doors = self._opened(store, self.control)
        self._loops = (
            self._intake(store, recorder),
            Worker(
                store=store,
                ambient=self._ambient,
                actor=actor,
                rehearser=rehearser,
                listener=self._listener,
            ),
            self._courier(store),
            self._housekeeping(store, recorder),
            *self._doors.all,
        )

    def _opened(self, store: Store, control: Control) -> Doors:
        doors = {
            each.name: each.door(
                DoorServices(
                    store=store,
                    control=control,
                    why=self._why,
                    ambient=self._ambient,
                    log=self.telemetry.log,
                    playbooks=lambda: tuple(self.configuration.book.by_name),
                    connected=partial(self.telemetry.door_connected, each.name),
                )
            )
            for each in self._catalog.integrations
            if each.door
        }
        return Doors(doors)

    def _observer(self) -> Observer:
        return Observer(
            actions=self._catalog.actions,
            checks=self._catalog.checks,
            probes=self._catalog.probes,
            reads=self._reads(),
            conditions=self._conditions,
            identities=LiveIdentities(lambda: self.configuration.identities),
            mask=lambda: self.configuration.mask,
        )

    def _executor(self) -> Executor:
        writes = Writes.following(lambda: self.configuration.gateways.writes)
        mask = lambda: self.configuration.mask  # noqa: E731
        return Executor(
            actions=self._catalog.actions, reads=self._reads(), writes=writes, mask=mask
        )

    def _reads(self) -> Reads:
        return Reads.following(lambda: self.configuration.gateways.reads)

    def _runner(
        self, store: Store, run_writer: RunWriter, observer: Observer, executor: Executor | None
    ) -> Runner:
        return Runner(
            store=store,
            run_writer=run_writer,
            ambient=self._ambient,
            observer=observer,
            executor=executor,
            protected=self._protected,
        )

    def _protected(self) -> tuple[str, ...]:
        return self.configuration.settings.protected

    def _intake(self, store: Store, recorder: Recorder) -> Intake:
        intake = Intake(
            store=store,
            recorder=recorder,
            ambient=self._ambient,
            rules=lambda: self.configuration.rules,
            listener=self._listener,
            traffic=self._traffic,
        )
        remainder = Remainder(
            store=store, ambient=self._ambient, fetch=self._fetch, listener=self._listener
        )
        intake.use(self._readers.read, remainder)
        return intake

    async def _fetch(self, notification: Notification, group: AlertGroup) -> bytes:
        """Ask the notification's source for what it cut off."""
        fetch = {each.kind: each.fetch for each in self._catalog.sources}.get(notification.kind)
        return await fetch(self.configuration.gateways.reads, group) if fetch else b""

    def _courier(self, store: Store) -> Courier:
        return Courier(
            store=store,
            ambient=self._ambient,
            channels=self._catalog.channels,
            reads=self._reads(),
            listener=self._listener,
            mask=lambda: self.configuration.mask,
        )

    def _housekeeping(self, store: Store, recorder: Recorder) -> Housekeeping:
        kept = self.configuration.settings.retention
        return Housekeeping(
            store=store,
            recorder=recorder,
            ambient=self._ambient,
            retention=Retention(runs=kept.runs, notifications=kept.notifications),
            listener=self._listener,
        )

    def _rehearsal(self, store: Store, observer: Observer) -> Preview:
        return Preview(
            store=store,
            ambient=self._ambient,
            observer=observer,
            rules=lambda: self.configuration.rules,
            protected=self._protected,
        )

    async def _listen(self, store: Store) -> Any:
        assert self.control is not None  # noqa: S101 — set by _build
        settings = self.configuration.settings
        context = HttpContext(
            store=store,
            control=self.control,
            why=self._why,
            plan=self._preview.plan,
            metrics=self.telemetry,
            ambient=self._ambient,
            authenticator=lambda: self.configuration.authenticator,
            loops_alive=self._loops_alive,
            accepting=lambda: not self._stopping.is_set(),
            reload=self.reload,
            book=lambda: self.configuration.book,
            catalog=lambda: self._catalog,
            version=__version__,
            external_url=settings.external_url,
            arrived=self._traffic.note,
            refused=self._listener.refused,
            readers=self._readers,
            doors=self._doors.routes,
            mask=lambda: self.configuration.mask,
        )
        server = await start(_address(settings), build_app(context), _tls(settings))
        self.address = _bound(server)
        for warning in self.configuration.warnings:
            self.telemetry.log("warning", text=warning)
        self.telemetry.log(
            "listening", address=self.address, playbooks=len(self.configuration.book)
        )
        return server

    def _loops_alive(self) -> bool:
        oldest = min(loop.heartbeat for loop in self._loops)
        return self._ambient.monotonic() - oldest < HEARTBEAT_LIMIT.total_seconds()

    def _is_alive(self) -> bool:
        """Loops that stop have no heartbeat; how long that may take, the service manager knows."""
        return self._stopping.is_set() or self._loops_alive()

    def _answer_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self.telemetry.loop_failed)
        with suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(signal.SIGTERM, self.stop)
            loop.add_signal_handler(signal.SIGINT, self.stop)
            loop.add_signal_handler(signal.SIGHUP, self._reloads.begin)

    def _runs_under_way(self) -> list[asyncio.Task[None]]:
        workers = [loop for loop in self._loops if isinstance(loop, Worker)]
        return [task for worker in workers for task in worker.under_way()]

    async def _finish(self, running: list[asyncio.Task[None]]) -> None:
        _, late = await asyncio.wait(running, timeout=STOP_WITHIN.total_seconds())
        for loop in late:
            loop.cancel()

    def _password(self) -> str:
        store = self.configuration.settings.store
        return store.password.reveal() if store and store.password else ""

    async def _close_gateways(self) -> None:
        await self._draining.close()
        await self.configuration.gateways.close()


def store_url(settings: Settings) -> str:
    """Return the URL of the store: the one that is set, or SQLite in the data directory."""
    if settings.store:
        return settings.store.url
    return sqlite_url(settings.data_dir)


def _address(settings: Settings) -> str:
    host = settings.listen.host
    return f"[{host}]:{settings.listen.port}" if ":" in host else f"{host}:{settings.listen.port}"


def _tls(settings: Settings) -> TlsFiles | None:
    if settings.tls is None:
        return None
    ca = settings.tls.client_ca_file
    return TlsFiles(
        cert_file=str(settings.tls.cert_file),
        key_file=str(settings.tls.key_file),
        client_ca_file=str(ca) if ca else None,
    )


def _bound(server: Any) -> str:
    host, port = server.addresses[0][:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
