"""A package outside of the tree, installed into an environment of its own, brings a whole system by one entry point."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.outside.lamps import PLAYBOOK, lamps

pytestmark = pytest.mark.slow


def test_its_action_runs_its_check_verifies_and_its_channel_tells(
    python: str, tmp_path: Path
) -> None:
    paper = tmp_path / "paper"
    with lamps(python, tmp_path) as site:
        site.alert({"alertname": "Dark", "lamp": "red"})
        run = site.wait_for_run(phase="closed")

        assert run["outcome"] == "resolved"
        assert (tmp_path / "shelf/red").exists()
        site.wait_for(lambda: paper.exists() and "result: " in paper.read_text(), what="a result")


def test_its_section_is_checked_with_its_place(python: str, tmp_path: Path) -> None:
    file = tmp_path / "remediator.yaml"
    file.write_text("acme:\n  shelv: /x\n")
    words = [python, "-m", "remediator", "check", "--config.file", str(file)]

    found = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)

    assert found.returncode == 1
    assert (
        f"{file}:2:3: error[unknown-key]: `shelv` is not a key of `acme`. Did you mean `shelf`?"
        in found.stdout
    )


def test_its_rights_are_printed_by_a_command_of_its_own(python: str, tmp_path: Path) -> None:
    (tmp_path / "dark.yaml").write_text(json.dumps(PLAYBOOK))
    words = [python, "-m", "remediator", "lampkeys", "--key", "spare", str(tmp_path / "dark.yaml")]

    found = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)

    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == "spare: lamp/{}: switch it on (dark)\n"


def test_without_the_package_nobody_knows_it(tmp_path: Path) -> None:
    (tmp_path / "dark.yaml").write_text(json.dumps(PLAYBOOK))
    words = [sys.executable, "-m", "remediator", "check", str(tmp_path / "dark.yaml")]

    found = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)

    assert found.returncode == 1
    assert "acme.light" in found.stdout
