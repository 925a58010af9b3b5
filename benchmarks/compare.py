"""Two commits side by side: each benchmark in turn on this tree and on another commit's, so that both meet one machine.

python benchmarks/compare.py REV [--rounds 3] [--only idle,start]   (`make bench-compare REV=main`)

The other commit is checked out beside this one and gets the benchmarks of this tree, with its own tests and program;
one that cannot run there is taken as that commit has it. Both use the packages that are installed here. A ratio above 1
says that the figure is larger here, which is good for rates and bad for times.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from figures import CRASHED, Ended, run, table

HERE = Path(__file__).parent
NOT_THERE = "-"
HEAD = ("benchmark", "figure", "this", "{rev}", "ratio", "goal")
Values = Mapping[tuple[str, str], float]


@contextmanager
def checked_out(rev: str) -> Iterator[Path]:
    """Check a commit out in a directory of its own, with this tree's benchmarks beside its own."""
    with tempfile.TemporaryDirectory(prefix="remediator-compare-") as folder:
        tree = Path(folder) / "tree"
        _git("worktree", "add", "--quiet", "--detach", str(tree), rev)
        try:
            own = tree / "benchmarks"
            own.rename(tree / "benchmarks-of-then") if own.exists() else None
            shutil.copytree(HERE, own, ignore=shutil.ignore_patterns("__pycache__"))
            subprocess.run(
                [sys.executable, "-m", "compileall", "-q", str(tree / "remediator")], check=False
            )
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def measured(tree: Path, name: str, mark: str) -> Ended:
    """Run one benchmark on a tree; where it cannot be, as that tree's commit has it."""
    environment = os.environ | {"PYTHONPATH": str(tree)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    ended = run(tree / "benchmarks" / f"{name}.py", environment, mark)
    of_then = tree / "benchmarks-of-then" / f"{name}.py"
    if any(figure.mark == CRASHED for figure in ended.figures) and of_then.exists():
        ended = run(of_then, environment, f"{mark}, as it was then")
    return ended


def medians(ended: Iterable[Ended]) -> Values:
    """Return the median of each figure over all rounds."""
    found: dict[tuple[str, str], list[float]] = {}
    for each in ended:
        for figure in each.figures:
            if figure.mark != CRASHED:
                found.setdefault((each.name, figure.what), []).append(figure.number)
    return {key: statistics.median(values) for key, values in found.items()}


def rows(this: Sequence[Ended], other: Sequence[Ended]) -> Iterator[tuple[str, ...]]:
    """Yield the table's rows: every figure that one of them has."""
    here, there = medians(this), medians(other)
    known = {(e.name, f.what): f for e in (*other, *this) for f in e.figures if f.mark != CRASHED}
    for key, figure in known.items():
        ours, theirs = here.get(key), there.get(key)
        is_both = ours is not None and theirs is not None and theirs != 0
        yield (
            key[0],
            key[1],
            _words(ours, figure.unit),
            _words(theirs, figure.unit),
            f"{ours / theirs:.2f}" if is_both else NOT_THERE,
            figure.goal,
        )


def _words(value: float | None, unit: str) -> str:
    return NOT_THERE if value is None else f"{value:.3g} {unit}".strip()


def _git(*words: str) -> str:
    argv = ["git", "-C", str(HERE), *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def names(only: str) -> list[str]:
    """Return which benchmarks to run: all, or those that were named."""
    wanted = {f"bench_{name}" for name in only.split(",") if name}
    return [f.stem for f in sorted(HERE.glob("bench_*.py")) if not wanted or f.stem in wanted]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rev")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="benchmarks, with commas between them")
    options = parser.parse_args()
    this: list[Ended] = []
    other: list[Ended] = []
    with checked_out(options.rev) as tree:
        for name in names(options.only):
            for n in range(1, options.rounds + 1):
                this.append(measured(HERE.parent, name, f" here, {n} of {options.rounds}"))
                other.append(measured(tree, name, f" at {options.rev}, {n} of {options.rounds}"))
    commit = _git("rev-parse", "--short", options.rev)
    print(f"\n== this tree against {options.rev} ({commit}), medians of {options.rounds} in turn")
    head = [word.format(rev=options.rev) for word in HEAD]
    for line in table(head, rows(this, other)):
        print(line)
    crashed = [f.what for e in (*this, *other) for f in e.figures if f.mark == CRASHED]
    for what in crashed:
        print(f"{CRASHED} {what}")
    return int(bool(crashed))


if __name__ == "__main__":
    sys.exit(main())
