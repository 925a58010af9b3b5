"""A newcomer's first hour: what is shown, what ships and what `init` writes go together, with settings and without."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from remediator.config.catalog import find_catalog
from remediator.config.check import check
from remediator.config.playbook_report import PlaybookRules
from remediator.config.settings_reader import load_settings
from remediator.config.starter import PLAYBOOKS, SETTINGS, starter_files
from remediator.documents.problem import Severity
from tests.config.playbook_texts import HEAD, STEPS, VERIFY, problems

ROOT = Path(__file__).parents[2]
CATALOG = find_catalog()
ESCALATES = f"{HEAD}{STEPS}{VERIFY}on_failure: [{{escalate: [{{to: nobody}}]}}]\n"


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    for name, text in starter_files(CATALOG, "http://127.0.0.1:9095").items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def uncommented(text: str) -> str:
    """The settings with every key that is shown behind a # in force."""
    return re.sub(r"(?m)^( *)# (?=  - |[a-z]+:( |$))", r"\1", text)


def test_what_init_writes_has_neither_errors_nor_warnings(starter: Path) -> None:
    assert check((), starter / SETTINGS, CATALOG) == ()
    assert check((starter / PLAYBOOKS,), None, CATALOG) == ()
    assert load_settings(starter / SETTINGS, CATALOG).settings.environments == ()


def test_every_key_that_the_first_settings_show_behind_a_comment_can_be_taken_as_it_is(
    starter: Path,
) -> None:
    for name in ("ssh", "alertmanager", "ana"):
        (starter / name).write_text(f"secret-{name}")
    settings = starter / SETTINGS
    settings.write_text(uncommented(settings.read_text()).replace("/run/secrets/", ""))

    found = check((), settings, CATALOG)

    assert [str(p) for p in found if p.severity is Severity.ERROR] == []
    read = load_settings(settings, CATALOG).settings
    assert [e.name for e in read.environments] == ["staging", "prod"]
    assert read.sources[0].name == "prod"
    assert read.users.have_credentials


def test_the_settings_of_the_readme_and_the_playbooks_that_ship_go_together(tmp_path: Path) -> None:
    (block,) = re.findall(
        r"```yaml\n(playbooks:.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    for name in ("alertmanager", "ana", "ssh"):
        (tmp_path / name).write_text(f"secret-{name}")
    text = block.replace("/run/secrets/", "").replace(
        "/etc/remediator/playbooks", f"{ROOT}/playbooks"
    )
    (tmp_path / SETTINGS).write_text(text)

    found = check((), tmp_path / SETTINGS, CATALOG)

    assert [str(p) for p in found if p.severity is Severity.ERROR] == []


def test_without_settings_the_folder_of_playbooks_that_stands_here_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, CATALOG).settings.playbooks == ()

    (tmp_path / "playbooks").symlink_to(ROOT / "playbooks")

    assert load_settings(None, CATALOG).settings.playbooks == (Path("playbooks"),)
    assert check((), None, CATALOG) == ()


def test_with_a_settings_file_only_what_it_names_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "playbooks").symlink_to(ROOT / "playbooks")
    (tmp_path / SETTINGS).write_text("listen: 127.0.0.1:9095\n")

    assert load_settings(tmp_path / SETTINGS, CATALOG).settings.playbooks == ()


def test_a_missing_contact_is_a_warning_where_somebody_else_is_told_of_the_run() -> None:
    told = PlaybookRules(contacts=frozenset({"oncall"}), is_told=True)
    own = f"{ESCALATES}notify: [{{console: {{}}}}]\n"

    for text, rules in ((ESCALATES, told), (own, PlaybookRules(contacts=frozenset({"oncall"})))):
        (problem,) = problems(text, rules)
        assert "warning[unknown-contact]: `nobody` is not a contact" in problem
        assert "those whom `notify` names are told instead" in problem


def test_a_missing_contact_is_an_error_where_nobody_would_be_told() -> None:
    (problem,) = problems(ESCALATES, PlaybookRules(contacts=frozenset({"oncall"})))

    assert "error[unknown-contact]" in problem


LOOKS = f"{HEAD}mode: auto\nsteps: []\n"


def test_a_playbook_may_have_no_steps_and_then_needs_no_verification_to_be_auto() -> None:
    assert problems(LOOKS) == []


def test_steps_are_left_out_on_purpose_only() -> None:
    (problem, *_) = problems(f"{HEAD}mode: auto\n")

    assert "the playbook needs `steps`" in problem


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (VERIFY, "`verify` means nothing without steps"),
        ("approval: {expires: 5m}\n", "`approval` means nothing without steps"),
        ("on_failure: [rollback]\n", "`rollback` means nothing without steps"),
    ],
)
def test_what_means_nothing_without_steps_is_a_warning(more: str, word: str) -> None:
    (problem,) = problems(LOOKS + more)

    assert "warning[no-steps]" in problem
    assert word in problem


def test_nobody_is_asked_before_a_hand_over() -> None:
    (problem,) = problems(LOOKS.replace("mode: auto", "mode: approve"))

    assert "without steps nobody is asked" in problem
