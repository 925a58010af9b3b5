"""`remediator check` of thousands of playbooks: time, and the most memory that it took."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from many_playbooks import write_playbooks
from measuring import finish, report
from servers import HERE

GOALS = ((1000, 1.5), (10_000, 15.0))
MOST_MEGABYTES = 300


def checked(folder: Path) -> tuple[float, float, float]:
    """Return the seconds, the CPU seconds and the megabytes of one check; there must be nothing to say."""
    argv = [sys.executable, "-m", "remediator", "check", str(folder)]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
    began = time.perf_counter()
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True)
    said = process.stdout.read() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    if status or said != "no errors, no warnings\n":
        raise SystemExit(f"check found something: {said[-500:]}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


figures = []
for count, most in GOALS:
    with tempfile.TemporaryDirectory() as folder:
        write_playbooks(Path(folder), count)
        took, cpu, megabytes = min(checked(Path(folder)) for _ in range(2))
    figures += [
        report(f"check {count} playbooks", took, "s", f"< {most:g}", is_met=took < most),
        report(f"check {count} playbooks, CPU", cpu, "s", f"< {most:g}", is_met=cpu < most),
        report(
            f"check {count} playbooks, memory",
            megabytes,
            "MB",
            f"< {MOST_MEGABYTES}",
            is_met=megabytes < MOST_MEGABYTES,
        ),
    ]
finish(*figures)
