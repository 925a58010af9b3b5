"""`new`: what it writes passes `check --strict`, whatever it began from, and overwrites nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from remediator.config.catalog import find_catalog
from remediator.config.starter import template_names
from tests.cli.command import offline
from tests.parts.alertmanager import Alertmanager
from tests.parts.prometheus import Prometheus
from tests.parts.require import require

RULES = """\
groups:
  - name: all
    rules:
      - alert: HostHot
        expr: max by (instance) (temperature) > 90
        labels: {severity: critical}
        annotations:
          summary: "{{ $labels.instance }} is hot: {{ $value }}"
          runbook_url: https://runbooks.example.com/hot
      - {alert: PodStuck, expr: 'sum by (namespace, pod) (stuck) > 0'}
      - {alert: VarFull, expr: 'disk_free{mountpoint="/var"} < 1'}
      - {alert: Odd, expr: 'sum(odd) > 0'}
      - {alert: "a: b # c", expr: 'up == 0', annotations: {summary: "{% x %} {{ y }} \\"q\\" \\n # z"}}
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "playbooks").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begun(origin: str, *words: str) -> Any:
    return offline("new", "mine", "--from", origin, *words)


def written(folder: Path) -> dict[str, Any]:
    return yaml.safe_load((folder / "playbooks" / "mine.yaml").read_text())


@pytest.mark.parametrize("alert", ["HostHot", "PodStuck", "VarFull", "Odd", "a: b # c"])
def test_what_is_written_for_any_rule_passes_the_strict_check(folder: Path, alert: str) -> None:
    result = begun(alert, "--rules", "rules.yml")

    assert result.exit_code == 0, result.output
    checked = offline("check", "--strict", "playbooks")
    assert checked.exit_code == 0, checked.output
    assert written(folder)["tests"][0]["alerts"][0]["labels"]["alertname"] == alert


def test_everything_that_the_rule_says_is_filled_in(folder: Path) -> None:
    begun("HostHot", "--rules", "rules.yml")

    found = written(folder)
    assert found["description"] == "<instance> is hot: …"
    assert found["runbook_url"] == "https://runbooks.example.com/hot"
    assert found["match"] == ['alertname="HostHot"']
    assert (found["requires"], found["mode"]) == (["instance"], "dry_run")
    assert found["target"] == "host/{{ labels.instance | host }}"
    assert found["tests"][0]["alerts"][0]["labels"]["severity"] == "critical"
    text = (folder / "playbooks" / "mine.yaml").read_text()
    assert "from the rule HostHot (rules.yml:4)" in text
    assert "max by (instance) (temperature) > 90" in text


def test_the_target_is_what_the_labels_say_most_about(folder: Path) -> None:
    begun("PodStuck", "--rules", "rules.yml")
    assert written(folder)["target"] == "pod/{{ labels.namespace }}/{{ labels.pod }}"


def test_looks_are_told_what_the_alert_says(folder: Path) -> None:
    begun("VarFull", "--rules", "rules.yml")
    assert {"disk.usage": {"path": "{{ labels.mountpoint }}"}} in written(folder)["diagnose"]


def test_an_alert_that_names_no_object_is_looked_at_only(folder: Path) -> None:
    begun("Odd", "--rules", "rules.yml")
    assert written(folder)["target"] == "alert/{{ labels.alertname }}"


@pytest.mark.parametrize("action", sorted(find_catalog().actions))
def test_a_step_of_any_action_is_written_where_the_alert_names_what_it_acts_on(
    folder: Path, action: str
) -> None:
    names = {"namespace": "shop", "deployment": "cart", "pod": "cart-1", "node": "n1"}
    labels = {"alertname": "Any", "instance": "web1:9100", "persistentvolumeclaim": "d", **names}
    (folder / "alert.json").write_text(json.dumps({"labels": labels}))

    result = begun("alert.json", "--step", action)

    if {"host", "deployment", "pod", "pvc", "node"}.isdisjoint(
        find_catalog().actions[action].targets
    ):
        assert "carries no labels that name" in result.stderr
        assert list((folder / "playbooks").iterdir()) == []
        return
    assert result.exit_code == 0, result.output
    assert offline("check", "--strict", "playbooks").exit_code == 0
    assert written(folder)["steps"][0].keys() == {action}
    assert written(folder)["tests"][0]["expect"]["plan"] == [action]


