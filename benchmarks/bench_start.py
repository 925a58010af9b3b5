"""How `remediator serve` begins: until it is ready, the CPU that it took, its memory when idle, and how quick help is.

    python benchmarks/bench_start.py [OTHER]

OTHER is the source of another version, such as a worktree of an older commit: both are started in turn in one run, and
this one is held to 0.8 of the other's. Without it, only the sizes count. No process besides the daemon's own is begun
before a condition is expensive, so its memory is all there is.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from measuring import ROUNDS, finish, report
from servers import HERE, cpu_seconds, free_port, get, resident_megabytes, wait_for_port

OURS = HERE.parent
MOST_MEGABYTES, MOST_HELP, PART = 80, 0.15, 0.8


@dataclass(frozen=True, slots=True)
class Start:
    ready: float
    cpu: float
    resident: float
    proportional: float
    help: float


def environment(source: Path) -> dict[str, str]:
    found = os.environ | {"PYTHONPATH": str(source)}
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    return found


@contextmanager
def serving(source: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "remediator.yaml"
        file.write_text(f"listen: 127.0.0.1:{port}\ndata_dir: {folder}/site\n")
        argv = [sys.executable, "-m", "remediator", "serve", "--config.file", str(file)]
        with subprocess.Popen(
            argv, env=environment(source), stderr=subprocess.DEVNULL, cwd=folder
        ) as process:
            wait_for_port(port, process)
            yield port, process
            process.terminate()


def measured(source: Path) -> Start:
    began = time.perf_counter()
    with serving(source) as (port, process):
        get(port, "/-/ready")
        ready, cpu = time.perf_counter() - began, cpu_seconds(process.pid)
        time.sleep(1)
        resident, proportional = resident_megabytes(process.pid), shared_fairly(process.pid)
    return Start(ready, cpu, resident, proportional, help_cpu(source))


def shared_fairly(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1]) / 1024


def help_cpu(source: Path) -> float:
    before = os.times()
    argv = [sys.executable, "-m", "remediator", "--help"]
    subprocess.run(argv, check=True, env=environment(source), capture_output=True, cwd="/")
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


def medians(starts: list[Start]) -> Start:
    rows = [(s.ready, s.cpu, s.resident, s.proportional, s.help) for s in starts]
    return Start(*(statistics.median(column) for column in zip(*rows, strict=True)))


def main(other: Path | None) -> None:
    sources = [OURS, *([other] if other else [])]
    for source in sources:
        measured(source)  # its bytecode is written
    found: dict[Path, list[Start]] = {source: [] for source in sources}
    for _ in range(ROUNDS):
        for source in sources:
            found[source].append(measured(source))
    ours = medians(found[OURS])
    figures = [
        report(
            "idle, resident",
            ours.resident,
            "MB",
            f"< {MOST_MEGABYTES}",
            is_met=ours.resident < MOST_MEGABYTES,
        ),
        report(
            "idle, proportional",
            ours.proportional,
            "MB",
            f"< {MOST_MEGABYTES}",
            is_met=ours.proportional < MOST_MEGABYTES,
        ),
        report("--help, CPU", ours.help, "s", f"< {MOST_HELP}", is_met=ours.help < MOST_HELP),
    ]
    if other:
        theirs = medians(found[other])
        for what, now, then in (
            ("start to ready", ours.ready, theirs.ready),
            ("start to ready, CPU", ours.cpu, theirs.cpu),
        ):
            most = PART * then
            figures.append(
                report(what, now, "s", f"< {most:.3g}, of {then:.3g}", is_met=now < most)
            )
        memory = f"{theirs.resident:.1f} MB resident, {theirs.proportional:.1f} MB proportional"
        print(f"     the other: {memory}, help {theirs.help:.2f} s")
    finish(*figures)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute() if sys.argv[1:] else None)
