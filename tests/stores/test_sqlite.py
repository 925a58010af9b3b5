"""What SQLite needs beyond the contract: a private file on a local disk, durable settings, free readers."""

import asyncio
import os
import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from remediator.core.errors import InvalidSettings, StoreUnavailable
from remediator.stores.data_directory import NETWORK_TYPES, mount_type
from remediator.stores.store import open_store, sqlite_url
from remediator.testing.builders import MOMENT, a_notification, a_run

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_directory_and_files_are_private(tmp_path):
    mask = os.umask(0)
    try:
        store = await open_store(sqlite_url(tmp_path / "a" / "state"))
        await store.submit(lambda tx: tx.accept(a_notification()))
        await store.read(lambda reader: reader.notification("ntf_1"))
        files = list((tmp_path / "a" / "state").iterdir())
        assert {mode(file) for file in files} == {0o600}
        assert len(files) == 4
        assert mode(tmp_path / "a" / "state") == 0o700
        await store.close()
    finally:
        os.umask(mask)


async def test_a_file_that_others_could_read_is_made_private(tmp_path):
    file = tmp_path / "remediator.sqlite3"
    file.touch(mode=0o644)

    store = await open_store(sqlite_url(tmp_path))

    assert mode(file) == 0o600
    await store.close()


async def test_the_writer_is_durable_and_checks_foreign_keys(tmp_path):
    store = await open_store(sqlite_url(tmp_path))

    def ask(tx):
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [tx._connection.execute(text(f"PRAGMA {name}")).scalar() for name in names]

    assert await store.submit(ask) == ["wal", 2, 1, 5000]
    await store.close()


async def test_a_reader_does_not_wait_for_a_writer(tmp_path):
    store = await open_store(sqlite_url(tmp_path))
    await store.submit(lambda tx: tx.accept(a_notification()))
    other = sqlite3.connect(tmp_path / "remediator.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async with asyncio.timeout(1):
        found = await store.read(lambda reader: reader.notification("ntf_1"))

    assert found == a_notification()
    other.execute("ROLLBACK")
    other.close()
    await store.close()


@pytest.mark.slow
async def test_a_file_that_somebody_else_keeps_locked_is_reported(tmp_path):
    store = await open_store(sqlite_url(tmp_path))
    other = sqlite3.connect(tmp_path / "remediator.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="locked"):
        await store.submit(lambda tx: tx.accept(a_notification()))

    other.execute("ROLLBACK")
    other.close()
    await store.submit(lambda tx: tx.accept(a_notification()))
    await store.close()


async def test_claims_of_a_process_that_is_gone_are_forgotten(tmp_path):
    url = sqlite_url(tmp_path)
    store = await open_store(url)

    async def claim(store):
        wanted = {"owner": "w", "lease": timedelta(hours=1), "limit": 9, "now": MOMENT}
        return await store.submit(lambda tx: tx.claim_due(**wanted))

    await store.submit(lambda tx: tx.insert_run(a_run(), MOMENT))
    (before,) = await claim(store)
    await store.close()

    store = await open_store(url)
    (after,) = await claim(store)

    assert after.fence == before.fence + 1
    await store.close()


async def test_a_closure_that_hides_a_database_error_is_not_reported_as_stored(tmp_path):
    store = await open_store(sqlite_url(tmp_path))

    def closure(tx):
        tx.accept(a_notification())
        tx._connection.exec_driver_sql("ROLLBACK")

    with pytest.raises(StoreUnavailable):
        await store.submit(closure)
    assert await store.submit(lambda tx: tx.take_notifications(1)) == ()
    await store.close()


async def test_a_path_with_odd_characters_works(tmp_path):
    store = await open_store(sqlite_url(tmp_path / "a b?mode=ro#%41&x"))
    await store.submit(lambda tx: tx.accept(a_notification()))
    kept = await store.read(lambda reader: reader.notification(a_notification().id))
    await store.close()

    assert kept == a_notification()


async def test_a_directory_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailable, match="file"):
        await open_store(sqlite_url(tmp_path / "file" / "state"))


async def test_a_file_that_is_no_database_is_reported(tmp_path):
    (tmp_path / "remediator.sqlite3").write_bytes(b"not a database at all" * 1000)

    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="not a database"):
            await open_store(sqlite_url(tmp_path))


@pytest.mark.parametrize(
    "url", ["mysql://db/x", "remediator.db", "sqlite:///", "sqlite:////x/", ""]
)
async def test_other_urls_are_refused(url: str):
    with pytest.raises(InvalidSettings):
        await open_store(url)


MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/export /var/lib nfs4 rw,vers=4.2 0 0
/dev/vdb /var/lib/with\\040space ext4 rw 0 0
tmpfs /run tmpfs rw 0 0
/dev/vdc /mnt/stacked ext4 rw 0 0
user@host: /mnt/stacked fuse.sshfs rw 0 0
nonsense
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/x", "ext4"),
        ("/var/lib/remediator", "nfs4"),
        ("/var/library", "ext4"),
        ("/var/lib/with space/state", "ext4"),
        ("/run", "tmpfs"),
        ("/mnt/stacked/state", "fuse.sshfs"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_its_nearest_mount(path: str, kind: str):
    assert mount_type(Path(path), MOUNTS) == kind


def test_network_file_systems_are_known():
    assert {"nfs", "nfs4", "cifs", "9p", "fuse.sshfs"} <= NETWORK_TYPES
    assert not {"ext4", "xfs", "btrfs", "tmpfs", "overlay", ""} & NETWORK_TYPES
