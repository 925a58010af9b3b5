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
from remediator.app.doors import Doors, renew
from remediator.app.identities import LiveIdentities
from remediator.app.reloads import Reloads
from remediator.app.retired import Retired
from remediator.app.site import Site, load_site
from remediator.app.systemd import ServiceManager
from remediator.app.witness import TelemetryWitness
from remediator.config.catalog import Catalog, find_catalog
from remediator.config.expressions import CelConditions
from remediator.config.settings import Settings
from remediator.core.alert import AlertGroup
from remediator.engine.control import Control
from remediator.engine.courier import Courier
from remediator.engine.explanation import Explanation
from remediator.engine.eyes import Eyes, Hands
from remediator.engine.intake import Intake
from remediator.engine.keeper import Keeper, Retention
from remediator.engine.ledger import Ledger
from remediator.engine.masked_store import masked_store
from remediator.engine.preview import Preview
from remediator.engine.remainder import Remainder
from remediator.engine.runner import Runner
from remediator.engine.scribe import Scribe
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
    site = load_site(config_file, catalog, conditions, listen=listen)

    def log_for(site: Site) -> None:
        secrets = site.settings.secrets()
        setup_logging(level=log_level, log_format=log_format, secrets=secrets, mask=site.mask)

    log_for(site)

    def reread() -> Site:
        return load_site(config_file, catalog, conditions, listen=listen)

    sys.setswitchinterval(SWITCH_SECONDS)
    daemon = Daemon(site, catalog, conditions, reread, on_reload=log_for)
    asyncio.run(daemon.run())
    return 0


