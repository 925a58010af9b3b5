"""A data directory of the commit before the house (2c4905e): opened, gone on with, and its hash chains hold.

It has a run that is closed, one that waits for people, one that is being verified, one whose change nobody knows the
end of, and an outbox for a webhook that was never there (`earlier/written_by.py`).
"""

import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from remediator.stores.hash_chain import verify_chain
from remediator.stores.migrations import REVISIONS
from remediator.stores.store import open_store
from tests.acceptance.earlier.written_by import HOSTS, PLAYBOOKS, SETTINGS
from tests.acceptance.site import Site
from tests.parts.require import require
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
PACKED = Path(__file__).parent / "earlier/before-the-house.tar.xz"


@pytest.fixture
def site() -> Iterator[Site]:
    require("sshd", "ssh-keygen", root=True)
    with Sshd() as sshd:
        found = Site(settings=SETTINGS, playbooks=PLAYBOOKS, sshd=sshd, hosts=HOSTS)
        with tarfile.open(PACKED) as packed:
            packed.extractall(found.directory / "state", filter="data")
        try:
            yield found
        finally:
            found.close()


async def chains(site: Site) -> dict[str, int | None]:
    """By run, the first entry of its journal that is not what was written."""
    with closing(sqlite3.connect(site.directory / "state/remediator.sqlite3")) as database:
        ids = [row[0] for row in database.execute("SELECT id FROM run")]
    store = await open_store(url(site))
    try:
        return {i: verify_chain(await store.read(lambda r, i=i: r.links(i))) for i in ids}
    finally:
        await store.close()


def url(site: Site) -> str:
    return f"sqlite:///{site.directory}/state/remediator.sqlite3"


async def test_a_site_upgrades_without_noticing(site: Site) -> None:
    before = await chains(site)
    assert len(before) == 4
    assert set(before.values()) == {None}
    with closing(sqlite3.connect(site.directory / "state/remediator.sqlite3")) as database:
        (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    assert revision == REVISIONS[-1]

    site.start()
    runs = {run["playbook"]: run for run in site.runs()}
    assert runs["done"]["phase"] == "closed"
    assert runs["waiting"]["phase"] == "awaiting_approval"
    journal = site.events(runs["done"]["id"])
    site.alert({"alertname": "Waiting", "instance": "web2:9100"})
    approved = site.cli("approve", runs["waiting"]["id"], "--yes", user="abe")
    assert approved.returncode == 0, approved.stderr
    site.alert({"alertname": "Verifying", "instance": "web3:9100"}, firing=False)

    waited = site.wait_for(lambda: _closed(site, runs["waiting"]["id"]), 60, "waiting is closed")
    assert waited["outcome"] == "resolved", site.story()
    late = site.wait_for(lambda: _closed(site, runs["verifying"]["id"]), 60, "verifying is closed")
    assert late["outcome"] in ("resolved", "unresolved"), site.story()  # its time is long over
    doubted = site.wait_for(lambda: _closed(site, runs["doubted"]["id"]), 120, "the doubt ends")
    assert "observed" in site.events(doubted["id"])
    assert site.events(runs["done"]["id"]) == journal
    site.kill()

    assert set((await chains(site)).values()) == {None}
    store = await open_store(url(site))
    statistics = await store.read(lambda reader: reader.statistics(datetime.now(UTC)))
    await store.close()
    assert statistics.outbox_pending > 0


def _closed(site: Site, run_id: str) -> dict | None:
    run = site.run(run_id)
    return run if run["phase"] == "closed" else None
