"""`coverage`: which alert rules have a playbook; files in CI, real servers at home."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from remediator.cli.coverage_lines import playbook_name
from remediator.core.facts import Known
from remediator.core.known_labels import KnownLabels
from remediator.integrations.alertmanager.routing import read_routes
from remediator.integrations.prometheus.knowledge.alert_rules import read_rules
from tests.cli.command import offline
from tests.integrations.alertmanager.test_routing import CASES, PATH, RECEIVERS
from tests.parts.alertmanager import Alertmanager
from tests.parts.prometheus import Prometheus, ScrapeTarget
from tests.parts.require import find, require
from tests.parts.server import output

RULES = """\
groups:
  - name: all
    rules:
      - {alert: Full, expr: 'disk{mountpoint="/var"} > 1', labels: {severity: critical}}
      - {alert: Skewed, expr: 'sum by (job) (clock) > 1'}
      - {alert: Unknown, expr: 'up == 0'}
"""
ROUTES = """\
route:
  receiver: people
  routes: [{receiver: us, matchers: [severity=critical]}]
receivers:
  - name: people
  - {name: us, webhook_configs: [{url: 'http://127.0.0.1:9095/webhooks/alertmanager'}]}
"""
PLAYBOOK = """\
name: NAME
match: [alertname=~"NAMES"]
requires: [instance]
target: host/{{ labels.instance | host }}
runbook_url: https://runbooks.example.com/x
steps: []
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "all.yml").write_text(RULES)
    (tmp_path / "rules" / "kustomization.yaml").write_text("resources: [all.yml]\n")
    (tmp_path / "alertmanager.yml").write_text(ROUTES)
    (tmp_path / "playbooks").mkdir()
    write_playbook(tmp_path, "fix", "Full|Skewed")
    return tmp_path


def write_playbook(folder: Path, name: str, names: str) -> None:
    text = PLAYBOOK.replace("NAMES", names).replace("NAME", name)
    (folder / "playbooks" / f"{name}.yaml").write_text(text)


def covered(folder: Path, *words: str) -> Any:
    return offline(
        *("coverage", "--rules", str(folder / "rules"), "--playbooks", str(folder / "playbooks")),
        *words,
    )


def test_each_rule_is_told_with_what_answers_it_and_what_it_lacks(folder: Path) -> None:
    result = covered(folder)

    full, skewed, unknown = result.stdout.splitlines()[1:4]
    assert result.exit_code == 0
    assert full.split()[:3] == ["Full", "answered", "fix"]
    assert skewed.split()[:3] == ["Skewed", "skipped", "fix"]
    assert "the rule does not send `instance`" in skewed
    assert unknown.split()[:3] == ["Unknown", "uncovered", "-"]


def test_a_rule_without_a_playbook_gets_a_suggestion_that_a_command_makes(folder: Path) -> None:
    text = covered(folder).stdout

    assert f"Unknown ({folder}/rules/all.yml:6) has no playbook" in text
    assert 'match: [alertname="Unknown"]' in text
    assert "target: host/{{ labels.instance | host }}" in text
    assert f"remediator new unknown --from Unknown --rules {folder}/rules/all.yml" in text
    assert "3 alert rules: 1 answered, 1 skipped for want of a label, 1 without a playbook" in text


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 0),
        (("uncovered",), 1),
        (("skipped",), 1),
        (("idle",), 0),
        (("unreached",), 0),
    ],
)
def test_ci_fails_for_what_it_asks_about_only(
    folder: Path, words: tuple[str, ...], code: int
) -> None:
    asked = [word for each in words for word in ("--fail-if", each)]
    assert covered(folder, *asked).exit_code == code


def test_alerts_that_need_no_playbook_are_left_out(folder: Path) -> None:
    result = covered(folder, "--ignore", "Unknown|Watchdog", "--fail-if", "uncovered")
    assert (result.exit_code, "Unknown" in result.stdout) == (0, False)


def test_a_playbook_that_no_rule_can_set_off_is_told(folder: Path) -> None:
    write_playbook(folder, "typo", "Fulll")

    result = covered(folder, "--fail-if", "idle")

    assert result.exit_code == 1
    assert "No rule here can set off: typo" in result.stdout


def test_alerts_that_are_sent_to_others_only_are_told(folder: Path) -> None:
    write_playbook(folder, "other", "Unknown")
    routes = ("--routes", str(folder / "alertmanager.yml"))

    result = covered(folder, *routes, "--fail-if", "unreached")
    found = json.loads(covered(folder, *routes, "--format", "json").stdout)

    assert result.exit_code == 1
    assert "Alertmanager does not send it to remediator" in result.stdout
    assert {each["alert"]: each["reaches"] for each in found["rules"]} == {
        "Full": "yes",
        "Skewed": "no",
        "Unknown": "depends",
    }


def test_what_prometheus_adds_to_every_alert_may_be_said(folder: Path) -> None:
    routes = ("--routes", str(folder / "alertmanager.yml"), "--label", "severity=critical")
    found = json.loads(covered(folder, *routes, "--format", "json").stdout)
    assert {each["reaches"] for each in found["rules"]} == {"yes"}


