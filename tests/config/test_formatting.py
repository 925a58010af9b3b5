"""`fmt` never changes what a playbook means, and loses no comment."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from remediator.config import formatting
from remediator.config.formatting import formatted
from remediator.documents.yaml_source import read_yaml
from tests.cli.command import offline

SHIPPED = sorted(
    [*Path("playbooks").glob("*.yaml"), *Path("remediator/config/starter/playbooks").glob("*.yaml")]
)


@pytest.mark.parametrize("file", SHIPPED, ids=str)
def test_the_playbooks_that_ship_are_formatted(file: Path) -> None:
    raw = file.read_bytes()
    assert formatted(str(file), raw) == (raw, ())


def shuffled(file: Path, seed: int) -> tuple[str, dict[str, str]]:
    """Return a playbook with its keys in any order, each with a comment of its own above it."""
    dice, value = random.Random(seed), yaml.safe_load(file.read_text())
    keys = dice.sample(sorted(value), len(value))
    marks = {key: f"# about {key} {dice.random()}" for key in keys}
    parts = [
        f"{marks[key]}\n{yaml.safe_dump({key: mixed(value[key], dice)}, sort_keys=False)}"
        for key in keys
    ]
    return "# of the file\n\n" + "\n".join(parts), marks


def mixed(value: object, dice: random.Random) -> object:
    """Put the keys of inner mappings in any order, too."""
    if isinstance(value, list):
        return [mixed(item, dice) for item in value]
    if isinstance(value, dict):
        return {key: mixed(value[key], dice) for key in dice.sample(sorted(value), len(value))}
    return value


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(SHIPPED))
def test_whatever_the_order_was_the_meaning_and_every_comment_stay(seed: int, file: Path) -> None:
    text, marks = shuffled(file, seed)

    after, problems = formatted("x.yaml", text.encode())

    assert problems == ()
    before, found = read_yaml("x", text.encode()).value, read_yaml("x", after).value
    assert found == before
    assert formatted("x.yaml", after) == (after, ())
    lines = after.decode().splitlines()
    first = text.splitlines()[2]
    for key, mark in marks.items():
        if mark != first:  # that one stands above the first key, so it is the file's
            assert lines[lines.index(mark) + 1].startswith(f"{key}:")
    keys = [key for key in found if isinstance(found, dict)]
    assert keys == sorted(keys, key=formatting._TOP.index)


def test_a_file_whose_meaning_would_change_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "in_layout", lambda text, order: "name: other\n")
    raw = b"mode: auto\nname: x\n"

    after, (problem,) = formatted("x.yaml", raw)

    assert (after, problem.code) == (raw, "format")


def test_what_is_no_yaml_is_told_and_left_alone() -> None:
    raw = b"name: x\nname: y\n"
    after, problems = formatted("x.yaml", raw)
    assert (after, [each.code for each in problems]) == (raw, ["duplicate-key"])


@pytest.fixture(name="file")
def _file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "playbooks" / "x.yaml"
    file.parent.mkdir()
    file.write_text("# mine\nmode: auto\nname: x # so\n")
    file.chmod(0o640)
    return file


def test_the_command_writes_what_changed_and_keeps_the_file_s_rights(file: Path) -> None:
    result = offline("fmt")

    assert (result.exit_code, result.stdout) == (0, "formatted  playbooks/x.yaml\n")
    assert file.read_text() == "# mine\nname: x # so\nmode: auto\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(file.parent.iterdir()) == [file]
    assert offline("fmt", "--check").exit_code == 0


def test_check_writes_nothing_and_fails_for_what_would_change(file: Path) -> None:
    before = file.read_text()

    result = offline("fmt", "--check", "playbooks")

    assert (result.exit_code, file.read_text()) == (1, before)
    assert "would format  playbooks/x.yaml" in result.stdout


def test_one_can_be_passed_through() -> None:
    result = offline("fmt", "-", input="mode: auto\nname: x\n")
    assert result.stdout == "name: x\nmode: auto\n"


def test_a_file_with_errors_is_told_with_its_place(file: Path) -> None:
    file.write_text("name: x\nname: y\n")
    result = offline("fmt")
    assert (result.exit_code, "x.yaml:2:1" in result.stderr) == (1, True)


def test_a_link_stays_a_link_to_the_file_that_is_formatted(file: Path) -> None:
    link = file.parent / "y.yaml"
    link.symlink_to(file.name)
    offline("fmt", str(link))
    assert (link.is_symlink(), file.read_text().startswith("# mine\nname")) == (True, True)
