"""`make bench` goes on after a miss and prints one table of all figures; `make bench-compare` measures two commits."""

from __future__ import annotations

import re
import shutil
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


def table(said: str) -> list[list[str]]:
    """The cells of the table behind the last headline; columns are two spaces apart."""
    return [re.split(r"  +", line) for line in said.rpartition("\n== ")[2].splitlines()[1:]]


def test_a_miss_and_a_crash_do_not_hide_the_figures_of_the_others(tmp_path: Path) -> None:
    done = bench(
        tmp_path,
        slow="print('MISS start: 3 s (goal < 1)'); raise SystemExit(1)",
        dead="raise SystemExit('no database')",
        fine="print('ok   memory: 5 MB (goal < 9; beside 7 MB of a bare one)')",
    )

    assert done.returncode == 1
    assert table(done.stdout) == [
        ["", "benchmark", "figure", "this", "goal", "beside"],
        ["MISS", "slow", "start", "3 s", "< 1"],
        ["DEAD", "dead", "bench_dead ended with exit code 1"],
        ["ok", "fine", "memory", "5 MB", "< 9", "7 MB of a bare one"],
    ]


def test_where_every_goal_is_met_all_is_well(tmp_path: Path) -> None:
    assert bench(tmp_path, fine="print('ok   memory: 5 MB (goal < 9)')").returncode == 0


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits; the benchmark that is new needs what the first one has not."""
    (tmp_path / "benchmarks").mkdir()
    for name in ("compare", "figures", "measuring"):
        shutil.copy(BENCHMARKS / f"{name}.py", tmp_path / "benchmarks")
    (tmp_path / "remediator").mkdir()
    (tmp_path / "remediator" / "__init__.py").write_text("SIZE = 4\n")
    says = "from measuring import report\nimport remediator\n"
    old = says + "report('size then', remediator.SIZE, 'MB', '< 9', is_met=True)\n"
    new = says + "report('size', remediator.NOW, 'MB', '< 9', is_met=True)\n"
    both = says + "report('size', remediator.SIZE, 'MB', '< 9', is_met=True)\n"
    (tmp_path / "benchmarks" / "bench_changed.py").write_text(old)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "one")
    (tmp_path / "remediator" / "__init__.py").write_text("SIZE = 6\nNOW = 6\n")
    (tmp_path / "benchmarks" / "bench_changed.py").write_text(new)
    (tmp_path / "benchmarks" / "bench_new.py").write_text(both)
    return tmp_path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True)


def test_another_commit_is_measured_by_the_benchmarks_of_this_one_or_by_its_own(
    repository: Path,
) -> None:
    argv = [sys.executable, "benchmarks/compare.py", "HEAD", "--rounds", "2"]

    done = subprocess.run(argv, cwd=repository, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert table(done.stdout) == [
        ["benchmark", "figure", "this", "HEAD", "ratio", "goal"],
        ["changed", "size then", "-", "4 MB", "-", "< 9"],
        ["new", "size", "6 MB", "4 MB", "1.50", "< 9"],
        ["changed", "size", "6 MB", "-", "-", "< 9"],
    ]
    git(repository, "worktree", "prune")
    assert len(list((repository / ".git").glob("worktrees/*"))) == 0


def test_a_benchmark_that_runs_on_neither_is_said(repository: Path) -> None:
    (repository / "benchmarks" / "bench_new.py").write_text("raise SystemExit('no database')\n")
    argv = [sys.executable, "benchmarks/compare.py", "HEAD", "--rounds", "1", "--only", "new"]

    done = subprocess.run(argv, cwd=repository, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "DEAD bench_new ended with exit code 1" in done.stdout


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
