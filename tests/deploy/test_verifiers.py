"""What is shipped in deploy/ is accepted by the programs that will read it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.parts.require import require

pytestmark = pytest.mark.slow

DEPLOY = Path(__file__).parents[2] / "deploy"
UNIT = DEPLOY / "systemd/remediator.service"
MOST_EXPOSURE = 20  # systemd-analyze's own scale, times ten


def checked(*argv: str) -> str:
    """What a verifier prints; an assertion error with its words where it says no."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    require("systemd-analyze")
    program = shutil.which("true")
    text = UNIT.read_text().replace("/opt/remediator/bin/remediator", str(program))
    copy = tmp_path / UNIT.name
    copy.write_text(text)

    assert str(program) in text
    assert checked("systemd-analyze", "verify", "--man=no", str(copy)).strip() == ""


def test_the_unit_is_hardened() -> None:
    require("systemd-analyze")
    limit = f"--threshold={MOST_EXPOSURE}"
    checked("systemd-analyze", "security", "--offline=true", "--no-pager", limit, str(UNIT))


def test_the_hardening_test_can_fail(tmp_path: Path) -> None:
    require("systemd-analyze")
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")
    argv = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSURE}"]
    assert subprocess.run([*argv, str(bare)], capture_output=True, check=False).returncode != 0


def test_amtool_accepts_the_alertmanager_configuration() -> None:
    require("amtool")
    checked("amtool", "check-config", str(DEPLOY / "alertmanager.yml"))
