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
from remediator.app.configuration import Configuration, InForce, load_configuration
from remediator.app.doors import renew
from remediator.app.draining import Draining
from remediator.app.opening import Opening
from remediator.app.parts import Parts, Wiring
from remediator.app.reloads import Reloads
from remediator.app.schemas import schema_text
from remediator.app.site_journal import SiteJournal
from remediator.app.systemd import ServiceManager
from remediator.app.telemetry_listener import TelemetryListener
from remediator.config.catalog import Catalog, find_catalog
from remediator.config.collector import keep_all, only_young
from remediator.config.expressions import CelConditions
from remediator.config.known_playbooks import KnownPlaybooks
from remediator.config.settings import Settings
from remediator.core.plaintext import clean
from remediator.engine.masked_store import masked_store
from remediator.http.context import HttpContext
from remediator.http.readers import Readers
from remediator.http.server import TlsFiles, build_app, start, stop
from remediator.ports.ambient import Ambient, system_ambient
from remediator.ports.store import Store
from remediator.ports.traffic import Traffic
from remediator.stores.store import open_store, sqlite_url
from remediator.telemetry import Telemetry, setup_logging

HEARTBEAT_LIMIT = timedelta(seconds=30)
STOP_WITHIN = timedelta(seconds=25)
_TALKATIVE = ("debug", "info")
_MANY = 500  # playbooks that were read anew, and that the collector is better not shown
SWITCH_SECONDS = 0.0005
"""How long the event loop may keep the store's writer waiting for the interpreter: a tenth of Python's default."""


def run_daemon(
    *, config_file: Path | None, listen: str | None, log_level: str, log_format: str
) -> int:
    """Run until a signal; return 0. Raise InputError where the settings or playbooks are wrong."""
    catalog, conditions, known = find_catalog(), CelConditions(), KnownPlaybooks()

    def read() -> Configuration:
        with only_young():
            return load_configuration(config_file, catalog, conditions, listen=listen, known=known)

    def reread() -> Configuration:
        configuration = read()
        if known.newly_read >= _MANY:
            keep_all()
        return configuration

    configuration = read()

    def log_for(configuration: Configuration) -> None:
        secrets = configuration.settings.secrets()
        setup_logging(
            level=log_level, log_format=log_format, secrets=secrets, mask=configuration.mask
        )

    log_for(configuration)

    def say(line: str) -> None:
        print(clean(line), file=sys.stderr, flush=True)

    sys.setswitchinterval(SWITCH_SECONDS)
    daemon = Daemon(configuration, catalog, conditions, reread, on_reload=log_for)
    daemon.has_started = keep_all
    if log_format == "text" and log_level in _TALKATIVE:
        daemon.say = say
    asyncio.run(daemon.run())
    return 0