class Daemon:
    """Everything that runs. `reread` reads settings and playbooks again, for a reload."""

    def __init__(
        self,
        site: Site,
        catalog: Catalog,
        conditions: CelConditions,
        reread: Callable[[], Site],
        *,
        on_reload: Callable[[Site], None] = lambda site: None,
        ambient: Ambient | None = None,
    ) -> None:
        self._on_reload = on_reload
        self.site = site
        self._catalog = catalog
        self._conditions = conditions
        self._reread = reread
        self._ambient = ambient or system_ambient()
        self.telemetry = Telemetry()
        self._witness = TelemetryWitness(self.telemetry)
        self._traffic = Traffic(self._ambient.monotonic)
        self._readers = Readers(catalog.sources)
        self._stopping = asyncio.Event()
        self.started = asyncio.Event()
        self._loops: tuple[Worker | Intake | Courier | Keeper | Door, ...] = ()
        self.address = ""
        self.control: Control | None = None
        self._doors = Doors({})
        self._retired = Retired(self._runs_under_way)
        self._manager = ServiceManager(os.environ, self.telemetry)
        self._reloads = Reloads(self._swap, self.telemetry, self._manager)

    async def run(self) -> None:
        """Start everything, wait for the end, stop everything in order."""
        async with AsyncExitStack() as stack:
            opened = await open_store(store_url(self.site.settings), password=self._password)
            store = masked_store(opened, lambda: self.site.mask)
            stack.push_async_callback(store.close)
            stack.push_async_callback(self._close_gateways)
            stack.push_async_callback(self._readers.close)
            self._build(store)
            stack.push_async_callback(self._doors.close)
            await renew(self._doors.prepare(self.site))
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

    async def _swap(self) -> Site:
        """Whatever may fail comes first: up to the first assignment, all that was in force still is."""
        site = await asyncio.to_thread(self._reread)
        renewals = self._doors.prepare(site)
        self._on_reload(site)
        old, self.site = self.site, site
        self._retired.add(old.gateways)
        for loop in self._loops:
            if isinstance(loop, Courier):
                loop.forget()
        await renew(renewals)
        return site

    def _build(self, store: Store) -> None:
        ledger = Ledger(lambda: self.site.routes, lambda: self.site.mask)
        scribe = Scribe(store=store, ledger=ledger, ambient=self._ambient, witness=self._witness)
        eyes = self._eyes()
        rehearser = self._runner(store, scribe, eyes, hands=None)
        actor = self._runner(store, scribe, eyes, self._hands())
        self.control = Control(
            store=store, ledger=ledger, ambient=self._ambient, witness=self._witness
        )
        self._why = Explanation(store=store, rules=lambda: self.site.rules).why
        self._preview = self._rehearsal(store, eyes)
        self._doors = self._opened(store, self.control)
        self._loops = (
            self._intake(store, ledger),
            Worker(
                store=store,
                ambient=self._ambient,
                actor=actor,
                rehearser=rehearser,
                witness=self._witness,
            ),
            self._courier(store),
            self._keeper(store, ledger),
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
                    playbooks=lambda: tuple(self.site.book.by_name),
                    connected=partial(self.telemetry.door_connected, each.name),
                )
            )
            for each in self._catalog.integrations
            if each.door
        }
        return Doors(doors)

    def _eyes(self) -> Eyes:
        return Eyes(
            actions=self._catalog.actions,
            checks=self._catalog.checks,
            probes=self._catalog.probes,
            reads=self._reads(),
            conditions=self._conditions,
            identities=LiveIdentities(lambda: self.site.identities),
            mask=lambda: self.site.mask,
        )

    def _hands(self) -> Hands:
        writes = Writes.following(lambda: self.site.gateways.writes)
        mask = lambda: self.site.mask  # noqa: E731
        return Hands(actions=self._catalog.actions, reads=self._reads(), writes=writes, mask=mask)

    def _reads(self) -> Reads:
        return Reads.following(lambda: self.site.gateways.reads)

    def _runner(self, store: Store, scribe: Scribe, eyes: Eyes, hands: Hands | None) -> Runner:
        return Runner(
            store=store,
            scribe=scribe,
            ambient=self._ambient,
            eyes=eyes,
            hands=hands,
            protected=self._protected,
        )

    def _protected(self) -> tuple[str, ...]:
        return self.site.settings.protected

    def _intake(self, store: Store, ledger: Ledger) -> Intake:
        intake = Intake(
            store=store,
            ledger=ledger,
            ambient=self._ambient,
            rules=lambda: self.site.rules,
            witness=self._witness,
            traffic=self._traffic,
        )
        remainder = Remainder(
            store=store, ambient=self._ambient, fetch=self._fetch, witness=self._witness
        )
        intake.use(self._readers.read, remainder)
        return intake

    async def _fetch(self, notification: Notification, group: AlertGroup) -> bytes:
        """Ask the notification's source for what it cut off."""
        fetch = {each.kind: each.fetch for each in self._catalog.sources}.get(notification.kind)
        return await fetch(self.site.gateways.reads, group) if fetch else b""

    def _courier(self, store: Store) -> Courier:
        return Courier(
            store=store,
            ambient=self._ambient,
            channels=self._catalog.channels,
            reads=self._reads(),
            witness=self._witness,
            mask=lambda: self.site.mask,
        )

    def _keeper(self, store: Store, ledger: Ledger) -> Keeper:
        kept = self.site.settings.retention
        return Keeper(
            store=store,
            ledger=ledger,
            ambient=self._ambient,
            retention=Retention(runs=kept.runs, notifications=kept.notifications),
            witness=self._witness,
        )

    def _rehearsal(self, store: Store, eyes: Eyes) -> Preview:
        return Preview(
            store=store,
            ambient=self._ambient,
            eyes=eyes,
            rules=lambda: self.site.rules,
            protected=self._protected,
        )

    async def _listen(self, store: Store) -> Any:
        assert self.control is not None  # noqa: S101 — set by _build
        settings = self.site.settings
        context = HttpContext(
            store=store,
            control=self.control,
            why=self._why,
            plan=self._preview.plan,
            metrics=self.telemetry,
            ambient=self._ambient,
            doorkeeper=lambda: self.site.doorkeeper,
            loops_alive=self._loops_alive,
            accepting=lambda: not self._stopping.is_set(),
            reload=self.reload,
            book=lambda: self.site.book,
            catalog=lambda: self._catalog,
            version=__version__,
            external_url=settings.external_url,
            arrived=self._traffic.note,
            refused=self._witness.refused,
            readers=self._readers,
            doors=self._doors.routes,
            mask=lambda: self.site.mask,
        )
        server = await start(_address(settings), build_app(context), _tls(settings))
        self.address = _bound(server)
        for warning in self.site.warnings:
            self.telemetry.log("warning", text=warning)
        self.telemetry.log("listening", address=self.address, playbooks=len(self.site.book))
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
        store = self.site.settings.store
        return store.password.reveal() if store and store.password else ""

    async def _close_gateways(self) -> None:
        await self._retired.close()
        await self.site.gateways.close()


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
