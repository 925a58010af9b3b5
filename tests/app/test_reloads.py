"""A reload takes its turn, and whatever goes wrong in it is told; the old settings stay in force."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from remediator.app.configuration import Configuration, InForce, load_configuration
from remediator.app.daemon import Daemon
from remediator.app.reloads import Reloads
from remediator.app.site_journal import SiteJournal
from remediator.app.systemd import ServiceManager
from remediator.config.catalog import Catalog, find_catalog
from remediator.config.expressions import CelConditions
from remediator.core.errors import InvalidSettings
from remediator.core.site_events import Reloaded, SiteEvent
from remediator.ports.ambient import system_ambient
from remediator.ports.store import Store
from remediator.stores.store import open_store, sqlite_url
from remediator.telemetry import Telemetry

GONE = OSError("the disk is gone")
REFUSED = InvalidSettings("no such key")


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    nothing = tmp_path_factory.mktemp("settings") / "remediator.yaml"
    nothing.write_text("{}")
    return load_configuration(nothing, Catalog(), CelConditions())


def failing(problem: Exception) -> Callable[[], Awaitable[Configuration]]:
    async def swap() -> Configuration:
        raise problem

    return swap


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(sqlite_url(tmp_path / "state"))
    yield opened
    await opened.close()


def reloads_of(
    swap: Callable[[], Awaitable[Configuration]],
    telemetry: Telemetry,
    store: Store,
    configuration: Configuration,
) -> Reloads:
    journal = SiteJournal(store, InForce(configuration), system_ambient(), telemetry)
    return Reloads(swap, telemetry, ServiceManager({}, telemetry), journal)


async def journal(store: Store) -> list[SiteEvent]:
    """Oldest first."""
    entries = await store.read(lambda reader: reader.site_events())
    return [entry.event for entry in reversed(entries)]


def succeeded(telemetry: Telemetry) -> bool:
    return "remediator_config_last_reload_successful 1.0" in telemetry.render()[0].decode()


async def line(caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    """The next line that warns."""
    async with asyncio.timeout(60):
        while not caplog.records:
            await asyncio.sleep(0.001)
    return caplog.records[0]


async def test_two_reloads_at_once_run_one_after_the_other(
    configuration: Configuration, store: Store
) -> None:
    under_way, most = 0, 0

    async def swap() -> Configuration:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return configuration

    reloads = reloads_of(swap, Telemetry(), store, configuration)
    answers = await asyncio.gather(*(reloads.run(who) for who in ("ana", "bo", "cy")))

    assert (answers, most) == ([(), (), ()], 1)


@pytest.mark.parametrize("problem", [GONE, REFUSED])
async def test_a_reload_by_signal_that_fails_for_any_reason_is_logged_and_moves_the_metric(
    caplog: pytest.LogCaptureFixture,
    problem: Exception,
    configuration: Configuration,
    store: Store,
) -> None:
    telemetry = Telemetry()
    with caplog.at_level(logging.WARNING, logger="remediator"):
        reloads_of(failing(problem), telemetry, store, configuration).begin()
        told = await line(caplog)

    assert told.msg == "reload_refused"
    assert str(problem) in vars(told)["fields"]["problem"]
    assert not succeeded(telemetry)


async def test_who_asks_is_answered_with_what_is_wrong_and_after_it_the_next_reload_works(
    configuration: Configuration, store: Store
) -> None:
    problems, telemetry = [GONE, REFUSED], Telemetry()

    async def swap() -> Configuration:
        if problems:
            raise problems.pop(0)
        return configuration

    reloads = reloads_of(swap, telemetry, store, configuration)

    with pytest.raises(OSError, match="the disk is gone"):
        await reloads.run("ana")
    assert not succeeded(telemetry)
    assert await reloads.run("ana") == ("no such key",)
    assert not succeeded(telemetry)
    assert await reloads.run("ana") == ()
    assert succeeded(telemetry)
    refused, broke, reloaded = await journal(store)
    assert isinstance(reloaded, Reloaded)
    assert [refused.problems, broke.problems] == [("OSError: the disk is gone",), ("no such key",)]


async def test_a_reload_takes_effect_also_where_nothing_can_be_written_down(
    configuration: Configuration, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """A reload may be what mends the store."""
    telemetry = Telemetry()

    async def swap() -> Configuration:
        return configuration

    await store.close()
    with caplog.at_level(logging.WARNING, logger="remediator"):
        assert await reloads_of(swap, telemetry, store, configuration).run("ana") == ()

    assert succeeded(telemetry)
    assert (await line(caplog)).msg == "not_in_journal"


@pytest.mark.slow
async def test_a_hang_up_to_the_daemon_that_breaks_keeps_the_site_in_force_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Configuration:
        raise GONE

    catalog, conditions = find_catalog(), CelConditions()
    file = tmp_path / "remediator.yaml"
    file.write_text(json.dumps({"playbooks": [], "data_dir": str(tmp_path)}))
    first = load_configuration(file, catalog, conditions, listen="127.0.0.1:0")
    daemon = Daemon(first, catalog, conditions, broken)
    running = asyncio.create_task(daemon.run())
    await asyncio.wait_for(daemon.started.wait(), 60)

    with caplog.at_level(logging.WARNING, logger="remediator"):
        os.kill(os.getpid(), signal.SIGHUP)
        told = await line(caplog)

    assert told.msg == "reload_refused"
    assert daemon.configuration is first
    assert not running.done()
    daemon.stop()
    await running
