"""`remediator check`: settings and playbooks together, and the forms in which problems are shown."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from remediator.config.catalog import find_catalog
from remediator.config.check import (
    ProblemFormat,
    TextCheck,
    check,
    format_problems,
    is_acceptable,
)
from remediator.documents.problem import Problem, Severity
from tests.config.catalogs import small_catalog

CATALOG = small_catalog()
PLAYBOOK = """\
name: disk
runbook_url: https://example.com/disk
match: [alertname=DiskSpaceLow]
requires: [instance]
target: host/{{ labels.instance | host }}
steps: [{ssh.run: {command: tidy}}]
verify: {all: [{alert: resolved}]}
guards: {cooldown: 30m}
on_failure: [{escalate: oncall}]
"""
SETTINGS = """\
playbooks: [playbooks]
contacts: {leads: {webhook: https://example.com}}
floors: {cooldown: 1h}
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "disk.yaml").write_text(PLAYBOOK)
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    return tmp_path


def test_playbooks_are_checked_against_the_settings(folder: Path) -> None:
    found = check([], folder / "settings.yaml", CATALOG)

    assert [(problem.line, problem.code) for problem in found] == [
        (8, "floor"),
        (9, "unknown-contact"),
    ]


def test_without_settings_only_the_playbooks_are_checked(folder: Path) -> None:
    assert check([folder / "playbooks"], None, CATALOG) == ()


def test_errors_in_settings_and_playbooks_are_shown_together(folder: Path) -> None:
    (folder / "settings.yaml").write_text(SETTINGS + "lisen: x\n")
    (folder / "playbooks" / "bad.yaml").write_text("name: [\n")

    found = check([], folder / "settings.yaml", CATALOG)

    assert {Path(problem.file).name for problem in found} == {"settings.yaml", "bad.yaml"}


def test_a_text_in_memory_is_checked_as_a_file_is() -> None:
    texts = {"a.yaml": PLAYBOOK, "b.yaml": PLAYBOOK.replace("name: disk", "name: [")}

    found = TextCheck(CATALOG).problems(texts)

    assert [(problem.file, problem.code) for problem in found] == [("b.yaml", "syntax")]


def test_a_text_is_checked_while_somebody_types() -> None:
    text = Path("playbooks/disk-space-low.yaml").read_text()
    editor = TextCheck(find_catalog())
    editor.problems({"disk.yaml": text})

    started = time.process_time()
    found = editor.problems({"disk.yaml": text.replace("keep_time", "kep_time")})

    assert [problem.code for problem in found] == ["unknown-key"]
    assert time.process_time() - started < 0.2


ERROR = Problem(
    file="a,b.yaml",
    line=7,
    column=9,
    code="unknown-key",
    message="`comand` is 100% wrong",
    hint="Did you mean `command`?",
)
WARNING = Problem(
    file="a.yaml", line=1, column=1, code="no-verify", message="x", severity=Severity.WARNING
)


def test_problems_are_shown_as_text() -> None:
    assert format_problems([ERROR, WARNING]).splitlines() == [
        "a,b.yaml:7:9: error[unknown-key]: `comand` is 100% wrong. Did you mean `command`?",
        "a.yaml:1:1: warning[no-verify]: x",
        "1 error, 1 warning",
    ]
    assert format_problems([]) == "no errors, no warnings"


def test_problems_are_shown_as_json() -> None:
    assert json.loads(format_problems([ERROR], ProblemFormat.JSON)) == [
        {
            "file": "a,b.yaml",
            "line": 7,
            "column": 9,
            "code": "unknown-key",
            "message": "`comand` is 100% wrong",
            "hint": "Did you mean `command`?",
            "severity": "error",
        }
    ]


def test_problems_are_shown_as_github_annotations() -> None:
    assert format_problems([ERROR], ProblemFormat.GITHUB) == (
        "::error file=a%2Cb.yaml,line=7,col=9,title=unknown-key::"
        "`comand` is 100%25 wrong. Did you mean `command`?"
    )


def test_warnings_count_only_when_strict() -> None:
    assert is_acceptable([])
    assert is_acceptable([WARNING])
    assert not is_acceptable([WARNING], strict=True)
    assert not is_acceptable([ERROR])
