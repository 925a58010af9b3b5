"""`db upgrade` makes or upgrades the schema of the store that the settings name, `db check` follows its journals."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from click.testing import Result

from remediator.core.events import Noted
from remediator.core.facts import Pause
from remediator.stores.store import open_store, sqlite_url
from remediator.testing.builders import MOMENT, a_run
from tests.cli.command import offline

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


def settings(folder: Path, text: str = "") -> str:
    file = folder / "remediator.yaml"
    file.write_text(f"data_dir: {folder}/site\n{text}")
    return str(file)


def test_an_upgrade_makes_the_schema_and_may_be_repeated(tmp_path: Path) -> None:
    words = ("db", "upgrade", "--config.file", settings(tmp_path))
    assert offline(*words).exit_code == 0
    assert offline(*words).exit_code == 0

    (file,) = (tmp_path / "site").glob("*.sqlite3")
    with sqlite3.connect(file) as database:
        assert database.execute("select count(*) from run").fetchone() == (0,)
    database.close()


def test_settings_with_errors_are_exit_code_2(tmp_path: Path) -> None:
    answer = offline("db", "upgrade", "--config.file", settings(tmp_path, "stor: x\n"))

    assert answer.exit_code == 2
    assert "Did you mean `store`?" in answer.output


def test_a_database_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    text = "store: postgresql://nobody@127.0.0.1:1/nothing\n"
    answer = offline("db", "upgrade", "--config.file", settings(tmp_path, text))

    assert answer.exit_code != 0
    assert "Traceback" not in answer.output


async def a_site(folder: Path) -> Path:
    """A database with one run of two entries, and one of the site; returns its file."""
    store = await open_store(sqlite_url(folder / "site"))
    await store.submit(lambda tx: tx.insert_run(a_run(), MOMENT))
    events = [Noted(text="one"), Noted(text="two")]
    await store.submit(lambda tx: tx.append("run_1", MOMENT, events))
    pause = Pause(id="pau_1", scope="all", who="ana", reason="", since=MOMENT, until=None)
    await store.submit(lambda tx: tx.add_pause(pause))
    await store.close()
    (file,) = (folder / "site").glob("*.sqlite3")
    return file


async def check(folder: Path) -> Result:
    words = ("db", "check", "--config.file", settings(folder))
    return await asyncio.to_thread(offline, *words)


async def test_a_check_says_that_every_journal_is_what_was_written_and_its_last_hash(
    tmp_path: Path,
) -> None:
    await a_site(tmp_path)

    answer = await check(tmp_path)

    assert answer.exit_code == 0, answer.output
    assert "2 entries of 1 runs, 1 of the site: every journal is what was written." in answer.output
    assert "The last is entry 2 of run_1, with the hash " in answer.output
    assert "The last is entry 1 of site, with the hash " in answer.output


async def test_a_check_fails_and_names_the_run_whose_journal_somebody_edited(
    tmp_path: Path,
) -> None:
    file = await a_site(tmp_path)
    with sqlite3.connect(file) as editor:
        editor.execute("update event set document = replace(document, 'two', 'too')")
    editor.close()

    answer = await check(tmp_path)

    assert answer.exit_code == 1
    assert "run_1: entry 2 is not what was written." in answer.output
    assert "1 journals are broken, of 2 entries of 1 runs, 1 of the site" in answer.output


async def test_a_check_fails_and_names_the_site_where_somebody_edited_who_paused_it(
    tmp_path: Path,
) -> None:
    file = await a_site(tmp_path)
    with sqlite3.connect(file) as editor:
        editor.execute("update site_event set document = replace(document, 'ana', 'bo')")
    editor.close()

    answer = await check(tmp_path)

    assert answer.exit_code == 1
    assert "site: entry 1 is not what was written." in answer.output


async def test_a_check_of_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    answer = await check(tmp_path)

    assert answer.exit_code == 1
    assert "is not there" in answer.output
    assert not (tmp_path / "site").exists()
