"""What the readers of playbooks share: the report of the file at hand and the tools that judge its parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from remediator.config.catalog import Catalog, hint_for
from remediator.config.expressions import VARIABLES, CelConditions, ExpressionProblem
from remediator.config.template_texts import Usage, has_template
from remediator.config.templates import Templates
from remediator.core.errors import InvalidTemplate
from remediator.core.identity import OwnMachine
from remediator.core.playbook import CheckOrder
from remediator.documents.model_reader import Part, read_shape
from remediator.documents.problem import did_you_mean, has_errors
from remediator.documents.report import Report
from remediator.documents.yaml_source import KeyPath
from remediator.ports.parameters import Parameters
from remediator.ports.sections import Sections

_FIXED_HOST = re.compile(r"https?://[^/?#{}\\]+[/?#]")
_BARE_LABEL_IN_REGEX = re.compile(r'[=!]~\s*"[^"]*\{\{(?![^}]*promql_regex)')


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookRules:
    """What the settings say about all playbooks. None where there are no settings to check against.

    `is_told` says whether people are told of every run. `sections` are those that were read, `approving` the keys of
    those of the systems in which anybody has the role of an approver.
    """

    contacts: frozenset[str] | None = None
    is_told: bool = False
    approving: frozenset[str] = frozenset()
    commands: frozenset[str] | None = None
    protected: tuple[str | OwnMachine, ...] = ()
    sections: Sections | None = None
    severities: frozenset[str] = frozenset()
    guard_defaults: Mapping[str, Any] = field(default_factory=dict)
    guard_floors: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One file being read. Every method reports what is wrong and goes on. `checks` are those that were read so far."""

    report: Report
    catalog: Catalog
    templates: Templates
    conditions: CelConditions
    rules: PlaybookRules = PlaybookRules()
    checks: list[tuple[KeyPath, CheckOrder]] = field(default_factory=list)

    def template(self, path: KeyPath, text: str, *, promql: bool = False) -> Usage:
        """Check one text for templates and return what they use."""
        try:
            usage = self.templates.usage(text, promql=promql)
        except InvalidTemplate as error:
            self.report.error(path, "template", str(error))
            return Usage()
        if promql and _BARE_LABEL_IN_REGEX.search(text):
            hint = "Write {{ … | promql_regex }}, or = instead of =~."
            self.report.warn(path, "label-in-regex", "a label here is a regular expression", hint)
        return usage

    def condition(self, path: KeyPath, text: str | None) -> str | None:
        """Check one condition and return it."""
        problem = self.conditions.problem(text) if text is not None else None
        if problem is not None and text is not None:
            offset, name = _where(text, problem), _unknown_name(problem.message)
            hint = did_you_mean(name, VARIABLES) if name else ""
            self.report.error_within(path, offset, "expr", problem.message, hint)
        return text

    def parameters(
        self, path: KeyPath, raw: Any, model: type[Parameters], part: Part, promql: tuple[str, ...]
    ) -> Mapping[str, object] | None:
        """Check the parameters of an action, check or probe, and return them as written."""
        written = {} if raw is None else raw
        named = Part(part.what, "parameter", forgive=holds_template, bare=part.bare)
        before = len(self.report.problems)
        read_shape(self.report, path, written, model, named)
        if isinstance(written, dict):
            for key, value in written.items():
                self.texts((*path, key), value, promql=key in promql)
            self._fixed_host((*path, "url"), written.get("url"))
        return None if has_errors(self.report.problems[before:]) else written

    def _fixed_host(self, path: KeyPath, url: object) -> None:
        if isinstance(url, str) and has_template(url) and not _FIXED_HOST.match(url):
            message = "a template may fill in a URL's path, never its host"
            self.report.error(path, "url", message)

    def texts(self, path: KeyPath, value: object, *, promql: bool = False) -> None:
        """Check every text within a value; a template may be a value, never a key."""
        if isinstance(value, str):
            self.template(path, value, promql=promql)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.texts((*path, index), item, promql=promql)
        elif isinstance(value, dict):
            for key, item in value.items():
                if has_template(key):
                    message = "a template may be a value, never a key"
                    self.report.error((*path, key), "template", message, at_key=True)
                self.texts((*path, key), item, promql=promql)


def offset_of(text: str, line: int, column: int) -> int:
    """Return where the character at a line and a column of a text stands in it; both count from 1."""
    above = text.split("\n")[: max(line - 1, 0)]
    return sum(len(each) + 1 for each in above) + max(column - 1, 0)


def holds_template(value: Any) -> bool:
    """Say whether a template stands anywhere within a value."""
    if isinstance(value, str):
        return has_template(value)
    inner = value.values() if isinstance(value, Mapping) else value
    return isinstance(value, Mapping | list | tuple) and any(holds_template(each) for each in inner)


def only_key(
    reading: Reading, path: KeyPath, raw: object, known: Mapping[str, object], noun: str
) -> tuple[str, object] | None:
    """Read `{NAME: …}` or a bare `NAME` where NAME must be known; None after reporting."""
    mapping = {raw: None} if isinstance(raw, str) else raw
    if not isinstance(mapping, dict) or len(mapping) != 1:
        message = f"expected one {noun}, written as NAME: PARAMETERS"
        reading.report.error(path, noun, message)
        return None
    name, written = next(iter(mapping.items()))
    if name not in known:
        hint = hint_for(name, known, f"There are {', '.join(sorted(known)) or 'none'}.")
        message = f"`{name[:80]}` is not a {noun}"
        reading.report.error((*path, name), f"unknown-{noun}", message, hint, at_key=True)
        return None
    return name, written


def _where(text: str, problem: ExpressionProblem) -> int:
    """Return which character is meant; of `lables.a` CEL means the dot, people look for the name."""
    offset, name = offset_of(text, problem.line, problem.column), _unknown_name(problem.message)
    return offset - len(name) if name and text[:offset].endswith(name) else offset


def _unknown_name(message: str) -> str:
    found = re.search(r"undeclared reference to '([A-Za-z_]\w*)", message)
    return found[1] if found else ""