class Daemon:
    """Everything that runs. `reread` reads settings and playbooks again, for a reload.

    `address` is known once `started` is set; then `has_started` is called. `say` is given lines for people.
    """

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
        self._reread = reread
        self._ambient = ambient or system_ambient()
        self._in_force = InForce(configuration)
        self._catalog = catalog
        self.telemetry = Telemetry(catalog.door_signs)
        self._wiring = Wiring(
            in_force=self._in_force,
            catalog=catalog,
            conditions=conditions,
            ambient=self._ambient,
            telemetry=self.telemetry,
            listener=TelemetryListener(self.telemetry),
            traffic=Traffic(self._ambient.monotonic),
            readers=Readers(catalog.sources),
        )
        self._manager = ServiceManager(os.environ, self.telemetry)
        self._stopping = asyncio.Event()
        self.started = asyncio.Event()
        self.address = ""
        self.say: Callable[[str], None] = lambda line: None
        self.has_started: Callable[[], None] = lambda: None

    @property
    def configuration(self) -> Configuration:
        """The configuration in force."""
        return self._in_force.now

    async def run(self) -> None:
        """Start everything, wait for the end, stop everything in order."""
        async with AsyncExitStack() as stack:
            url = store_url(self.configuration.settings)
            store = masked_store(
                await open_store(url, password=self._password), self._in_force.mask
            )
            stack.push_async_callback(store.close)
            stack.push_async_callback(self._close_gateways)
            stack.push_async_callback(self._wiring.readers.close)
            parts = self._wiring.parts(store)
            draining = Draining(parts.worker.under_way)
            stack.push_async_callback(draining.close)
            stack.push_async_callback(parts.doors.close)
            await renew(parts.doors.prepare(self.configuration))
            swap = partial(self._swap, parts, draining)
            journal = SiteJournal(store, self._in_force, self._ambient, self.telemetry)
            reloads = Reloads(swap, self.telemetry, self._manager, journal)
            await journal.started()
            await self._serve(store, parts, reloads)
            await journal.stopped()
        self.telemetry.log("daemon_stopped")

    def stop(self) -> None:
        """Begin to stop: refuse webhooks (503), give running changes some time, hand the rest over."""
        self._stopping.set()

    async def _serve(self, store: Store, parts: Parts, reloads: Reloads) -> None:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(loop.run()) for loop in parts.loops]
            server = await self._listen(store, parts, reloads)
            self._answer_signals(reloads)
            watched = group.create_task(self._manager.watch(partial(self._is_alive, parts)))
            self.started.set()
            self.has_started()
            self._manager.ready()
            await self._stopping.wait()
            self._manager.stopping()
            for loop in parts.loops:
                loop.stop()
            await self._wiring.readers.close()  # what is being read stays in the inbox
            await self._finish(running)
            await stop(server)  # last: until then, webhooks are told 503
            watched.cancel()

    async def _swap(self, parts: Parts, draining: Draining) -> Configuration:
        """Whatever may fail comes first: up to the first assignment, all that was in force still is."""
        configuration = await asyncio.to_thread(self._reread)
        renewals = parts.doors.prepare(configuration)
        self._on_reload(configuration)
        old, self._in_force.now = self._in_force.now, configuration
        draining.add(old.gateways)
        parts.courier.forget()
        await renew(renewals)
        return configuration

    async def _listen(self, store: Store, parts: Parts, reloads: Reloads) -> Any:
        settings = self.configuration.settings
        context = HttpContext(
            store=store,
            control=parts.control,
            why=parts.explanation.why,
            plan=parts.preview.plan,
            trust=parts.records.of,
            drill=parts.drill.now,
            metrics=self.telemetry,
            ambient=self._ambient,
            authenticator=lambda: self.configuration.authenticator,
            loops_alive=partial(self._loops_alive, parts),
            accepting=lambda: not self._stopping.is_set(),
            reload=reloads.run,
            book=lambda: self.configuration.book,
            catalog=lambda: self._catalog,
            version=__version__,
            schema=schema_text,
            external_url=settings.external_url,
            arrived=self._wiring.traffic.note,
            refused=self._wiring.listener.refused,
            readers=self._wiring.readers,
            doors=parts.doors.routes,
            mask=self._in_force.mask,
        )
        server = await start(_address(settings), build_app(context), _tls(settings))
        self.address = _bound(server)
        self._say_what_listens()
        return server

    def _say_what_listens(self) -> None:
        for warning in self.configuration.warnings:
            self.telemetry.log("warning", text=warning)
        self.telemetry.log(
            "listening", address=self.address, playbooks=len(self.configuration.book)
        )
        opening = Opening(
            address=self.address,
            settings=self.configuration.settings,
            book=self.configuration.book,
            sources=self._catalog.sources,
        )
        for line in opening.lines():
            self.say(line)

    def _loops_alive(self, parts: Parts) -> bool:
        oldest = min(loop.heartbeat for loop in parts.loops)
        return self._ambient.monotonic() - oldest < HEARTBEAT_LIMIT.total_seconds()

    def _is_alive(self, parts: Parts) -> bool:
        """Loops that stop have no heartbeat; how long that may take, the service manager knows."""
        return self._stopping.is_set() or self._loops_alive(parts)

    def _answer_signals(self, reloads: Reloads) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self.telemetry.loop_failed)
        with suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(signal.SIGTERM, self.stop)
            loop.add_signal_handler(signal.SIGINT, self.stop)
            loop.add_signal_handler(signal.SIGHUP, reloads.begin)

    async def _finish(self, running: list[asyncio.Task[None]]) -> None:
        _, late = await asyncio.wait(running, timeout=STOP_WITHIN.total_seconds())
        for loop in late:
            loop.cancel()

    def _password(self) -> str:
        store = self.configuration.settings.store
        return store.password.reveal() if store and store.password else ""

    async def _close_gateways(self) -> None:
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
