"""`check` and `check --online` about the queries of playbooks, the latter by a real Prometheus. Places are exact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import offline
from tests.parts.cluster import wait_until
from tests.parts.prometheus import Prometheus
from tests.parts.require import require

RULES = """\
groups:
  - name: all
    rules:
      - {record: disk_free, expr: vector(0.5), labels: {instance: "web1:9100"}}
      - {record: disk_free, expr: vector(0.6), labels: {instance: "web2:9100"}}
"""
HEAD = """\
name: disk
runbook_url: https://example.com/disk
match: ['alertname="DiskSpaceLow"']
requires: [instance]
target: host/{{ labels.instance | host }}
steps: [{journal.vacuum: {keep_time: 2d}}]
guards:
  require:
"""
VERIFY = "verify: {all: [{alert: resolved}]}\n"


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Iterator[Path]:
    require("prometheus", "promtool")
    (tmp_path / "playbooks").mkdir()
    with Prometheus(rules=RULES) as real:
        wait_until(lambda: len(real.query("disk_free")) == 2, "two recorded series")
        file = tmp_path / "settings.yaml"
        file.write_text(f"playbooks: [playbooks]\nprometheus: {{url: '{real.url}'}}\n")
        yield file


def _write(settings: Path, *queries: str) -> Path:
    file = settings.parent / "playbooks" / "disk.yaml"
    file.write_text(HEAD + "".join(f"    - promql: {each}\n" for each in queries) + VERIFY)
    return file


@pytest.mark.slow
def test_prometheus_says_where_it_cannot_read_a_query(settings: Path) -> None:
    file = _write(
        settings,
        "up foo",
        "'up{a=\"''é\"} foo'",
        '>-\n        disk_free{instance="{{ labels.instance }}"}\n        > foo(1)',
        "|\n        disk_free\n          > # why\n        rate(up)",
    )

    result = offline("check", "--online", "--config.file", str(settings))

    assert result.exit_code == 1
    said = [
        line.removeprefix(f"{file}:") for line in result.stdout.splitlines() if "cannot" in line
    ]
    assert [line.partition(" Prometheus")[0] for line in said] == [
        "9:18: error:",
        "10:28: error:",
        "13:11: error:",
        "17:14: error:",
    ]
    assert 'cannot read this: unexpected identifier "foo"' in said[0]
    assert 'unknown function with name "foo"' in said[2]


@pytest.mark.slow
def test_what_returns_nothing_now_is_told_from_what_is_not_there(settings: Path) -> None:
    file = _write(
        settings,
        'disk_free{instance="{{ labels.instance }}"} < 0.9',
        'disk_free{instance="{{ labels.instance }}"} < 0.1',
        'disk_fre{instance="{{ labels.instance }}"} < 0.1',
        "absent(disk_free)",
    )

    result = offline("check", "--online", "--config.file", str(settings), "--format", "json")

    found = {each["line"]: each for each in json.loads(result.stdout) if "line" in each}
    assert result.exit_code == 0
    assert {line: each["severity"] for line, each in found.items() if each["code"] == "online"} == {
        10: "ok",
        11: "warning",
        12: "ok",
    }
    assert found[11]["file"] == str(file)
    assert found[11]["column"] == 15
    assert found[11]["message"] == ('this returns nothing now: no series: disk_fre{instance=~".+"}')


@pytest.mark.slow
def test_an_error_is_an_annotation_at_its_place(settings: Path) -> None:
    file = _write(settings, "up foo")

    result = offline("check", "--online", "--config.file", str(settings), "--format", "github")

    assert f"::error file={file},line=9,col=18,title=online::Prometheus cannot" in result.stdout


def test_offline_it_is_a_warning_at_the_text(tmp_path: Path) -> None:
    (tmp_path / "playbooks").mkdir()
    file = _write(tmp_path / "settings.yaml", "up foo", "up[5m]", "up == 1")

    result = offline("check", str(file))

    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert [line.partition(": this")[0] for line in lines[:-1]] == [
        f"{file}:9:15: warning[promql]",
        f"{file}:10:15: warning[promql-answer]",
    ]


@pytest.mark.parametrize(
    ("when", "place"),
    [
        ("labels.a == 'b' && lables.c == 'd'", "7:30"),
        ('"labels.a == \\"b\\" && lables.c == \\"d\\""', "7:33"),
        (">-\n      labels.a == 'b'\n      && lables.c == 'd'", "10:10"),
        ("|\n      labels.a == 'b'\n      && lables.c == 'd'", "10:10"),
    ],
)
def test_a_condition_is_wrong_where_it_is_wrong(tmp_path: Path, when: str, place: str) -> None:
    file = tmp_path / "disk.yaml"
    head = HEAD.partition("steps:")[0]
    step = f"steps: [{{journal.vacuum: {{keep_time: 2d}},\n    when: {when}}}]\n"
    if "\n" in when:
        step = f"steps:\n  - journal.vacuum: {{keep_time: 2d}}\n    when: {when}\n"
    file.write_text(head + step + VERIFY)

    result = offline("check", str(file))

    assert f"{file}:{place}: error[expr]: undeclared reference to 'lables" in result.stdout
