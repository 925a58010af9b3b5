"""How the findings of `remediator check --online` are shown, beside the problems of the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from remediator.config.check import (
    ProblemFormat,
    annotation,
    count_words,
    format_problems,
    is_acceptable,
)
from remediator.documents.problem import Problem
from remediator.ports.inspection import Finding, Level


def all_acceptable(
    problems: Sequence[Problem], findings: Iterable[Finding], *, strict: bool = False
) -> bool:
    """Say whether the answer is yes; with `strict`, warnings count as errors."""
    bad = (Level.ERROR, Level.WARNING) if strict else (Level.ERROR,)
    is_fine = not any(finding.level in bad for finding in findings)
    return is_fine and is_acceptable(problems, strict=strict)


def format_all(
    problems: Sequence[Problem], findings: Sequence[Finding], form: ProblemFormat
) -> str:
    """Return problems and findings for people, programs or GitHub's annotations; one line each."""
    if form is ProblemFormat.JSON:
        return json.dumps([*map(asdict, problems), *map(_entry, findings)], indent=2)
    if form is ProblemFormat.GITHUB:
        bad = (finding for finding in findings if finding.level is not Level.OK)
        lines = [annotation(f.level, _properties(f), _text(f)) for f in bad]
        return "\n".join(filter(None, (format_problems(problems, form), *lines)))
    lines = [f"{f.place or f.where}: {f.level}: {_text(f)}" for f in findings]
    return "\n".join((format_problems(problems), *lines, _summary(findings)))


def _properties(finding: Finding) -> Mapping[str, str]:
    if finding.place is None:
        return {"title": finding.where}
    place = {name: str(value) for name, value in asdict(finding.place).items()}
    return {"file": place["file"], "line": place["line"], "col": place["column"], "title": "online"}


def _entry(finding: Finding) -> Mapping[str, object]:
    """Write a finding with the keys of a problem; `where` comes before, or instead of, file, line and column."""
    return {
        **(asdict(finding.place) if finding.place else {}),
        "where": finding.where,
        "code": "online",
        "message": finding.text,
        "hint": finding.hint,
        "severity": finding.level.value,
    }


def _text(finding: Finding) -> str:
    return f"{finding.text} ({finding.hint})" if finding.hint else finding.text


def _summary(findings: Sequence[Finding]) -> str:
    if not findings:
        return "online: nothing to ask, the settings name no server"
    levels = [finding.level for finding in findings]
    errors, warnings = levels.count(Level.ERROR), levels.count(Level.WARNING)
    return f"online: {count_words(errors, 'error')}, {count_words(warnings, 'warning')}"
