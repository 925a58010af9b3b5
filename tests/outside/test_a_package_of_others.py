"""A package outside of the tree, installed into an environment of its own, brings a whole system by one entry point."""

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.acceptance.site import AUTO, Site

pytestmark = pytest.mark.slow
ACME = Path(__file__).parent / "acme"
ROOT = Path(__file__).parents[2]
PLAYBOOK = {
    "name": "dark",
    "description": "Light a lamp.",
    "match": ['alertname="Dark"'],
    "requires": ["lamp"],
    "target": "lamp/{{ labels.lamp }}",
    "mode": "auto",
    "guards": {"cooldown": "0s"},
    "steps": [{"acme.light": {}}],
    "verify": {"after": "0s", "within": "10s", "every": "1s", "all": [{"lamp": "lit"}]},
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Python of an environment that has remediator, and acme by pip."""
    folder = tmp_path_factory.mktemp("scratch")
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "remediator.pth").write_text(f"{ROOT}\n{ours}\n")
    program = str(folder / "bin/python")
    pip = [sys.executable, "-m", "pip", "--python", program, "install", "--quiet"]
    offline = ["--no-index", "--no-build-isolation", "--no-deps"]
    subprocess.run([*pip, *offline, str(ACME)], check=True, timeout=120)
    return program


def test_its_action_runs_its_check_verifies_and_its_channel_tells(
    python: str, tmp_path: Path
) -> None:
    shelf, paper = tmp_path / "shelf", tmp_path / "paper"
    shelf.mkdir()
    settings = {
        "acme": {"shelf": str(shelf)},
        "environments": AUTO,
        "notify": [{"paper": str(paper)}],
    }
    site = Site(settings=settings, playbooks={"dark": PLAYBOOK})
    site.python = python
    with site:
        site.alert({"alertname": "Dark", "lamp": "red"})
        run = site.wait_for_run(phase="closed")

        assert run["outcome"] == "resolved"
        assert (shelf / "red").exists()
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


def test_without_the_package_nobody_knows_it(tmp_path: Path) -> None:
    (tmp_path / "dark.yaml").write_text(json.dumps(PLAYBOOK))
    words = [sys.executable, "-m", "remediator", "check", str(tmp_path / "dark.yaml")]

    found = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)

    assert found.returncode == 1
    assert "acme.light" in found.stdout
