"""`make bench` goes on after a miss and prints one table of all figures at its end."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

_IMPORT = re.compile(r"^from ((?:remediator|docs)[\w.]*) import (\([^)]*\)|.*)$", re.MULTILINE)
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


def imported(text: str) -> Iterator[tuple[str, str]]:
    """What a program, and the programs within it, take from our own packages: module and name."""
    for module, names in _IMPORT.findall(text):
        yield from ((module, name) for name in re.findall(r"\w+", names))


def is_there(module: str, name: str) -> bool:
    return hasattr(import_module(module), name) or bool(find_spec(f"{module}.{name}"))


@pytest.mark.parametrize("file", sorted(BENCHMARKS.glob("*.py")), ids=lambda file: file.stem)
def test_what_a_benchmark_imports_is_there(file: Path) -> None:
    found = imported(file.read_text())

    assert [pair for pair in found if not is_there(*pair)] == []
