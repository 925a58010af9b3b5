"""Run every benchmark, go on after a miss or a crash, and print one table of all figures at the end (`make bench`).

Exit code 1 where a goal was missed or a benchmark did not end as it should.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from figures import run, table
from measuring import MET

HERE = Path(__file__).parent
HEAD = ("", "benchmark", "figure", "this", "goal", "beside")


def main(files: Iterable[Path]) -> int:
    found = [(ended.name, figure) for ended in map(run, files) for figure in ended.figures]
    print("\n== all figures")
    rows = [(f.mark, name, f.what, f.measured, f.goal, f.beside) for name, f in found]
    for line in table(HEAD, rows):
        print(line)
    return int(any(figure.mark != MET for _, figure in found))


if __name__ == "__main__":
    sys.exit(main(sorted(HERE.glob("bench_*.py"))))
