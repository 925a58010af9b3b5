"""`docs playbooks`: a page from which a person can do what the playbook does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import offline

SHIPPED = Path("playbooks").absolute()
HOSTILE = """\
name: odd
description: "a | b `c` <script>"
match: [alertname="Odd`x`"]
requires: [instance]
target: host/{{ labels.instance | host }}
mode: approve
guards: {cooldown: 1h, forbid: [{firing: ['alertname="Other"']}]}
steps:
  - service.restart: {unit: nginx.service}
    id: restart
    when: labels.instance != ""
    approval: required
    on_failure: rollback
verify: {for: 1m, all: [{alert: resolved}]}
approval: {by: {users: [ana@example.com], count: 1}}
on_failure:
  - rollback
  - escalate: [{to: oncall}, {after: 20m, to: leads, since: alert}]
notify: {console: {}}
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "odd.yaml").write_text(HOSTILE)
    return tmp_path


def test_a_page_says_when_what_before_what_to_do_and_how_to_see_that_it_helped() -> None:
    page = offline("docs", "playbooks", str(SHIPPED / "disk-space-low.yaml")).stdout

    wanted = ["# disk-space-low", "## When", "## Before you begin", "## Look", "## Do"]
    places = [page.index(f"{each}\n") for each in [*wanted, "## Did it help?", "## If it did not"]]
    assert places == sorted(places)
    assert "It is about `host/<instance>`." in page
    assert "* Must be true: `disk: below_percent=40, path=<mountpoint>`" in page
    assert "run `journalctl --rotate --vacuum-size=524288000 --vacuum-time=172800s` as root" in page
    assert "It cannot be taken back." in page
    assert "* Call `oncall`." in page
    assert "{{ labels" not in page


def test_what_a_step_says_beside_its_action_is_told(folder: Path) -> None:
    page = offline("docs", "playbooks").stdout

    for line in (
        'Only where `labels.instance != ""`.',
        "Ask first.",
        "If it fails, take back what was done.",
        "* Must not be true: ",
        "* `cooldown`: `1h`",
        "* A yes of 1 of: `ana@example.com`",
        "Within 10m all of it must hold for 1m:",
        "* Take back what can be taken back, the last first.",
        "* Call `leads` 20m after the alert began, unless somebody has taken over.",
    ):
        assert line in page


def test_nothing_that_is_quoted_becomes_markdown(folder: Path) -> None:
    assert '`` alertname="Odd`x`" ``' in offline("docs", "playbooks").stdout
    offline("docs", "playbooks", "--to", "pages")
    assert "a \\| b `c`" in (folder / "pages" / "README.md").read_text()


def test_every_playbook_that_ships_gets_a_page_and_the_index_leads_there(tmp_path: Path) -> None:
    result = offline("docs", "playbooks", str(SHIPPED), "--to", str(tmp_path / "pages"))

    names = {path.stem for path in SHIPPED.glob("*.yaml")}
    assert result.exit_code == 0
    assert {path.stem for path in (tmp_path / "pages").glob("*.md")} == names | {"README"}
    index = (tmp_path / "pages" / "README.md").read_text()
    assert all(f"[{name}]({name}.md)" in index for name in names)


def test_ci_sees_a_page_that_is_not_what_its_playbook_says(folder: Path) -> None:
    words = ("docs", "playbooks", "--to", "pages")
    offline(*words)
    assert offline(*words, "--check").exit_code == 0
    file = folder / "playbooks" / "odd.yaml"
    file.write_text(file.read_text().replace("cooldown: 1h", "cooldown: 2h"))

    result = offline(*words, "--check")

    assert (result.exit_code, result.stdout) == (1, "would write  pages/odd.md\n")
    assert "`1h`" in (folder / "pages" / "odd.md").read_text()


def test_a_page_of_somebody_else_is_not_overwritten(folder: Path) -> None:
    (folder / "README.md").write_text("# Mine\n")

    result = offline("docs", "playbooks", "--to", ".")

    assert (result.exit_code, "by somebody else" in result.stderr) == (2, True)
    assert (folder / "README.md").read_text() == "# Mine\n"
    assert not (folder / "odd.md").exists()


def test_playbooks_with_errors_are_told_with_their_places(folder: Path) -> None:
    (folder / "playbooks" / "odd.yaml").write_text("nam: x\n")
    result = offline("docs", "playbooks")
    assert (result.exit_code, "playbooks/odd.yaml:1:1" in result.stderr) == (2, True)
