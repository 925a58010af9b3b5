"""`init`: it writes what a first hour needs, asks nothing and overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import offline
from tests.parts.require import find, require
from tests.parts.server import output

WRITTEN = {
    "remediator.yaml",
    "playbooks/disk-space-low.yaml",
    "schemas/playbook.json",
    "schemas/settings.json",
    "alertmanager.yml",
    "prometheus-rules.yaml",
}


def files(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_init_writes_everything_for_a_first_hour_and_says_what_is_next(tmp_path: Path) -> None:
    result = offline("init", str(tmp_path / "site"))

    assert result.exit_code == 0, result.output
    assert set(files(tmp_path / "site")) >= WRITTEN
    assert "remediator serve" in result.stdout


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "remediator.yaml").write_text("mine")
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "mine.yaml").write_text("mine, too")

    result = offline("init", str(tmp_path))

    assert result.exit_code == 0, result.output
    assert files(tmp_path) | {"remediator.yaml": "mine"} == files(tmp_path)
    assert [name for name in files(tmp_path) if name.startswith("playbooks/")] == [
        "playbooks/mine.yaml"
    ]
    assert f"kept   {tmp_path / 'remediator.yaml'}" in result.stdout


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    offline("init", str(tmp_path))
    before = files(tmp_path)

    assert offline("init", str(tmp_path)).exit_code == 0
    assert files(tmp_path) == before


@pytest.mark.parametrize("place", ["file", "file/site"])
def test_where_nothing_can_be_written_init_says_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")

    result = offline("init", str(tmp_path / place))

    assert result.exit_code == 2
    assert "cannot write" in result.stderr
    assert "hint: name a folder" in result.stderr


@pytest.mark.slow
def test_what_init_writes_for_alertmanager_and_prometheus_is_taken_by_their_own_tools(
    tmp_path: Path,
) -> None:
    require("amtool", "promtool")
    offline("init", str(tmp_path))

    output([str(find("amtool")), "check-config", f"{tmp_path}/alertmanager.yml"])
    assert "SUCCESS" in output(
        [str(find("promtool")), "check", "rules", f"{tmp_path}/prometheus-rules.yaml"]
    )


def test_check_where_there_is_nothing_to_check_says_so_and_is_not_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = offline("check")

    assert result.exit_code == 2
    assert "nothing here to check" in result.stderr


def test_the_settings_file_that_stands_here_is_the_one_that_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    offline("init")
    (tmp_path / "remediator.yaml").write_text("lisen: 127.0.0.1:9095\n")

    result = offline("check")

    assert result.exit_code == 1
    assert "remediator.yaml:1:1: error" in result.stdout


def test_who_is_refused_is_told_the_check_of_these_very_settings(tmp_path: Path) -> None:
    settings = tmp_path / "mine.yaml"
    settings.write_text("lisen: 127.0.0.1:9095\n")

    result = offline("serve", "--config.file", str(settings))

    assert result.stderr.endswith(f"hint: remediator check --config.file {settings}\n")
