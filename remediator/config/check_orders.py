"""Checks and probes as people write them: `promql: EXPR`, `alert: resolved`, `disk.usage: {path: /var}`."""

from __future__ import annotations

from collections.abc import Mapping

from remediator.config.playbook_report import Reading, only_key
from remediator.core.canonical import canonical_json
from remediator.core.playbook import CheckOrder, ProbeOrder
from remediator.documents.model_reader import Part
from remediator.documents.report import as_list
from remediator.documents.yaml_source import KeyPath, YamlSource
from remediator.ports.check import Check
from remediator.ports.inspection import Place, WrittenCheck


def read_check(reading: Reading, path: KeyPath, raw: object) -> CheckOrder | None:
    """Return one check, or None after reporting what is wrong with it."""
    found = only_key(reading, path, raw, reading.catalog.checks, "check")
    if found is None:
        return None
    name, written = found
    check = reading.catalog.checks[name]
    is_bare = bool(check.shorthand) and written is not None and not isinstance(written, dict)
    given = {check.shorthand: written} if is_bare else written
    part = Part(f"the check `{name}`", bare=check.shorthand if is_bare else "")
    parameters = reading.parameters((*path, name), given, check.parameters, part, check.promql)
    if parameters is None:
        return None
    for doubt in check.doubts(parameters):
        place = (*path, name, doubt.parameter)
        reading.report.warn(place, doubt.code, doubt.message, doubt.hint)
    order = CheckOrder(kind=name, parameters=parameters, text=check_text(check, parameters))
    reading.checks.append(((*path, name), order))
    return order


def read_checks(reading: Reading, path: KeyPath, raw: object, what: str) -> tuple[CheckOrder, ...]:
    """Return a list of checks without the wrong ones."""
    items = as_list(reading.report, path, raw, what)
    found = (read_check(reading, (*path, index), item) for index, item in enumerate(items))
    return tuple(check for check in found if check is not None)


def read_probes(
    reading: Reading, path: KeyPath, raw: list[object], kind: str
) -> tuple[ProbeOrder, ...]:
    """Return the probes without the wrong ones; each must fit the target's kind."""
    found = (_probe(reading, (*path, index), item, kind) for index, item in enumerate(raw))
    return tuple(probe for probe in found if probe is not None)


def written_check(source: YamlSource, path: KeyPath, order: CheckOrder) -> WrittenCheck:
    """Return a check with the way to its places in the file that it was read from."""

    def place(parameter: str, offset: int) -> Place:
        mark = source.mark_within((*path, parameter), offset)
        return Place(file=source.file, line=mark.line, column=mark.column)

    return WrittenCheck(kind=order.kind, parameters=order.parameters, place=place)


def check_text(check: Check, parameters: Mapping[str, object]) -> str:
    """Return how people read a check. Different parameters give different texts: answers are filed under them."""
    if set(parameters) == {check.shorthand}:
        return _text(parameters[check.shorthand])
    return ", ".join(f"{key}={_text(parameters[key])}" for key in sorted(parameters))


def fits(kind: str, kinds: tuple[str, ...]) -> bool:
    """Say whether something that works on these kinds of target works on this one; not known yet counts as yes."""
    return not kind or not kinds or kind in kinds


def _probe(reading: Reading, path: KeyPath, raw: object, kind: str) -> ProbeOrder | None:
    found = only_key(reading, path, raw, reading.catalog.probes, "probe")
    if found is None:
        return None
    name, written = found
    probe = reading.catalog.probes[name]
    if not fits(kind, probe.targets):
        message = f"`{name}` looks at {' or '.join(probe.targets)}, not at {kind}"
        reading.report.error((*path, name), "target-kind", message, at_key=True)
    parameters = reading.parameters((*path, name), written, probe.parameters, Part(name), ())
    return None if parameters is None else ProbeOrder(kind=name, parameters=parameters)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else canonical_json(value)
