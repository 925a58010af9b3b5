"""The section `commands`: the free commands that playbooks may name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import Field

from remediator.core.pattern import compiled
from remediator.documents.model_reader import Flag, Shape, Word
from remediator.documents.problem import did_you_mean
from remediator.documents.report import Report, is_pattern
from remediator.documents.value_types import Argv, LabelName
from remediator.documents.yaml_source import KeyPath
from remediator.ports.sections import Section, SectionReading

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ATOM = re.compile(
    r"\\Q.*?\\E|\\[pP](?:\{[^}]*\}|.)|\\x(?:\{[^}]*\}|..)|\\[0-7]{1,3}|\\."
    r"|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\(\?[^:)>]*[:)>]?|.",
    re.DOTALL,
)
_UPWARDS = (
    "..",
    "...",
    "a..",
    "..a",
    "a..b",
    "1..",
    "..1",
    "a1..",
    "a..b1",
    "A..",
    "web1..",
    "a.b..c",
    "-..",
)


class CommandCheck(Shape):
    """How to see whether a command has worked: words that exit with 0 where it has done what it is for."""

    argv: Argv


class Command(Shape):
    """A command that playbooks may name. `{unit}` in a word stands for a parameter that fully matches its pattern.

    `reversible` says that nothing is lost by it.
    """

    argv: Argv
    parameters: dict[LabelName, Word] = Field(default_factory=dict)
    check: CommandCheck | None = None
    reversible: Flag = False


def _read(reading: SectionReading, written: Mapping[str, Command]) -> Mapping[str, Command]:
    for name, command in written.items():
        _check(reading.report, ("commands", name), command)
    return written


def _check(report: Report, path: KeyPath, command: Command) -> None:
    for name, pattern in command.parameters.items():
        place = (*path, "parameters", name)
        if is_pattern(report, place, pattern):
            _warn_of_paths(report, place, pattern)
    check = command.check.argv if command.check else ()
    used = _placeholders(report, (*path, "argv"), command.argv, command.parameters)
    used |= _placeholders(report, (*path, "check", "argv"), check, command.parameters)
    for name in command.parameters:
        if name not in used:
            message = f"no word of the command holds `{{{name}}}`"
            report.error((*path, "parameters", name), "unused", message, at_key=True)


def _placeholders(
    report: Report, path: KeyPath, argv: tuple[str, ...], known: Mapping[str, str]
) -> set[str]:
    used: set[str] = set()
    for index, word in enumerate(argv):
        names = PLACEHOLDER.findall(word)
        used |= set(names)
        unknown = [name for name in names if name not in known]
        if unknown:
            message = f"`{{{unknown[0]}}}` has no pattern under `parameters`"
            report.error((*path, index), "placeholder", message, did_you_mean(unknown[0], known))
        if index == 0 and (names or not word):
            message = "the command itself must be written out"
            report.error((*path, index), "placeholder", message)
    return used


def _warn_of_paths(report: Report, path: KeyPath, pattern: str) -> None:
    if found := way_out(pattern):
        message = f"`{pattern}` lets a value hold `{found}`, which leads to other files in a path"
        hint = "Say which characters may stand there, such as [a-z0-9-]+."
        report.warn(path, "path-in-parameter", message, hint)


def way_out(pattern: str) -> str | None:
    """Return what leads elsewhere in a path (`/` or `..`) where somebody else's value may hold it; None where not.

    A `/` that is written out is meant, and no value can put it elsewhere.
    """
    atoms = [atom for atom in _ATOM.findall(pattern) if len(atom) > 1 or atom == "."]
    if any(_takes_slash(atom) for atom in atoms):
        return "/"
    return ".." if any(compiled(pattern).matches(text) for text in _UPWARDS) else None


def _takes_slash(atom: str) -> bool:
    if atom.startswith("(?") or atom == "\\/":
        return False
    try:
        return compiled(atom).matches("/")
    except ValueError:
        return False


COMMANDS_SECTION: Section[Mapping[str, Command]] = Section(
    key="commands", shape=dict[Word, Command], read=_read, absent={}
)
