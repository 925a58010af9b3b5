"""The section `commands`: the free commands that playbooks may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from remediator.documents.model_reader import Flag, Shape, Word
from remediator.documents.patterns import is_pattern, way_out
from remediator.documents.problem import did_you_mean
from remediator.documents.report import Report
from remediator.documents.value_types import Argv, LabelName
from remediator.documents.yaml_source import KeyPath
from remediator.integrations.shell.allowed_command import PLACEHOLDER
from remediator.ports.sections import Section, SectionReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that playbooks may name. `{unit}` in a word stands for a parameter that fully matches its pattern."""

    argv: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    check: tuple[str, ...] | None = None
    reversible: bool = False


class CommandCheckShape(Shape):
    """How to see whether a command has worked."""

    argv: Argv


class CommandShape(Shape):
    """One entry of `commands`."""

    argv: Argv
    parameters: dict[LabelName, Word] = Field(default_factory=dict)
    check: CommandCheckShape | None = None
    reversible: Flag = False


def _read(reading: SectionReading, shapes: object) -> Mapping[str, Command]:
    if not isinstance(shapes, Mapping):
        return {}
    report = reading.report
    return {name: _command(report, ("commands", name), shape) for name, shape in shapes.items()}


def _command(report: Report, path: KeyPath, shape: CommandShape) -> Command:
    for name, pattern in shape.parameters.items():
        place = (*path, "parameters", name)
        if is_pattern(report, place, pattern):
            _warn_of_paths(report, place, pattern)
    check = shape.check.argv if shape.check else None
    used = _placeholders(report, (*path, "argv"), shape.argv, shape.parameters)
    used |= _placeholders(report, (*path, "check", "argv"), check or (), shape.parameters)
    for name in shape.parameters:
        if name not in used:
            message = f"no word of the command holds `{{{name}}}`"
            report.error((*path, "parameters", name), "unused", message, at_key=True)
    return Command(
        argv=shape.argv,
        parameters=shape.parameters,
        check=check,
        reversible=shape.reversible,
    )


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


COMMANDS_SECTION: Section[Mapping[str, Command]] = Section(
    key="commands", shape=dict[Word, CommandShape], unwritten={}, read=_read, absent={}
)
