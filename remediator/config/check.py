"""`remediator check`: everything that is wrong with the settings and the playbooks, without touching the world."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path

from remediator.config.case_files import read_suite
from remediator.config.catalog import Catalog
from remediator.config.playbooks import PlaybookLoader
from remediator.config.settings import Settings
from remediator.config.settings_reader import load_settings
from remediator.config.templates import Templates
from remediator.documents.problem import Problem, Severity, has_errors, in_order
from remediator.documents.yaml_source import read_yaml


class ProblemFormat(StrEnum):
    """How problems are shown."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def check(
    paths: Sequence[Path], settings_path: Path | None, catalog: Catalog
) -> tuple[Problem, ...]:
    """Return every problem of the settings file and of the playbooks and their tests in `paths`, or in the settings'
    folders.

    Without a settings file, what only settings can tell (contacts, floors) is not checked.
    """
    loaded = load_settings(settings_path, catalog)
    settings = loaded.settings
    loader = PlaybookLoader(catalog) if loaded.has_errors else _loader(catalog, settings)
    playbooks = read_suite(loader, catalog, paths or settings.playbooks)
    return in_order((*loaded.problems, *playbooks.problems))


class TextCheck:
    """Checks playbooks that are being written, as texts in memory: what an editor would ask at every pause.

    Keep one: what it has compiled is not compiled again. `settings` as in `check`.
    """

    def __init__(self, catalog: Catalog, settings: Settings | None = None) -> None:
        self._loader = _loader(catalog, settings) if settings else PlaybookLoader(catalog)

    def problems(self, texts: Mapping[str, str]) -> tuple[Problem, ...]:
        """Return every problem of playbooks by the names of their files."""
        sources = (read_yaml(name, text.encode()) for name, text in texts.items())
        return self._loader.read(sources).problems


def is_acceptable(problems: Iterable[Problem], *, strict: bool = False) -> bool:
    """Say whether the answer is yes; with `strict`, warnings count as errors."""
    found = tuple(problems)
    return not (found if strict else has_errors(found))


def format_problems(problems: Sequence[Problem], form: ProblemFormat = ProblemFormat.TEXT) -> str:
    """Return the problems for people, programs or GitHub's annotations."""
    if form is ProblemFormat.JSON:
        return json.dumps([asdict(problem) for problem in problems], indent=2)
    if form is ProblemFormat.GITHUB:
        return "\n".join(_annotation(problem) for problem in problems)
    return "\n".join([*map(str, problems), _summary(problems)])


def count_words(number: int, noun: str) -> str:
    """Write `no errors`, `1 error`, `2 errors`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def annotation(level: str, properties: Mapping[str, str], text: str) -> str:
    """Write a workflow command (GitHub Docs, "Workflow commands"); its two escapes differ by place."""
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {listed}::{_message(text)}"


def _loader(catalog: Catalog, settings: Settings) -> PlaybookLoader:
    templates = Templates(catalog.filters(settings.sections))
    return PlaybookLoader(catalog, settings.playbook_rules(), templates=templates)


def _summary(problems: Sequence[Problem]) -> str:
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    return f"{count_words(errors, 'error')}, {count_words(warnings, 'warning')}"


def _annotation(problem: Problem) -> str:
    place = {"file": problem.file, "line": str(problem.line), "col": str(problem.column)}
    return annotation(problem.severity, {**place, "title": problem.code}, problem.text)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