@pytest.mark.parametrize("template", template_names())
def test_a_template_gets_the_new_name(folder: Path, template: str) -> None:
    assert begun(template).exit_code == 0
    assert written(folder)["name"] == "mine"
    assert offline("check", "--strict", "playbooks").exit_code == 0


def test_nothing_is_overwritten(folder: Path) -> None:
    (folder / "playbooks" / "mine.yaml").write_text("mine")

    result = begun("look-first")

    assert (result.exit_code, "is there already" in result.stderr) == (2, True)
    assert (folder / "playbooks" / "mine.yaml").read_text() == "mine"


def test_labels_that_are_hostile_stay_data(folder: Path) -> None:
    labels = {"alertname": "Evil", "instance": '"}]\nmode: auto\n', "b": "{{ x }}", "c": "\x1b[31m"}
    (folder / "alert.json").write_text(json.dumps({"labels": labels}))

    result = begun("alert.json")

    assert result.exit_code == 0, result.output
    assert written(folder)["mode"] == "dry_run"
    assert offline("check", "--strict", "playbooks").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("HostHott", "--rules", "rules.yml"), "Did you mean `HostHot`?"),
        (("HostHot", "--rules", "rules.yml", "--step", "service.restrt"), "`service.restart`"),
        (("Odd", "--rules", "rules.yml", "--step", "service.restart"), "name a host"),
        (("HostHot",), "give --rules"),
        (("rules.yml",), "rules.yml"),
    ],
)
def test_what_cannot_be_begun_from_says_what_would_help(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    result = begun(*words)
    assert (result.exit_code != 0, said in result.stderr) == (True, True), result.output
    assert list((folder / "playbooks").iterdir()) == []


def test_a_name_that_no_playbook_may_have_is_refused(folder: Path) -> None:
    assert offline("new", "../x", "--from", "look-first").exit_code == 2


def test_it_can_be_printed_instead(folder: Path) -> None:
    result = begun("HostHot", "--rules", "rules.yml", "--to", "-")
    assert yaml.safe_load(result.stdout)["name"] == "mine"
    assert list((folder / "playbooks").iterdir()) == []


@pytest.mark.slow
def test_a_rule_and_an_alert_are_found_in_real_servers(folder: Path) -> None:
    require("prometheus", "promtool", "alertmanager", "amtool")
    with (
        Prometheus(rules=RULES.replace("{{ y }}", "")) as prometheus,
        Alertmanager() as alertmanager,
    ):
        alertmanager.push({"alertname": "Fires", "instance": "web1:9100", "team": "a"})
        (folder / "s.yaml").write_text(
            "playbooks: [playbooks]\ncontacts: {oncall: {console: {}}}\n"
            f"prometheus: {{url: '{prometheus.url}'}}\n"
            f"alertmanager: {{urls: ['{alertmanager.url}']}}\n"
        )
        settings = ("--config.file", "s.yaml")
        rule = offline("new", "rule", "--from", "HostHot", *settings)
        alert = offline("new", "alert", "--from", "Fires", *settings)
        none = offline("new", "none", "--from", "Nobody", *settings)

    assert (rule.exit_code, alert.exit_code) == (0, 0), rule.output + alert.output
    found = yaml.safe_load((folder / "playbooks" / "alert.yaml").read_text())
    assert found["tests"][0]["alerts"][0]["labels"]["instance"] == "web1:9100"
    assert found["on_failure"] == [{"escalate": [{"to": "oncall"}]}]
    assert (none.exit_code, "no alert rule Nobody" in none.stderr) == (2, True)
