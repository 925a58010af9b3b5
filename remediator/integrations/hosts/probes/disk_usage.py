"""The probe `disk.usage`: how full a file system is, and which directories fill it."""

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
from remediator.integrations.hosts.rights import Word, root_rights
from remediator.integrations.shell.api import LOOKER, Looker
from remediator.integrations.shell.filesystem import absolute_path, df_words, parse_df
from remediator.integrations.shell.looking import LONGEST_LINE, first_problem, look
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters
from remediator.ports.probe import Probe

_DF = timedelta(seconds=15)
_TIMEOUT = ["timeout", "-k", "2"]
_DU = ["du", "-x", "-k", "-d", "3", "--"]
_MOSTLY = 0.8  # a directory of which one part is that much says no more than the part


class UsageParameters(Parameters):
    """Look at the file system that holds `path`, and name its `top` biggest directories, three levels deep."""

    path: Annotated[str, AfterValidator(absolute_path)]
    top: Annotated[int, Field(ge=1, le=50)] = 10


@dataclass(frozen=True, slots=True)
class UsageProber:
    """Asks df and du."""

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
        if biggest and sizes.problem:
            lines.append(f"(sizes are incomplete: {sizes.problem})")
        problem = first_problem(space) or (sizes.problem if not biggest else "")
        title = f"What fills {one_line(wanted.path)}"
        return Evidence(probe="disk.usage", title=title, lines=tuple(lines), problem=problem)


def parse_du(text: str) -> Mapping[str, int]:
    """Read `du -k` as bytes by path; lines that are cut or hold no size are left out."""
    rows = (line.partition("\t") for line in text.splitlines())
    return {path: int(size) * 1024 for size, tab, path in rows if tab and size.strip().isdigit()}


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


def _du(path: str, timeout: timedelta) -> list[str]:
    seconds = max(1, math.floor(timeout.total_seconds() * 0.7))
    return [*_TIMEOUT, str(seconds), *_DU, path]


def _as_root(wanted: UsageParameters) -> Iterable[Sequence[Word]]:
    yield [*_TIMEOUT, SECONDS.word(), *_DU, wanted.path]


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
