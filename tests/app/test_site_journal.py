"""What a daemon tells the site's journal of itself: starts, ends, and what each reload changed."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from remediator import __version__
from remediator.app.configuration import load_configuration
from remediator.app.daemon import Daemon
from remediator.config.catalog import find_catalog
from remediator.config.expressions import CelConditions
from remediator.core.site_events import (
    Reloaded,
    ReloadRefused,
    SiteEvent,
    Started,
    Stopped,
    Version,
)
from remediator.ports.store import Store
from remediator.stores.store import open_store, sqlite_url
from tests.stores.test_site_journal import followed

pytestmark = pytest.mark.slow

PLAYBOOK = """\
name: {name}
match: ['alertname="{name}"']
target: "host/{{{{ labels.instance | host }}}}"
requires: [instance]
steps:
  - service.restart: {{unit: {unit}}}
verify:
  all: [alert: resolved]
"""


class Site:
    """A folder with settings and playbooks, and a daemon over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = folder / "remediator.yaml"
        (folder / "playbooks").mkdir()
        self.write()

    def write(self, more: str = "") -> None:
        text = f"data_dir: {self.folder}/state\nplaybooks: [{self.folder}/playbooks]\n{more}"
        self.settings.write_text(text)

    def playbook(self, name: str, unit: str = "nginx.service") -> None:
        file = self.folder / "playbooks" / f"{name}.yaml"
        file.write_text(PLAYBOOK.format(name=name, unit=unit))

    def remove(self, name: str) -> None:
        (self.folder / "playbooks" / f"{name}.yaml").unlink()

    def sha256(self) -> str:
        return hashlib.sha256(self.settings.read_bytes()).hexdigest()

    def daemon(self) -> Daemon:
        catalog, conditions = find_catalog(), CelConditions()

        def read():
            return load_configuration(self.settings, catalog, conditions, listen="127.0.0.1:0")

        return Daemon(read(), catalog, conditions, read)

    async def told(self) -> list[SiteEvent]:
        """Oldest first; of a chain that is whole."""
        store: Store = await open_store(sqlite_url(self.folder / "state"))
        entries = await store.read(lambda reader: reader.site_events())
        assert (await followed(store)).breaks == ()
        await store.close()
        return [entry.event for entry in reversed(entries)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


class Living:
    """A daemon that runs until the block ends."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon

    async def __aenter__(self) -> Daemon:
        self._running = asyncio.create_task(self.daemon.run())
        starting = asyncio.create_task(self.daemon.started.wait())
        await asyncio.wait([self._running, starting], return_when=asyncio.FIRST_COMPLETED)
        assert not self._running.done(), self._running
        return self.daemon

    async def __aexit__(self, *_: object) -> None:
        self.daemon.stop()
        await self._running


async def reload(daemon: Daemon) -> int:
    import aiohttp

    async with aiohttp.ClientSession() as session:
        answer = await session.post(f"http://{daemon.address}/-/reload", json={})
        return answer.status


async def test_starts_and_ends_stand_there_one_chain_over_restarts(site: Site) -> None:
    site.playbook("down")
    for _ in range(2):
        async with Living(site.daemon()):
            pass

    events = await site.told()
    assert [type(event) for event in events] == [Started, Stopped] * 2
    first, again = events[0], events[2]
    assert isinstance(first, Started)
    assert (first.version, first.in_use.count) == (__version__, 1)
    assert first == again
    assert first.in_use.settings == site.sha256()


async def test_a_reload_says_who_asked_and_what_is_another(site: Site) -> None:
    for name in ("kept", "old", "other"):
        site.playbook(name)
    async with Living(site.daemon()) as daemon:
        before = site.sha256()
        site.playbook("new")
        site.playbook("other", unit="haproxy.service")
        site.remove("old")
        site.write("retention: {runs: 40d}\n")
        assert await reload(daemon) == 200
        book = daemon.configuration.book.by_name

    told = (await site.told())[1]
    assert isinstance(told, Reloaded)
    assert told.who == "local"
    assert told.added == (Version(name="new", digest=book["new"].digest),)
    assert told.changed == (Version(name="other", digest=book["other"].digest),)
    assert [version.name for version in told.removed] == ["old"]
    assert (told.before.settings, told.after.settings) == (before, site.sha256())
    assert told.before.playbooks != told.after.playbooks


async def test_a_reload_that_is_refused_says_why(site: Site) -> None:
    site.playbook("down")
    async with Living(site.daemon()) as daemon:
        (site.folder / "playbooks/broken.yaml").write_text("name: broken\nstep: []\n")
        assert await reload(daemon) == 422

    started, refused, _ = await site.told()
    assert isinstance(started, Started)
    assert isinstance(refused, ReloadRefused)
    assert refused.in_use == started.in_use
    assert "broken.yaml:2" in "\n".join(refused.problems)


def test_a_secret_that_stands_in_the_settings_is_no_part_of_their_digest(site: Site) -> None:
    site.playbook("down")
    found = set()
    for secret in ("first-metrics-token-123", "other-metrics-token-456"):
        site.write(f"metrics: {{bearer_token: {secret}}}\n")
        found.add(site.daemon().configuration.settings_digest)
        assert site.sha256() not in found

    assert len(found) == 1
