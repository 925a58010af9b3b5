"""Alert rules as Prometheus keeps them."""

from __future__ import annotations

import pytest

from remediator.core.errors import InputError
from remediator.core.facts import Known
from remediator.core.matcher import parse_matcher
from remediator.integrations.prometheus.knowledge.alert_rules import (
    read_answer,
    read_external_labels,
    read_rules,
    with_external,
)

FILE = """\
groups:
  - name: disk
    labels: {team: storage, severity: info}
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Full
        expr: sum by (instance) (disk_used) > 0.9
        for: 5m
        labels:
          severity: &s critical
          size: "{{ $value }}"
          none: ""
        annotations: {summary: '{{ $labels.instance }} is full'}
      - alert: Odd
        expr: |-
          metricsql_only(up) keep_metric_names
        labels: {severity: *s}
"""
MANIFEST = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
spec:
  groups:
    - name: disk
      rules:
        - {alert: Full, expr: up == 0}
---
groups: [{name: other, rules: [{alert: Other, expr: up == 0}]}]
"""


def test_a_file_gives_its_alerts_with_their_places_and_what_is_known_of_them() -> None:
    full, odd = read_rules("rules/disk.yml", FILE.encode())

    assert (full.name, full.place, full.line) == ("Full", "rules/disk.yml:7", 7)
    assert full.annotations == {"summary": "{{ $labels.instance }} is full"}
    assert full.labels.carried() == ("alertname", "instance", "severity", "size", "team")
    assert full.labels.values["severity"] == "critical"
    assert full.labels.meet(parse_matcher("size=1")) is Known.UNKNOWN
    assert full.labels.has("none") is Known.FAILS
    assert (full.remark, odd.labels.values["severity"]) == ("", "critical")


def test_an_expression_that_cannot_be_read_leaves_everything_open() -> None:
    _, odd = read_rules("r.yml", FILE.encode())
    assert "your Prometheus may know it" in odd.remark
    assert odd.labels.has("instance") is Known.UNKNOWN


def test_manifests_of_the_operator_and_several_documents_are_read_too() -> None:
    assert [rule.name for rule in read_rules("r.yml", MANIFEST.encode())] == ["Full", "Other"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("route: {}", "a rule file has `groups`"),
        ("", "a rule file has `groups`"),
        ("groups: [", r"r.yml:2:1: not YAML"),
        ("a: b\n\tc: d", "r.yml:2:1: not YAML"),
    ],
)
def test_what_is_no_rule_file_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_rules("r.yml", text.encode())


def test_aliases_that_multiply_cost_nothing() -> None:
    rules = "\n".join(f"      - {{alert: A{n}, expr: up}}" for n in range(200))
    groups = ", ".join("*g" for _ in range(2000))
    text = f"x: &g\n  name: g\n  rules:\n{rules}\ngroups: [{groups}]"
    with pytest.raises(InputError, match="more than 20000 alert rules"):
        read_rules("r.yml", text.encode())


def test_an_answer_of_the_api_gives_the_same() -> None:
    rule = {"type": "alerting", "name": "Full", "query": "up == 0", "labels": {"env": "prod"}}
    data = {"groups": [{"name": "disk", "rules": [rule, {"type": "recording", "name": "x"}]}]}

    (full,) = read_answer("http://prometheus:9090", data)

    assert (full.place, full.labels.values["env"]) == ("http://prometheus:9090 disk", "prod")


def test_external_labels_are_added_where_the_rule_has_none_of_the_name() -> None:
    external = read_external_labels("global: {external_labels: {cluster: eu, env: prod}}")
    rule = {"type": "alerting", "name": "Full", "query": "sum(up)", "labels": {"env": "test"}}
    (full,) = read_answer("p", {"groups": [{"name": "g", "rules": [rule]}]})

    labels = with_external(full, external).labels

    assert (labels.values["cluster"], labels.values["env"]) == ("eu", "test")


def test_a_label_that_the_annotations_tell_people_of_is_taken_to_be_there() -> None:
    text = "{{ $labels.pod }} on {{ $labels.zone | title }}: {{ $value }}"
    rule = {"type": "alerting", "name": "Full", "annotations": {"summary": text}}
    known = [
        read_answer("p", {"groups": [{"name": "g", "rules": [{**rule, "query": query}]}]})[0].labels
        for query in ("up", "sum by (zone) (up)")
    ]
    asked = [[each.has(name) for name in ("pod", "zone")] for each in known]
    assert asked == [[Known.HOLDS, Known.HOLDS], [Known.FAILS, Known.HOLDS]]
