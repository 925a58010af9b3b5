"""Reads tests of playbooks: those that stand in a playbook under `tests`, and files `*_test.yaml`.

Used by `check`, which only reads them, and by `remediator test`, which runs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from remediator.config.case_shape import CaseFileShape, CaseShape, GivenShape, case_shapes
from remediator.config.catalog import Catalog
from remediator.config.expect_shape import ExpectShape
from remediator.core.playbook import Playbook
from remediator.documents.model_reader import Part, read_shape
from remediator.documents.problem import did_you_mean
from remediator.documents.report import Report
from remediator.documents.yaml_source import KeyPath, YamlSource

SUFFIX = "_test"
"""What the name of a file with tests ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test, with what its whole file gives, and where it stands."""

    shape: CaseShape
    given: GivenShape
    source: YamlSource
    path: KeyPath
    playbook: str = ""

    @property
    def name(self) -> str:
        """What its author calls it."""
        return self.shape.name


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A file `*_test.yaml` as read."""

    playbooks: tuple[str, ...]
    cases: tuple[Case, ...]


def read_own_cases(report: Report, catalog: Catalog, playbook: Playbook) -> tuple[Case, ...]:
    """Return the tests in a playbook's own file, without the wrong ones; each is about this playbook."""
    written = report.source.value
    raw = written.get("tests") if isinstance(written, dict) else None
    cases: list[Case] = []
    for number, each in enumerate(raw if isinstance(raw, list) else ()):
        path: KeyPath = ("tests", number)
        shape = read_shape(report, path, each, case_shapes(catalog).case, Part("a test"))
        if shape is not None:
            made = Case(
                shape=shape,
                given=shape.given,
                source=report.source,
                path=path,
                playbook=playbook.name,
            )
            check_case(report, made, {playbook.name: playbook})
            cases.append(made)
    _refuse_twins(report, cases)
    return tuple(cases)


def read_case_file(report: Report, catalog: Catalog) -> CaseFile | None:
    """Return what stands in a file `*_test.yaml`, or None after reporting what is wrong with it."""
    if report.has_errors:
        return None
    shapes = case_shapes(catalog)
    file = read_shape(report, (), report.source.value, shapes.file, Part("a file of tests"))
    if file is None:
        return None
    cases = tuple(_case(file, number, report.source) for number in range(len(file.tests)))
    _refuse_twins(report, cases)
    return CaseFile(playbooks=file.playbooks, cases=cases)


def check_case(report: Report, case: Case, playbooks: Mapping[str, Playbook]) -> None:
    """Report what a test says of a playbook, or of its steps, that are not there; and a test without alerts."""
    if not case.shape.alerts:
        report.error(case.path, "missing-key", "a test needs `alerts`", at_key=True)
    name = case.playbook or case.shape.playbook or ""
    if name and name not in playbooks:
        hint = did_you_mean(name, playbooks) or f"There are {', '.join(sorted(playbooks))}."
        message = f"there is no playbook `{name}` here"
        report.error((*case.path, "playbook"), "unknown-playbook", message, hint)
        return
    if case.playbook and case.shape.playbook not in (None, case.playbook):
        message = (
            f"a test in this file is about `{case.playbook}`; put it into a file *{SUFFIX}.yaml"
        )
        report.error((*case.path, "playbook"), "other-playbook", message)
    asked = (playbooks[name],) if name else tuple(playbooks.values())
    known = {word for each in asked for step in each.steps for word in (step.id, step.action)}
    for place, step in _steps_named(case):
        if step not in known:
            message = f"no step is called `{step[:80]}`"
            report.error(place, "unknown-step", message, did_you_mean(step, known), at_key=True)


def _steps_named(case: Case) -> Iterable[tuple[KeyPath, str]]:
    for step in case.shape.given.steps:
        yield (*case.path, "given", "steps", step), step
    for place, expect in expectations(case):
        for step in expect.steps or {}:
            yield (*place, "steps", step), step.removeprefix("undo:")


def expectations(case: Case) -> Iterable[tuple[KeyPath, ExpectShape]]:
    """Yield what a test expects, each with its place."""
    expect, path = case.shape.expect, (*case.path, "expect")
    if isinstance(expect, ExpectShape):
        yield path, expect
        return
    for number, each in enumerate(expect):
        yield (*path, number), each


def _case(file: CaseFileShape, number: int, source: YamlSource) -> Case:
    written = file.tests[number]
    shape = written.model_copy(update={"alerts": written.alerts or file.alerts})
    return Case(
        shape=shape, given=_joined(file.given, shape.given), source=source, path=("tests", number)
    )


def _joined(whole: GivenShape, own: GivenShape) -> GivenShape:
    """Return what the file gives with what the test gives in its place."""
    return whole.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})


def _refuse_twins(report: Report, cases: Iterable[Case]) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.name in seen:
            message = f"two tests are called `{case.name}`"
            report.error((*case.path, "name"), "duplicate-name", message)
        seen.add(case.name)
