"""The probe `disk.usage`: how full a file system is, which directories fill it, and what they do not show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from remediator.core.duration import format_size
from remediator.core.events import Evidence
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.hosts.knowledge.grammars import LINES, PATH, SECONDS
from remediator.integrations.hosts.probes.disk_unseen import (
    MOUNTS,
    OPEN_FILES,
    mounted_over,
    read_open_files,
    unseen_lines,
)
from remediator.integrations.hosts.rights import Word, root_rights
from remediator.integrations.shell.api import LOOKER, Looker
from remediator.integrations.shell.filesystem import FileSystem, absolute_path, df_words, parse_df
from remediator.integrations.shell.looking import LONGEST_LINE, Found, first_problem, look
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters
from remediator.ports.probe import Probe

_DF = timedelta(seconds=15)
_TIMEOUT = ["timeout", "-k", "2"]
_DEPTH = ["-d", "3", "--"]
_MANY_PERCENT = 80.0  # of all inodes: from there on they may be what runs out
_MOSTLY = 0.8  # a directory of which one part is that much says no more than the part


class UsageParameters(Parameters):
    """Look at the file system that holds `path`, and name its `top` biggest directories, three levels deep."""

    path: Annotated[str, AfterValidator(absolute_path)]
    top: Annotated[int, Field(ge=1, le=50)] = 10


@dataclass(frozen=True, slots=True)
class UsageProber:
    """Asks df and du, and what du cannot see."""

    looker: Looker

    async def probe(
        self,
        target: Target,
        parameters: Parameters,
        timeout: timedelta,
    ) -> Evidence:
        """See ports.probe.Prober; du is given most of the time, and what it found until then counts."""
        wanted = UsageParameters.of(parameters)
        space = await look(self.looker, target, df_words(wanted.path), _DF)
        inodes = await look(self.looker, target, df_words(wanted.path, inodes=True), _DF)
        sizes = await look(self.looker, target, _du(wanted.path, timeout), timeout, sudo=True)
        biggest = biggest_directories(parse_du(sizes.text), wanted.path, wanted.top)
        lines = [*_space_lines(space.text, inodes.text), *map(_directory_line, biggest)]
        lines += await self._unseen(target, parse_df(space.text), sizes)
        lines += await self._many_files(target, wanted, parse_df(inodes.text), timeout)
        if biggest and sizes.problem:
            lines.append(f"(sizes are incomplete: {sizes.problem})")
        problem = first_problem(space) or (sizes.problem if not biggest else "")
        title = f"What fills {one_line(wanted.path)}"
        return Evidence(probe="disk.usage", title=title, lines=tuple(lines), problem=problem)

    async def _unseen(
        self, target: Target, filesystem: FileSystem | None, sizes: Found
    ) -> list[str]:
        """Return what du cannot see; where it was cut short, what it did not see says nothing."""
        if filesystem is None:
            return []
        device = await look(
            self.looker, target, ["stat", "-c", "%d", "--", filesystem.mountpoint], _DF
        )
        opened = await look(self.looker, target, OPEN_FILES, _DF, sudo=True)
        mounts = await look(self.looker, target, MOUNTS, _DF)
        files = read_open_files(opened.text, device.text.strip())
        over = mounted_over(mounts.text, filesystem.mountpoint)
        seen = {} if sizes.problem else parse_du(sizes.text)
        lines = unseen_lines(filesystem, seen, files, over)
        return [one_line(line, LONGEST_LINE) for line in lines]

    async def _many_files(
        self, target: Target, wanted: UsageParameters, inodes: FileSystem | None, timeout: timedelta
    ) -> list[str]:
        """Return the directories with most files, where it is these that run out."""
        if inodes is None or inodes.used_percent < _MANY_PERCENT:
            return []
        counts = await look(
            self.looker, target, _du(wanted.path, timeout, inodes=True), timeout, sudo=True
        )
        found = biggest_directories(parse_du(counts.text, unit=1), wanted.path, wanted.top)
        return [f"{count} files  {one_line(path, LONGEST_LINE)}" for path, count in found]


def parse_du(text: str, unit: int = 1024) -> Mapping[str, int]:
    """Read `du -k` as bytes by path; lines that are cut or hold no size are left out."""
    rows = (line.partition("\t") for line in text.splitlines())
    return {path: int(size) * unit for size, tab, path in rows if tab and size.strip().isdigit()}


def biggest_directories(sizes: Mapping[str, int], root: str, top: int) -> Sequence[tuple[str, int]]:
    """Return the biggest directories, without those that are big only because of one part of them."""
    parts: dict[str, int] = {}
    for path, size in sizes.items():
        parent = path.rpartition("/")[0] or "/"
        parts[parent] = max(size, parts.get(parent, 0))
    telling = {
        path: size
        for path, size in sizes.items()
        if path.rstrip("/") != root.rstrip("/") and parts.get(path, 0) <= _MOSTLY * size
    }
    return sorted(telling.items(), key=lambda item: (-item[1], item[0]))[:top]


def _du(path: str, timeout: timedelta, *, inodes: bool = False) -> list[str]:
    seconds = max(1, math.floor(timeout.total_seconds() * 0.7))
    return [*_TIMEOUT, str(seconds), *_du_words(inodes=inodes), path]


def _du_words(*, inodes: bool) -> list[str]:
    return ["du", "-x", "--inodes" if inodes else "-k", *_DEPTH]


def _space_lines(space: str, inodes: str) -> list[str]:
    lines = []
    if filesystem := parse_df(space):
        free, size = format_size(filesystem.available), format_size(filesystem.size)
        lines.append(
            f"{filesystem.mountpoint} {filesystem.used_percent:.0f} % used, {free} of {size} free"
        )
    nodes = parse_df(inodes)
    if nodes and nodes.size:
        lines.append(f"inodes {nodes.used_percent:.0f} % used")
    return [one_line(line, LONGEST_LINE) for line in lines]


def _directory_line(item: tuple[str, int]) -> str:
    path, size = item
    return f"{format_size(size):>9}  {one_line(path, LONGEST_LINE)}"


def _as_root(wanted: UsageParameters) -> Iterable[Sequence[Word]]:
    for inodes in (False, True):
        yield [*_TIMEOUT, SECONDS.word(), *_du_words(inodes=inodes), wanted.path]
    yield OPEN_FILES


def _prober(reads: Reads) -> UsageProber:
    return UsageProber(reads[LOOKER])


PROBES = (
    Probe(
        name="disk.usage",
        doc="How full a file system is, and which directories fill it.",
        parameters=UsageParameters,
        targets=("host", "pod"),
        example='disk.usage: {path: "/var", top: 15}',
        prober=_prober,
        rights=root_rights(UsageParameters, _as_root, path=PATH, top=LINES),
    ),
)
