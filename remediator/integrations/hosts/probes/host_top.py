"""The probe `host.top`: load, memory, and what uses them. Names of programs only: arguments may hold secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from remediator.core.duration import format_size
from remediator.core.events import Evidence
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.shell.api import LOOKER, Looker, shell_rights
from remediator.integrations.shell.looking import LONGEST_LINE, first_problem, look
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters
from remediator.ports.probe import Probe

_LOOK = timedelta(seconds=15)
_LOAD = ["cat", "--", "/proc/loadavg"]
_MEMORY = ["cat", "--", "/proc/meminfo"]
_PROGRAMS = ["ps", "-eo", "pid=,user=,pcpu=,rss=,comm="]
_COLUMNS = 5
_NOW = ["top", "-b", "-n", "2", "-d", "1"]
"""Its second round counts what was used since the first; ps knows only how much a program used over its whole life."""


class TopParameters(Parameters):
    """Name the `top` programs by processor time, and as many by memory."""

    top: Annotated[int, Field(ge=1, le=30)] = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One row of ps: processor use in percent, over its life or (`is_now`) at the moment, and memory in bytes."""

    pid: str
    user: str
    cpu: float
    memory: int
    name: str
    is_now: bool = False


@dataclass(frozen=True, slots=True)
class TopProber:
    """Asks /proc, ps and top."""

    looker: Looker

    async def probe(
        self,
        target: Target,
        parameters: Parameters,
        timeout: timedelta,
    ) -> Evidence:
        """See ports.probe.Prober."""
        wanted = TopParameters.of(parameters)
        limit = min(timeout, _LOOK)
        load = await look(self.looker, target, _LOAD, limit)
        memory = await look(self.looker, target, _MEMORY, limit)
        listing = await look(self.looker, target, _PROGRAMS, limit)
        busy = await look(self.looker, target, _NOW, limit)
        lines = [*_load_lines(load.text), *_memory_lines(memory.text)]
        lines += _program_lines(_as_now(parse_ps(listing.text), parse_top(busy.text)), wanted.top)
        return Evidence(
            probe="host.top",
            title=f"What {target.name} is busy with",
            lines=tuple(one_line(line, LONGEST_LINE) for line in lines),
            problem=first_problem(load, memory, listing),
        )


def parse_ps(text: str) -> list[Program]:
    """Read the columns asked of ps; rows that do not fit are left out."""
    rows = (line.split(None, _COLUMNS - 1) for line in text.splitlines())
    return [program for row in rows if len(row) == _COLUMNS and (program := _program(row))]


def parse_top(text: str) -> Mapping[str, float]:
    """Read processor use in percent by process, of the last round; procps and busybox name their columns alike."""
    found: dict[str, float] = {}
    columns: list[str] = []
    for words in map(str.split, text.splitlines()):
        if {"PID", "%CPU"} <= set(words):
            columns, found = words, {}
        elif len(words) >= len(columns) > 0:
            row = dict(zip(columns, words, strict=False))
            if (used := _percent(row["%CPU"])) is not None:
                found[row["PID"]] = used
    return found


def parse_meminfo(text: str) -> Mapping[str, int]:
    """Read /proc/meminfo as bytes by name."""
    pairs = (line.partition(":") for line in text.splitlines())
    words = ((name, rest.split()) for name, colon, rest in pairs if colon)
    return {name: int(rest[0]) * 1024 for name, rest in words if rest and rest[0].isdigit()}


def _percent(text: str) -> float | None:
    try:
        return float(text.rstrip("%").replace(",", "."))
    except ValueError:
        return None


def _as_now(programs: list[Program], busy: Mapping[str, float]) -> list[Program]:
    """Return the programs with what they use at the moment; those that have ended or begun between are left out."""
    if not busy:
        return programs
    return [replace(p, cpu=busy[p.pid], is_now=True) for p in programs if p.pid in busy]


def _program(row: list[str]) -> Program | None:
    pid, user, cpu, kibibytes, name = row
    try:
        memory = int(kibibytes) * 1024
        return Program(pid=pid, user=user, cpu=float(cpu), memory=memory, name=name)
    except ValueError:
        return None


def _load_lines(text: str) -> list[str]:
    averages = text.split()[:3]
    return [f"load {' '.join(averages)} (1, 5, 15 min)"] if len(averages) == 3 else []


def _memory_lines(text: str) -> list[str]:
    memory = parse_meminfo(text)
    if "MemTotal" not in memory or "MemAvailable" not in memory:
        return []
    line = f"memory {format_size(memory['MemAvailable'])} of {format_size(memory['MemTotal'])} free"
    swapped = memory.get("SwapTotal", 0) - memory.get("SwapFree", 0)
    return [f"{line}, {format_size(swapped)} swapped" if swapped > 0 else line]


def _program_lines(programs: list[Program], top: int) -> list[str]:
    by_cpu = sorted(programs, key=lambda one: (-one.cpu, one.name))[:top]
    by_memory = sorted(programs, key=lambda one: (-one.memory, one.name))[:top]
    busy = [_used(one) for one in by_cpu if one.cpu]
    big = [f"{format_size(one.memory)}  {one.name} ({one.user}, {one.pid})" for one in by_memory]
    return busy + big


def _used(one: Program) -> str:
    life = "" if one.is_now else " of its life"
    return f"{one.cpu:5.1f} %{life}  {one.name} ({one.user}, {one.pid})"


def _prober(reads: Reads) -> TopProber:
    return TopProber(reads[LOOKER])


PROBES = (
    Probe(
        name="host.top",
        doc="Load, memory, and the programs that use most of them.",
        parameters=TopParameters,
        targets=("host", "pod"),
        example="host.top: {top: 5}",
        prober=_prober,
        rights=shell_rights,
    ),
)
