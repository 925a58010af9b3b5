"""`make bench` goes on after a miss and prints one table of all figures at its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PROGRAM = "import sys; from pathlib import Path; from all import main; sys.exit(main(map(Path, sys.argv[1:])))"


def bench(tmp_path: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    for name, text in programs.items():
        (tmp_path / f"bench_{name}.py").write_text(text)
    files = [str(tmp_path / f"bench_{name}.py") for name in programs]
    argv = [sys.executable, "-c", PROGRAM, *files]
    return subprocess.run(argv, cwd=BENCHMARKS, capture_output=True, text=True, check=False)


def test_a_miss_and_a_crash_do_not_hide_the_figures_of_the_others(tmp_path: Path) -> None:
    done = bench(
        tmp_path,
        slow="print('MISS start: 3 s (goal < 1)'); raise SystemExit(1)",
        dead="raise SystemExit('no database')",
        fine="print('ok   memory: 5 MB (goal < 9)')",
    )

    assert done.returncode == 1
    assert done.stdout.partition("== all figures\n")[2].splitlines() == [
        "MISS  slow        start: 3 s (goal < 1)",
        "DEAD  dead        bench_dead ended with exit code 1",
        "ok    fine        memory: 5 MB (goal < 9)",
    ]


def test_where_every_goal_is_met_all_is_well(tmp_path: Path) -> None:
    assert bench(tmp_path, fine="print('ok   memory: 5 MB (goal < 9)')").returncode == 0
