"""Figures as `measuring.report` prints them, run and read again, and tables of them; for `all.py` and `compare.py`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import MET, MISSED

CRASHED = "DEAD"
_LINE = re.compile(
    rf"(?P<mark>{MET}|{MISSED}) (?P<what>.*): (?P<value>\S+) (?P<unit>.*?) ?"
    r"\(goal (?P<goal>.*?)(; beside (?P<beside>.*))?\)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of a benchmark."""

    mark: str
    what: str
    value: str = ""
    unit: str = ""
    goal: str = ""
    beside: str = ""

    @property
    def number(self) -> float:
        return float(self.value)

    @property
    def measured(self) -> str:
        return f"{self.value} {self.unit}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What one benchmark said, and how it ended."""

    name: str
    figures: tuple[Figure, ...]
    code: int


def run(file: Path, environment: Mapping[str, str] | None = None, mark: str = "") -> Ended:
    """Run one benchmark, showing what it says as it says it."""
    print(f"== {file.name}{mark}", flush=True)
    argv = [sys.executable, str(file)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment) as process:
        said = list(_echoed(process.stdout or ()))
    figures = tuple(_read(said))
    if process.returncode and not any(each.mark == MISSED for each in figures):
        what = f"{file.stem} ended with exit code {process.returncode}"
        figures = (*figures, Figure(mark=CRASHED, what=what))
    return Ended(name=file.stem.removeprefix("bench_"), figures=figures, code=process.returncode)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield lines with columns that are as wide as they have to be."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(
            f"{word:<{width}}" for word, width in zip(line, widths, strict=True)
        ).rstrip()


def _echoed(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        print(line, end="", flush=True)
        yield line.rstrip()


def _read(said: Iterable[str]) -> Iterator[Figure]:
    for line in said:
        if found := _LINE.fullmatch(line):
            yield Figure(**{name: value or "" for name, value in found.groupdict().items()})
