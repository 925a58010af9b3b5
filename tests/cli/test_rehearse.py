"""`remediator test`: what it says, how it ends, and what it writes for CI servers. What tests mean: tests/rehearsal."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.command import offline

ROOT = Path(__file__).parents[2]
PLAYBOOK = """\
name: fix
runbook_url: https://runbooks.example.com/fix
match: [alertname="A"]
requires: [instance]
target: host/{{ labels.instance | host }}
mode: auto
guards: {require: [promql: up]}
steps: [{service.restart: {unit: a.service}}]
verify: {all: [alert: resolved]}
on_failure: [{escalate: [{to: oncall}]}]
"""
RIGHT = """\
  - name: restarts a
    alerts: [{labels: {alertname: A, instance: "web1:9100"}}]
    given: {promql: holds}
    expect: {decision: run}
"""
WRONG = """\
  - name: restarts b
    alerts: [{labels: {alertname: A, instance: "web1:9100"}}]
    given: {promql: fails}
    expect: {decision: run}
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "playbooks").mkdir()
    return tmp_path / "playbooks"


def put(folder: Path, *tests: str, name: str = "fix.yaml") -> None:
    written = f"tests:\n{''.join(tests)}" if tests else ""
    (folder / name).write_text(PLAYBOOK + written)


def test_all_that_passes_ends_with_0_and_the_first_line_says_how_many(folder: Path) -> None:
    put(folder, RIGHT)

    result = offline("test")

    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "1 test in 1 file",
        "simulated, as no world is given to them: service.restart",
        "1 passed",
    ]


def test_what_fails_shows_both_sides_and_ends_with_1(folder: Path) -> None:
    put(folder, RIGHT, WRONG)

    result = offline("test", "playbooks")

    assert result.exit_code == 1
    assert result.output.splitlines()[:5] == [
        "2 tests in 1 file",
        "FAIL playbooks/fix.yaml:16:5: restarts b",
        "  playbooks/fix.yaml:19:14: decision",
        "    - run",
        "    + blocked: require: promql: up does not hold (given by the test: fails)",
    ]
    assert result.output.splitlines()[-1] == "1 passed, 1 failed"


def test_a_filter_takes_what_matches_somewhere(folder: Path) -> None:
    put(folder, RIGHT, WRONG)

    assert offline("test", "--run", "s a$").exit_code == 0
    assert offline("test", "--run", "restarts [ab]").exit_code == 1


@pytest.mark.parametrize("pattern", ["nothing like this", "("])
def test_a_filter_that_matches_nothing_is_wrong_usage(folder: Path, pattern: str) -> None:
    put(folder, RIGHT)

    assert offline("test", "--run", pattern).exit_code == 2


def test_a_folder_without_tests_is_wrong_usage(folder: Path) -> None:
    put(folder)

    result = offline("test", "playbooks")

    assert result.exit_code == 2
    assert "there are no tests here" in result.output


def test_nothing_is_run_where_a_test_is_wrong(folder: Path) -> None:
    put(folder, RIGHT.replace("decision", "decison"))

    result = offline("test")

    assert result.exit_code == 1
    assert "playbooks/fix.yaml:15:14: error[unknown-key]: `decison`" in result.output
    assert "passed" not in result.output


def test_check_reads_files_of_tests_as_strictly(folder: Path) -> None:
    put(folder)
    (folder / "fix_test.yaml").write_text(f"tests:\n{RIGHT.replace('holds', 'hold')}")

    result = offline("check", "playbooks")

    assert result.exit_code == 1
    assert "playbooks/fix_test.yaml:4:21: error[choice]" in result.output


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("playbooks: [gone.yaml]\ntests:\n" + RIGHT, "there is no file or folder"),
        ("tests: []\n", "`tests` must not be empty"),
        ("tests:\n" + RIGHT.replace("expect", "playbook: other\n    expect"), "there is no playbook `other`"),
        ("tests:\n" + RIGHT + RIGHT, "two tests are called `restarts a`"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_of_tests_is_told(folder: Path, text: str, problem: str) -> None:
    put(folder)
    (folder / "fix_test.yaml").write_text(text)

    result = offline("test")

    assert result.exit_code == 1
    assert problem in result.output


def test_a_file_beside_playbooks_says_which_it_is_about(folder: Path) -> None:
    put(folder)
    (folder / "other.yaml").write_text(PLAYBOOK.replace("fix", "other").replace('"A"', '"B"'))
    (folder / "both_test.yaml").write_text(f"tests:\n{RIGHT}")

    assert "which playbook is this about? There are fix, other" in offline("test").output

    named = RIGHT.replace("expect", "playbook: fix\n    expect")
    (folder / "both_test.yaml").write_text(f"tests:\n{named}")
    assert offline("test").exit_code == 0


def test_junit_holds_every_test(folder: Path) -> None:
    put(folder, RIGHT, WRONG)

    offline("test", "--junit", "results.xml")

    root = ElementTree.parse("results.xml").getroot()
    assert [root.get("tests"), root.get("failures")] == ["2", "1"]
    suite = root.find("testsuite")
    assert suite is not None
    assert suite.get("name") == "playbooks/fix.yaml"
    assert [case.get("name") for case in suite] == ["restarts a", "restarts b"]
    failure = suite[1].find("failure")
    assert failure is not None
    assert (failure.get("message") or "").startswith("decision: expected run, got blocked")


def test_github_is_told_no_more_than_it_shows(folder: Path) -> None:
    many = [WRONG.replace("restarts b", f"restarts 100%, {n}") for n in range(12)]
    put(folder, RIGHT, *many)

    result = offline("test", "--format", "github")

    told = [line for line in result.output.splitlines() if line.startswith("::")]
    assert len([line for line in told if line.startswith("::error ")]) == 10
    assert told[0].startswith(
        "::error file=playbooks/fix.yaml,line=19,col=14,title=restarts 100%25%2C 0::decision: expected run"
    )
    assert told[-1] == "::notice title=remediator test::and 2 more, see the log"


def test_coverage_names_the_branches_that_nobody_went(folder: Path) -> None:
    put(folder, RIGHT)

    result = offline("test", "--coverage")

    assert result.exit_code == 0
    assert "playbooks/fix.yaml: 2 of 13 branches, 15 %" in result.output
    assert "  playbooks/fix.yaml:8:9: `service.restart` never fails" in result.output
    assert offline("test", "--min-coverage", "50").exit_code == 1


def test_what_init_writes_passes(folder: Path) -> None:
    folder.rmdir()
    offline("init")

    result = offline("test")

    assert result.exit_code == 0, result.output
    assert result.output.startswith("2 tests in 2 files")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "playbooks").glob("*.yaml")))
def test_every_branch_of_a_shipped_playbook_is_lived_through(name: str) -> None:
    paths = [f"{ROOT}/playbooks/{name}.yaml", f"{ROOT}/playbooks/tests/{name}_test.yaml"]

    result = offline("test", *paths, "--min-coverage", "100")

    assert result.exit_code == 0, result.output
