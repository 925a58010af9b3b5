"""`sudoers` prints exactly what the playbooks run as root: never wider than what is written, named or checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import offline
from tests.deploy.shipped import ROOT, SUDOERS, playbook, printed, written

LABEL = "{{ labels.any }}"
LIMIT = "/usr/bin/timeout ^-k 5 [1-9][0-9]{0,4} "
NGINX = [r"systemctl reset-failed -- nginx\.service", r"systemctl restart -- nginx\.service"]


def rules(folder: Path, *steps: dict[str, Any], **more: Any) -> list[str]:
    """The commands and their arguments as the file for one playbook has them."""
    commands, words = more.pop("commands", None), more.pop("words", ())
    text = printed("--config.file", written(folder, playbook(steps, **more), commands), *words)
    lines = (line.partition(" ALL=(root) CWD=/ NOPASSWD: ")[2] for line in text.splitlines())
    return [line.removeprefix(LIMIT).removesuffix("$") for line in lines if line]


def restart(unit: str) -> dict[str, Any]:
    return {"service.restart": {"unit": unit}}


def run(name: str, **values: str) -> dict[str, Any]:
    return {"host.command": {"name": name, "parameters": values}}


def test_the_shipped_file_is_what_is_printed_for_the_shipped_playbooks() -> None:
    assert SUDOERS.read_text() == printed(str(ROOT / "playbooks"))


def test_a_unit_that_is_written_out_is_the_only_one(tmp_path: Path) -> None:
    assert rules(tmp_path, restart("nginx.service")) == NGINX


def test_a_unit_of_a_label_is_one_of_those_that_the_matchers_name(tmp_path: Path) -> None:
    match = ['any=~"(nginx|sshd)[.]service"', 'any!="sshd.service"', 'any=~".+"']

    assert rules(tmp_path, restart(LABEL), match=match) == NGINX


@pytest.mark.parametrize(
    "match",
    [
        ['alertname="X"'],
        ['any=~".*[.]service"'],
        ['any=~"(?i)nginx[.]service"'],
        ['any!="sshd.service"', 'alertname="X"'],
        [['any="nginx.service"'], ['alertname="X"']],
    ],
)
def test_a_unit_of_a_label_that_nobody_names_is_any_that_the_action_takes(
    tmp_path: Path, match: Any
) -> None:
    any_unit = r"[0-9A-Z_a-z][.0-9:@A-Z_a-z-]{0,200}\.service"

    assert rules(tmp_path, restart(LABEL), match=match) == [
        f"systemctl reset-failed -- {any_unit}",
        f"systemctl restart -- {any_unit}",
    ]


def test_a_value_that_the_action_refuses_gets_no_rule(tmp_path: Path) -> None:
    match = ['any=~"nginx[.]service|web[.]timer|--now[.]service"']

    assert rules(tmp_path, restart(LABEL), match=match) == NGINX


TESTS = {
    "nginx-test": {"argv": ["nginx", "-t"], "tests": "nginx.service"},
    "sshd-test": {
        "argv": ["sshd", "-t"],
        "check": {"argv": ["true"]},
        "tests": "sshd.service",
    },
}


@pytest.mark.parametrize(
    ("unit", "tests"),
    [
        ("nginx.service", ["nginx -t"]),
        ("web.service", []),
        (LABEL, ["nginx -t", "sshd -t"]),
    ],
)
def test_what_tests_a_unit_before_its_restart_runs_as_root_and_nothing_else_of_the_commands_does(
    tmp_path: Path, unit: str, tests: list[str]
) -> None:
    found = rules(tmp_path, restart(unit), commands=TESTS)

    assert [rule for rule in found if not rule.startswith("systemctl")] == tests


def test_a_test_of_a_unit_that_sudo_could_not_tell_from_another_is_left_out_and_said(
    tmp_path: Path,
) -> None:
    commands = {"web-test": {"argv": ["web", "-c", "/etc/my web"], "tests": "web.service"}}
    file = written(tmp_path, playbook([restart("web.service")]), commands)

    result = offline("sudoers", "--config.file", file)

    assert "what tests web.service: `/etc/my web` has a space" in result.stderr
    assert result.stdout.count("NOPASSWD") == len(NGINX)


def test_a_command_of_the_settings_has_its_words_its_check_and_its_patterns(tmp_path: Path) -> None:
    reload = {
        "argv": ["agentctl", "reload", "--unit={unit}", "{mode}"],
        "parameters": {"unit": r"[a-z]+(-\d{1,2})?", "mode": "-?(fast|slow)"},
        "check": {"argv": ["agentctl", "is-up", "{unit}"]},
    }

    found = rules(
        tmp_path,
        run("reload", unit=LABEL, mode=LABEL),
        run("reload", unit="a-1", mode="fast"),
        commands={"reload": reload},
    )

    assert found == [
        "agentctl is-up a-1",
        "agentctl is-up ([a-z][a-z]*(-[0-9]{1,2})?)",
        "agentctl reload --unit=a-1 fast",
        "agentctl reload --unit=([a-z][a-z]*(-[0-9]{1,2})?) ((fast|slow))",
    ]


@pytest.mark.parametrize(
    ("argv", "pattern", "value", "why"),
    [
        (["rm", "/data/{x}"], ".+", LABEL, "lets a value hold `/`"),
        (["rm", "/data/{x}"], "[a-z.]+", LABEL, "lets a value hold `..`"),
        (["rm", "/data/{x}"], "(?i)[a-z]+", LABEL, "has no counterpart in sudoers"),
        (["rm", "/data/{x}"], "-+", LABEL, "has no counterpart in sudoers"),
        (["rm", "/data/old file", "{x}"], "[a-z]+", LABEL, "has a space"),
        (["rm", "/data/{x}"], "[a-z ]+", "old file", "has a space"),
        (["rm", "", "{x}"], "[a-z]+", LABEL, "has a space"),
    ],
)
def test_a_command_that_sudo_could_not_tell_from_another_is_left_out_and_said(
    tmp_path: Path, argv: list[str], pattern: str, value: str, why: str
) -> None:
    commands = {"clean": {"argv": argv, "parameters": {"x": pattern}}}
    file = written(tmp_path, playbook([run("clean", x=value)]), commands)

    result = offline("sudoers", "--config.file", file)

    assert result.exit_code == 0
    assert "NOPASSWD" not in result.stdout
    assert why in result.stdout
    assert why in result.stderr


def test_without_settings_the_words_of_a_command_are_asked_for(tmp_path: Path) -> None:
    written(tmp_path, playbook([run("clean")]), {"clean": {"argv": ["clean"]}})

    result = offline("sudoers", str(tmp_path / "playbooks"))

    assert "the command `clean` are in the settings: give --config.file" in result.stderr


def test_what_labels_decide_without_a_grammar_is_left_out_and_said(tmp_path: Path) -> None:
    prune = {"docker.prune": {"what": [LABEL]}}
    file = written(tmp_path, playbook([prune, run("clean")]), {"clean": {"argv": ["clean"]}})

    result = offline("sudoers", "--config.file", file)

    assert "left out, for one: labels decide `what`; write it out in the playbook" in result.stderr
    assert result.stdout.count("NOPASSWD") == 1


@pytest.mark.parametrize("path", ["/var/my files", "/var/müll"])
def test_a_path_with_a_space_would_be_two_words_and_is_left_out(tmp_path: Path, path: str) -> None:
    assert rules(tmp_path, {"filesystem.grow": {"path": path}}) == []


def test_playbooks_without_root_print_a_file_that_says_so(tmp_path: Path) -> None:
    written(tmp_path, {**playbook([{"kubernetes.cordon": {}}]), "target": "node/a"}, None)

    result = offline("sudoers", str(tmp_path / "playbooks"))

    assert result.exit_code == 0
    assert "They need nothing there." in result.stdout
    assert all(line.startswith("# ") for line in result.stdout.splitlines())
    assert "the playbooks run nothing as root on hosts" in result.stderr


def test_each_host_gets_the_rules_of_its_own_playbooks(tmp_path: Path) -> None:
    file = written(tmp_path, {**playbook([restart("a.service")]), "target": "host/web1"}, None)
    other = {**playbook([restart("b.service")]), "name": "two"}
    (tmp_path / "playbooks/two.yaml").write_text(str(other))

    web = printed("--config.file", file, "--host", "WEB1.")
    db = printed("--config.file", file, "--host", "db1")

    assert (r"a\.service" in web, r"b\.service" in web) == (True, True)
    assert (r"a\.service" in db, r"b\.service" in db) == (False, True)


def test_the_account_is_that_of_the_settings_and_of_the_inventory(tmp_path: Path) -> None:
    file = Path(written(tmp_path, playbook([restart("a.service")]), None))
    variables = {"web1": {"ansible_host": "192.0.2.1", "ansible_user": "admin"}}
    (tmp_path / "inventory.json").write_text(
        str({"_meta": {"hostvars": variables}}).replace("'", '"')
    )
    resolve = "resolve: [{ansible_inventory: inventory.json}]"
    file.write_text(f"{file.read_text()}hosts: {{{resolve}, ssh: {{user: ops}}}}\n")

    assert "\nops ALL=(root)" in printed("--config.file", str(file))
    assert "\nadmin ALL=(root)" in printed("--config.file", str(file), "--host", "web1")
    assert "\nbot ALL=(root)" in printed("--config.file", str(file), "--account", "bot")
    assert offline("sudoers", "--config.file", str(file), "--host", "db1").exit_code == 2


@pytest.mark.parametrize(
    "account", ["ALL", "%wheel", "#0", "a b", "x\nroot", "a,b", "", "ROOT", "+n"]
)
def test_a_name_that_sudo_reads_as_more_than_one_account_is_refused(
    tmp_path: Path, account: str
) -> None:
    written(tmp_path, playbook([restart("a.service")]), None)

    result = offline("sudoers", str(tmp_path / "playbooks"), f"--account={account}")

    assert (result.exit_code, result.stdout) == (2, "")


def test_nothing_in_a_comment_begins_a_line_of_its_own(tmp_path: Path) -> None:
    written(tmp_path, playbook([restart("a.service")]), None)

    text = offline("sudoers", str(tmp_path / "playbooks"), "--host", "x\nroot ALL=(ALL) ALL").stdout

    assert not [line for line in text.splitlines() if line.startswith("root")]
