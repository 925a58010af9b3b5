"""Run every benchmark, go on after a miss or a crash, and print one table of all figures at the end (`make bench`).

Exit code 1 where a goal was missed or a benchmark did not end as it should.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from measuring import MET, MISSED

HERE = Path(__file__).parent
CRASHED = "DEAD"


def run(file: Path) -> list[str]:
    """Run one benchmark, showing what it says as it says it; return its rows of the table."""
    print(f"== {file.name}", flush=True)
    with subprocess.Popen([sys.executable, file], stdout=subprocess.PIPE, text=True) as process:
        said = list(echoed(process.stdout or ()))
    return rows(file.stem, said, process.returncode)


def echoed(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        print(line, end="", flush=True)
        yield line.rstrip()


def rows(name: str, said: list[str], code: int) -> list[str]:
    """Return the figures; a benchmark that ended badly without missing a goal has a row that says so."""
    figures = [line for line in said if line.startswith((MET, MISSED))]
    is_explained = code == 0 or any(line.startswith(MISSED) for line in figures)
    return figures if is_explained else [*figures, f"{CRASHED} {name} ended with exit code {code}"]


def main(files: Iterable[Path]) -> int:
    found = [(file.stem, run(file)) for file in files]
    print("\n== all figures")
    for name, figures in found:
        for line in figures:
            print(f"{line[:4]}  {name.removeprefix('bench_'):<12}{line[5:]}")
    return int(any(line[:4] != MET for _, figures in found for line in figures))


if __name__ == "__main__":
    sys.exit(main(sorted(HERE.glob("bench_*.py"))))
