"""The collector of one file's problems, handed to every function that reads a part of it."""

from __future__ import annotations

from collections.abc import Mapping

from remediator.core.pattern import compiled
from remediator.documents.problem import Problem, Severity, has_errors
from remediator.documents.yaml_source import KeyPath, Mark, YamlSource


class Report:
    """Collects problems at paths of one file. Readers go on after an error, so that one reading shows all of them."""

    def __init__(self, source: YamlSource) -> None:
        self.source = source
        self._problems: list[Problem] = list(source.problems)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything found so far, in the order in which it was found."""
        return tuple(self._problems)

    @property
    def has_errors(self) -> bool:
        """Whether anything so far is more than a warning."""
        return has_errors(self._problems)

    def error(
        self, path: KeyPath, code: str, message: str, hint: str = "", *, at_key: bool = False
    ) -> None:
        """Add an error at the value (or the key) of a path."""
        self._add(self.source.mark(path, of_key=at_key), code, (message, hint), Severity.ERROR)

    def error_within(
        self, path: KeyPath, offset: int, code: str, message: str, hint: str = ""
    ) -> None:
        """Add an error at one character of the text at a path."""
        self._add(self.source.mark_within(path, offset), code, (message, hint), Severity.ERROR)

    def warn(
        self, path: KeyPath, code: str, message: str, hint: str = "", *, at_key: bool = False
    ) -> None:
        """Add a warning at the value (or the key) of a path."""
        self._add(self.source.mark(path, of_key=at_key), code, (message, hint), Severity.WARNING)

    def _add(self, mark: Mark, code: str, texts: tuple[str, str], severity: Severity) -> None:
        self._problems.append(
            Problem(
                file=self.source.file,
                line=mark.line,
                column=mark.column,
                code=code,
                message=texts[0],
                hint=texts[1],
                severity=severity,
            )
        )


def as_mapping(
    report: Report, path: KeyPath, raw: object, what: str
) -> Mapping[str, object] | None:
    """Return a value that must be a mapping, or None after reporting that it is not."""
    if isinstance(raw, dict):
        return raw
    report.error(path, "type", f"{what} must be a mapping of keys, not {kind_of(raw)}")
    return None


def as_list(report: Report, path: KeyPath, raw: object, what: str) -> list[object]:
    """Return a value that must be a list; an empty one after reporting that it is not."""
    if isinstance(raw, list):
        return raw
    report.error(path, "type", f"{what} must be a list, not {kind_of(raw)}")
    return []


def is_pattern(report: Report, path: KeyPath, text: str) -> bool:
    """Say whether a text is a regular expression of RE2; report what is wrong with it."""
    try:
        compiled(text)
    except ValueError as error:
        report.error(path, "pattern", str(error))
        return False
    return True


def kind_of(raw: object) -> str:
    """Name a YAML value's kind for people."""
    if raw is None:
        return "nothing"
    if isinstance(raw, bool):
        return "true or false"
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    return names.get(type(raw), "something else")
