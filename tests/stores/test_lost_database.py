"""A database that vanished is missed: no empty one takes its place, with pauses, holds and fences gone."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from remediator.core.errors import StoreUnavailable
from remediator.stores.store import open_store, sqlite_url, upgrade

NAME = "remediator.sqlite3"


async def a_database(folder: Path) -> Path:
    store = await open_store(sqlite_url(folder))
    await store.close()
    return folder / NAME


async def opened(folder: Path) -> None:
    store = await open_store(sqlite_url(folder))
    await store.close()


async def test_a_database_of_0_bytes_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    file = await a_database(tmp_path)
    os.truncate(file, 0)

    with pytest.raises(StoreUnavailable, match=r"is empty \(0 bytes\).*Put it back from a backup"):
        await opened(tmp_path)

    assert file.stat().st_size == 0


async def test_a_database_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    file = await a_database(tmp_path)
    file.unlink()

    with pytest.raises(StoreUnavailable, match=r"is not there.*remove .*remediator\.lock"):
        await opened(tmp_path)
    with pytest.raises(StoreUnavailable, match="is not there"):
        await upgrade(sqlite_url(tmp_path))

    assert not file.exists()


async def test_another_empty_database_in_its_place_is_refused(tmp_path: Path) -> None:
    file = await a_database(tmp_path)
    file.unlink()
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE x (a)")
    other.close()

    with pytest.raises(StoreUnavailable, match="holds no database of remediator"):
        await opened(tmp_path)


@pytest.mark.parametrize("beside", [f"{NAME}-wal", f"{NAME}.before-upgrade"])
async def test_what_is_left_of_a_database_says_that_there_was_one(
    tmp_path: Path, beside: str
) -> None:
    """A directory of an earlier version, whose lock remembers nothing."""
    (tmp_path / beside).write_bytes(b"x")

    with pytest.raises(StoreUnavailable, match=f"is not there, but {beside} is"):
        await opened(tmp_path)


async def test_an_empty_database_of_an_earlier_version_is_missed_too(tmp_path: Path) -> None:
    (tmp_path / "remediator.lock").write_text("4711")
    (tmp_path / NAME).touch()

    with pytest.raises(StoreUnavailable, match="is empty"):
        await opened(tmp_path)


async def test_a_link_to_a_disk_that_is_not_mounted_is_told(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / "disk" / NAME)

    with pytest.raises(StoreUnavailable, match=r"is a link to .* is a disk not mounted"):
        await opened(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
async def test_what_is_no_file_is_no_database(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / NAME)

    with pytest.raises(StoreUnavailable, match="not a regular file"):
        await opened(tmp_path)


async def test_after_the_word_of_an_operator_a_new_one_is_made(tmp_path: Path) -> None:
    file = await a_database(tmp_path)
    file.unlink()
    (tmp_path / "remediator.lock").unlink()

    await opened(tmp_path)
    await opened(tmp_path)

    assert file.stat().st_size > 0


async def test_a_first_start_that_broke_off_is_simply_made_again(tmp_path: Path) -> None:
    (tmp_path / "remediator.lock").write_text("4711")
    (tmp_path / f"{NAME}.new").write_bytes(b"half")
    (tmp_path / f"{NAME}.new-wal").write_bytes(b"half")

    await opened(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["remediator.lock", NAME]


async def test_the_holder_is_named_whatever_else_the_lock_remembers(tmp_path: Path) -> None:
    await a_database(tmp_path)
    store = await open_store(sqlite_url(tmp_path))

    with pytest.raises(StoreUnavailable, match=rf"another remediator \(process {os.getpid()}\)"):
        await opened(tmp_path)

    await store.close()
