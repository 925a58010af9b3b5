"""A data directory of the commit before the house (2c4905e): opened, gone on with, and its hash chains hold.

It has a run that is closed, one that waits for people, one that is being verified, one whose change nobody knows the
end of, and an outbox for a webhook that was never there (`earlier/written_by.py`).
"""

import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
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
        give_a_day_more(found.directory / "state/remediator.sqlite3")
        try:
            yield found
        finally:
            found.close()


def give_a_day_more(file: Path) -> None:
    """A run has one day to begin: the file may be older when this test is run."""
    deadline = datetime.now(UTC) + timedelta(days=1)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "UPDATE run SET deadline = ?, document = json_set(document, '$.deadline', ?)",
            (int(deadline.timestamp() * 1_000_000), deadline.isoformat()),
        )


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
    approve(site, runs["waiting"]["id"])
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


def approve(site: Site, run_id: str) -> None:
    """Say yes; and once more to the new plan, where this machine is not the one that the plan was made for."""
    for _ in range(2):
        approved = site.cli("approve", run_id, "--yes", user="abe")
        assert approved.returncode == 0, approved.stderr
        site.wait_for(lambda: _is_answered(site.events(run_id)), 30, "the yes has an effect")
        if site.run(run_id)["phase"] != "awaiting_approval":
            return


def _is_answered(events: list[str]) -> bool:
    following = events[len(events) - events[::-1].index("voted") :]
    return bool({"intent_committed", "approval_requested", "closed"} & {*following})


def _closed(site: Site, run_id: str) -> dict | None:
    run = site.run(run_id)
    return run if run["phase"] == "closed" else None