def test_github_is_told_errors_before_warnings_at_their_places(folder: Path) -> None:
    lines = covered(folder, "--format", "github", "--fail-if", "uncovered").stdout.splitlines()

    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning"]
    assert f"file={folder}/rules/all.yml,line=6,title=uncovered::Unknown" in lines[0]
    assert "Skewed: fix: the rule does not send `instance`" in lines[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rules", "ROUTES"), "a rule file has `groups`"),
        (("--routes", "RULES"), "has no `route`"),
        (("--label", "x"), "no list of labels"),
        (("--ignore", "("), "not a regular expression"),
        (("--routes", "ROUTES", "--receiver", "pepole"), "there are people, us"),
    ],
)
def test_what_cannot_be_read_is_exit_code_2(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    files = {"ROUTES": folder / "alertmanager.yml", "RULES": folder / "rules" / "all.yml"}
    result = covered(folder, *(str(files.get(word, word)) for word in words))
    assert (result.exit_code, said in result.stderr) == (2, True), result.output


def test_without_rules_it_says_where_they_come_from(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("playbooks: []\n")
    result = offline("coverage", "--config.file", str(tmp_path / "s.yaml"))
    assert (result.exit_code, "prometheus.url" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("alert", "name"),
    [
        ("DiskSpaceLow", "disk-space-low"),
        ("KubePodCrashLooping", "kube-pod-crash-looping"),
        ("HTTPErrors", "httperrors"),
        ("node:cpu high", "node-cpu-high"),
        ("büro", "b-ro"),
        ("…", "playbook"),
    ],
)
def test_a_playbook_is_named_after_its_alert(alert: str, name: str) -> None:
    assert playbook_name(alert) == name


EXPRESSIONS = (
    "up == 1",
    "sum by (job) (up) > 0",
    "count without (instance) (up) > 0",
    "absent(nothing{env='prod'})",
    "up * on (instance) group_left (version) prometheus_build_info",
    "label_replace(up, 'host', '$1', 'instance', '(.*):.*')",
    "count_values('value', up) > 0",
    "sum by (job) (up) or vector(1)",
    "up / on (job) up",
    "prometheus_build_info and on (instance) up{zone='a'}",
    "topk(1, up)",
    "time() - process_start_time_seconds > 0",
    "histogram_quantile(0.9, sum by (le, handler) (prometheus_http_request_duration_seconds_bucket)) >= 0",
    "up unless on (job) nothing",
    "vector(1)",
)


def as_rules() -> str:
    rules = [
        {
            "alert": f"A{n}",
            "expr": text,
            "labels": {"severity": "info", "of": "{{ $labels.job }}", "team": ""},
        }
        for n, text in enumerate(EXPRESSIONS)
    ]
    return json.dumps({"groups": [{"name": "all", "rules": rules}]})


@pytest.mark.slow
def test_what_is_known_of_labels_holds_for_the_alerts_of_a_real_prometheus() -> None:
    require("prometheus", "promtool")
    rules = as_rules()
    known = {rule.name: rule.labels for rule in read_rules("r.yml", rules.encode())}
    part = Prometheus(rules=rules)
    part._targets = (ScrapeTarget(address=f"127.0.0.1:{part.port}", labels={"zone": "a"}),)
    with part:
        deadline = time.monotonic() + 60
        while {each["labels"]["alertname"] for each in part.alerts()} != known.keys():
            assert time.monotonic() < deadline, part.alerts()
            time.sleep(0.2)

        for alert in part.alerts():
            labels = alert["labels"]
            wrong = [n for n in labels if says_otherwise(known[labels["alertname"]], n, labels)]
            names = known[labels["alertname"]]
            gone = [n for n in names.carried() if n not in labels and n != "of"]
            assert (wrong, gone) == ([], []), (alert, names)


def says_otherwise(known: KnownLabels, name: str, labels: dict[str, str]) -> bool:
    return known.has(name) is Known.FAILS or known.values.get(name, labels[name]) != labels[name]


class OfACluster(Prometheus):
    """Adds a label to every alert."""

    def _config(self) -> dict[str, Any]:
        found = super()._config()
        return {**found, "global": {**found["global"], "external_labels": {"cluster": "eu"}}}


@pytest.mark.slow
def test_a_real_prometheus_and_a_real_alertmanager_are_asked(folder: Path) -> None:
    require("prometheus", "promtool", "alertmanager", "amtool")
    with (
        OfACluster(rules=RULES) as prometheus,
        Alertmanager("http://127.0.0.1:9095/webhooks/alertmanager") as alertmanager,
    ):
        settings = folder / "remediator.yaml"
        settings.write_text(
            f"playbooks: [{folder / 'playbooks'}]\n"
            f"prometheus: {{url: '{prometheus.url}'}}\n"
            f"alertmanager: {{urls: ['{alertmanager.url}']}}\n"
        )
        words = ("coverage", "--config.file", str(settings), "--format", "json")
        found = json.loads(offline(*words, "--receiver", "remediator").stdout)
        alertmanager.close()
        away = offline(*words)

    rows = [(each["alert"], each["cover"], each["reaches"]) for each in found["rules"]]
    assert rows == [
        ("Full", "answered", "yes"),
        ("Skewed", "skipped", "yes"),
        ("Unknown", "uncovered", "yes"),
    ]
    assert all("cluster" in each["labels"] for each in found["rules"])
    assert (away.exit_code, "no Alertmanager answers" in away.stderr) == (3, True)


@pytest.mark.slow
def test_routes_are_walked_as_amtool_walks_them(tmp_path: Path) -> None:
    require("amtool")
    for number, (route, labels, _) in enumerate(CASES):
        values = {**labels.values, **dict.fromkeys(labels.present, "x")}
        text = f"route: {route}\n{RECEIVERS}"
        file = tmp_path / f"{number}.yml"
        file.write_text(text)
        words = [f"{name}={value}" for name, value in values.items()]
        argv = [find("amtool") or "", "config", "routes", "test", f"--config.file={file}", *words]

        told = "us" in output([str(word) for word in argv]).strip().split(",")

        known = read_routes(str(file), text.encode(), (), PATH).reach(KnownLabels(values=values))
        assert known is (Known.HOLDS if told else Known.FAILS), (route, values)
