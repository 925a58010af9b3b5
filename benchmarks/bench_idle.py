"""The idle daemon: under 100 MB resident, ready in under 1.5 s, and no SDK imported that is not configured."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from measuring import ROUNDS, finish, report
from servers import HERE, daemon, get, resident_megabytes

SDKS = ("boto3", "botocore", "kubernetes", "asyncssh", "slack_sdk", "asyncpg")
IMPORTED = f"""
import sys
from remediator.app.configuration import load_configuration
from remediator.config.catalog import find_catalog
from remediator.config.expressions import CelConditions
import remediator.app.daemon
load_configuration(None, find_catalog(), CelConditions())
print(" ".join(name for name in {SDKS!r} if name in sys.modules))
"""

ready, memory = [], []
for _ in range(ROUNDS):
    began = time.perf_counter()
    with daemon() as (port, process, _):
        get(port, "/-/ready")
        ready.append(time.perf_counter() - began)
        time.sleep(1)
        memory.append(resident_megabytes(process.pid))

listed = subprocess.run(
    [sys.executable, "-c", IMPORTED],
    check=True,
    capture_output=True,
    text=True,
    env={"PYTHONPATH": str(HERE.parent), "PATH": "/usr/bin:/bin"},
    cwd=Path("/"),
).stdout.split()
seconds, megabytes = statistics.median(ready), statistics.median(memory)
finish(
    report("start to ready", seconds, "s", "< 1.5", is_met=seconds < 1.5),
    report("resident memory, idle", megabytes, "MB", "< 100", is_met=megabytes < 100),
    report(
        "SDKs imported without being set", len(listed), " ".join(listed), "0", is_met=not listed
    ),
)
