"""With the folder of any one outside system out of sight, the daemon starts, and all works that does not need it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from remediator.integrations.alertmanager.integration import SOURCE
from remediator.integrations.shipped import COMMANDS, SHIPPED
from tests.acceptance.site import an_alert
from tests.outside.conftest import ROOT
from tests.outside.lamps import lamps

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("folder", sorted(SHIPPED))
def test_without_one_folder_the_rest_works_and_what_needs_it_is_refused_with_its_name(
    python: str, folder: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "remediator", source / "remediator")
    shutil.rmtree(source / "remediator/integrations" / folder)

    with lamps(python, tmp_path, str(source)) as site:
        alert = {"alertname": "Dark", "lamp": "red"}
        if folder == SOURCE.kind:  # whose payload nobody can read then
            assert site.post([an_alert(alert)]).status == 404
        else:
            site.alert(alert)
            assert site.wait_for_run(phase="closed")["outcome"] == "resolved"

    for command in (name for name, brings in COMMANDS.items() if brings == folder):
        answer = said(source, command, str(tmp_path))
        assert f"`{command}` comes with the integration `{folder}`" in answer.stderr
        assert answer.returncode == 2
    for name in SHIPPED[folder]:
        found = checked(source, tmp_path, name)
        assert f"`{name}` comes with the integration `{folder}`, which is not installed" in found


def checked(source: Path, folder: Path, name: str) -> str:
    """What `remediator check` says of a playbook that names something, wherever it would stand."""
    (folder / "needs.yaml").write_text(json.dumps(needing(name)))
    found = said(source, "check", str(folder / "needs.yaml"))
    assert found.returncode == 1, found.stderr
    return found.stdout


def said(source: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What the remediator of this source answers to a command line."""
    argv = [sys.executable, "-P", "-m", "remediator", *words]
    env = {**os.environ, "PYTHONPATH": str(source)}
    return subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60, env=env)


def needing(name: str) -> dict[str, Any]:
    """A playbook that names it as a step, a check, a probe and a channel: where it does not belong is refused too."""
    return {
        "name": "needs",
        "description": "Needs it.",
        "match": ['alertname="Needs"'],
        "target": "thing/one",
        "steps": [{name: {}}],
        "diagnose": [{name: {}}],
        "notify": [{name: {}}],
        "verify": {"all": [{name: {}}]},
    }
