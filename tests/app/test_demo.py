"""`remediator demo` tells the whole story, and every scene ends as it should."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import remediator


@pytest.mark.slow
def test_the_demo_tells_the_whole_story_and_leaves_nothing_behind(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "remediator", "demo"],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(remediator.__file__).parent.parent)},
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    assert (
        "[result] Disk space low on host-123. Cleanup ran. Space reclaimed: 5.0 GB." in told.stdout
    )
    assert "[dry run] Disk space low on host-123" in told.stdout
    assert "[blocked] Disk space low on host-123: nothing was changed." in told.stdout
    assert list(tmp_path.iterdir()) == []
