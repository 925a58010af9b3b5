"""`remediator` as a command at a terminal, in an environment without settings of ours."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable


def run_cli(
    *words: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = "", seconds: int = 60
) -> subprocess.CompletedProcess[str]:
    """Run `remediator WORDS` in a directory."""
    argv = [PYTHON, "-m", "remediator", *words]
    return subprocess.run(
        argv,
        cwd=cwd,
        env={**environment(), **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def environment() -> dict[str, str]:
    """The environment of a daemon or command under test: ours without its own variables."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("REMEDIATOR_")}
    return {**ours, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error::ResourceWarning"}
