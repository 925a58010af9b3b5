"""Reads lists of matchers in the settings; used for environments and sources."""

from __future__ import annotations

from collections.abc import Iterable

from remediator.core.matcher import Matcher, parse_matcher
from remediator.documents.report import Report
from remediator.documents.yaml_source import KeyPath


def read_matchers(report: Report, path: KeyPath, texts: Iterable[str]) -> tuple[Matcher, ...]:
    """Return the matchers; what cannot be read is an error at its place."""
    found: list[Matcher] = []
    for index, text in enumerate(texts):
        try:
            found.append(parse_matcher(text))
        except ValueError as error:
            report.error((*path, index), "matcher", str(error))
    return tuple(found)
