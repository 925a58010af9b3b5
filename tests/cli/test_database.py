"""`db upgrade`: makes or upgrades the schema of the store that the settings name."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

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
