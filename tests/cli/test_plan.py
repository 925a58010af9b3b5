"""`plan`: what would happen now, drawn for people, with an exit code for scripts, also without a daemon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from remediator.cli.alert_words import alerts_in, labels_of
from tests.acceptance.hosts import hosts_at
from tests.cli.command import offline, remediator
from tests.http.daemon import running
from tests.parts.alertmanager import Alertmanager
from tests.parts.prometheus import Prometheus
from tests.parts.sshd import Sshd

FULL = {"alertname": "Full", "instance": "web1:9100"}
PLAYBOOK = """\
name: full
match: [alertname=Full]
requires: [instance]
target: host/{{ labels.instance | host }}
mode: MODE
runbook_url: https://runbooks.example.com/full
guards:
  require:
    - promql: up{instance="{{ labels.instance }}"} == 1
steps:
  - http.request: {name: clean}
verify:
  all: [{alert: resolved}]
"""


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("alertname=Full,instance=web1:9100", FULL),
        ('alertname="Full", instance="web1:9100"', FULL),
        ('{alertname="Full", instance="web1:9100",}', FULL),
        ('a="b,c=\\"d\\""', {"a": 'b,c="d"'}),
        ("mountpoint=/var lib,empty=", {"mountpoint": "/var lib", "empty": ""}),
        ("büro=1=2", {"büro": "1=2"}),
    ],
)
def test_labels_are_read_as_people_copy_them(text: str, labels: dict[str, str]) -> None:
    assert labels_of([text]) == labels


@pytest.mark.parametrize("text", ["full", "a=b,c", 'a="b', "=b", 'a="b"c'])
def test_what_is_no_list_of_labels_is_refused_with_the_way_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="write alertname=Full"):
        labels_of([text])


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ({"labels": FULL}, 1),
        ([{"labels": FULL}, {"labels": {"alertname": "Other"}}], 2),
        ({"version": "4", "alerts": [{"labels": FULL}, {"labels": FULL, "status": "resolved"}]}, 1),
        ([{"labels": FULL, "status": {"state": "active"}, "annotations": {"a": "b"}}], 1),
    ],
)
def test_a_file_holds_an_alert_a_list_or_a_notification(written: object, count: int) -> None:
    found = alerts_in(json.dumps(written).encode())
    assert (len(found), found[0].labels) == (count, FULL)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("{", "not JSON"),
        ("[]", "no firing alerts"),
        ('{"labels": {}}', "an object with `labels`"),
        ('["x"]', "an object with `labels`"),
        ('{"labels": {"a": 1}}', "`a` is not a text"),
        ('{"labels": {"a": "b"}, "labels": {}}', "labels"),
    ],
)
def test_a_file_without_alerts_says_what_is_wrong_with_it(raw: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        alerts_in(raw.encode())


@pytest.mark.parametrize("words", [(), ("--labels", "a=b", "--fingerprint", "f")])
def test_an_alert_is_named_in_one_way(words: tuple[str, ...]) -> None:
    result = offline("plan", *words)
    assert (result.exit_code, "one of --labels" in result.stderr) == (2, True)


def test_without_a_daemon_the_exit_code_is_that_of_an_unreachable_one() -> None:
    result = offline("plan", "--labels", "a=b", "--url", "http://127.0.0.1:1")
    assert result.exit_code == 3
    assert "--config.file" in result.stderr


@pytest.mark.slow  # a real store and socket each
@pytest.mark.parametrize(("expected", "code"), [("ask", 0), ("run", 1), ("blocked", 1)])
async def test_a_daemon_is_asked_and_its_plan_is_drawn_as_that_of_a_run(
    tmp_path: Path, expected: str, code: int
) -> None:
    async with running(tmp_path) as daemon:
        result = await remediator(
            daemon,
            "plan",
            "-l",
            "alertname=Full,host=web1",
            "--playbook",
            "p",
            "--expect",
            expected,
        )

    assert result.exit_code == code
    assert "p would ask people first" in result.stdout
    assert "1. world.set" in result.stdout or "1. journal.vacuum" in result.stdout
    assert "Nothing was changed" in result.stdout
    assert ("expected" in result.stderr) is bool(code)


class Site:
    """Settings without a daemon, one playbook, and a Prometheus."""

    def __init__(self, folder: Path, prometheus: str, more: str = "") -> None:
        self.settings = folder / "remediator.yaml"
        self._playbook = folder / "playbooks" / "full.yaml"
        self._playbook.parent.mkdir()
        self.mode("approve")
        self.settings.write_text(
            f"playbooks: [{self._playbook.parent}]\n"
            f"data_dir: {folder / 'data'}\n"
            f"prometheus: {{url: '{prometheus}'}}\n"
            "environments: [{name: all, match: [], mode: auto}]\n"
            "hosts: {allow: ['web1']}\n" + more
        )

    def mode(self, mode: str) -> None:
        """Write the playbook: it looks and calls, so that nothing has to be reached."""
        written = yaml.safe_load(PLAYBOOK.replace("MODE", mode))
        written |= {"steps": []}
        del written["verify"]
        self._playbook.write_text(yaml.safe_dump(written))

    def plan(self, *words: str, **more: str):
        return offline("plan", "--config.file", str(self.settings), *words, **more)


LABELS = ("--labels", "alertname=Full,instance=web1:9100")


@pytest.mark.slow
def test_a_real_prometheus_is_asked_without_a_daemon_and_nothing_is_left_behind(
    tmp_path: Path, prometheus: Prometheus
) -> None:
    site = Site(tmp_path, prometheus.url)
    before = sorted(tmp_path.rglob("*"))

    result = site.plan(*LABELS, "--expect", "blocked")

    assert result.exit_code == 0, result.output
    assert "full would be blocked on host/web1" in result.stdout
    assert "require: promql" in result.stdout
    assert "not known" in result.stdout
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
def test_an_alert_that_fires_in_a_real_alertmanager_is_found_by_its_fingerprint(
    tmp_path: Path, prometheus: Prometheus, alertmanager: Alertmanager
) -> None:
    alertmanager.push({"alertname": "Full", "instance": "web1:9100"})
    fingerprint = alertmanager.alerts()[0]["fingerprint"]
    site = Site(tmp_path, prometheus.url, f"alertmanager: {{urls: ['{alertmanager.url}']}}\n")

    result = site.plan("--fingerprint", fingerprint, "-o", "json")
    other = site.plan("--fingerprint", "0000")

    assert json.loads(result.stdout)["alert"]["labels"] == FULL
    assert other.exit_code == 1
    assert "no alert with the fingerprint 0000 fires now" in other.stderr


@pytest.mark.slow
def test_a_plan_over_a_real_host_shows_the_change_and_does_not_make_it(
    tmp_path: Path, sshd: Sshd
) -> None:
    mark = tmp_path / "changed"
    fix = {"argv": ["touch", str(mark)], "check": {"argv": ["test", "-e", str(mark)]}}
    reach = {**hosts_at(tmp_path, sshd, "web1"), "allow": ["web1"]}
    (tmp_path / "full.yaml").write_text(
        "name: full\nmatch: [alertname=Full]\nrequires: [instance]\nmode: auto\n"
        "target: host/{{ labels.instance | host }}\n"
        "steps: [{host.command: {name: fix}, irreversible: allow}]\n"
        "verify: {all: [{alert: resolved}]}\n"
    )
    settings = {
        "playbooks": [str(tmp_path / "full.yaml")],
        "hosts": reach,
        "commands": {"fix": fix},
        "environments": [{"name": "all", "match": [], "mode": "auto"}],
    }
    file = tmp_path / "remediator.yaml"
    file.write_text(json.dumps(settings))

    result = offline("plan", "--config.file", str(file), *LABELS, "--expect", "run")

    assert result.exit_code == 0, result.output
    assert "full would run by itself on host/web1" in result.stdout
    assert f"touch {mark}" in result.stdout
    assert not mark.exists()


def test_settings_that_are_wrong_are_exit_code_2(tmp_path: Path) -> None:
    result = Site(tmp_path, "http://127.0.0.1:1", "lisen: x\n").plan(*LABELS)

    assert result.exit_code == 2
    assert "remediator check --config.file" in result.stderr
