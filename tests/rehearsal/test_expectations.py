"""Every key of `expect` can fail: each passes with what is so, and fails with what is not."""

from __future__ import annotations

from functools import cache

import pytest
from pydantic import BaseModel

from remediator.config.expect_shape import (
    WHICH,
    ApprovalShape,
    ChangeShape,
    EvidenceShape,
    ExactlyShape,
    ExpectShape,
    IncludesShape,
    MessageShape,
)
from remediator.documents.yaml_source import read_yaml
from remediator.rehearsal.comparing import compare
from remediator.rehearsal.seen import Seen
from tests.rehearsal.stages import differences, lives, rehearse

PLAYBOOK = """\
name: disk
description: Reclaim space.
owner: sre
severity: SEV-2
runbook_url: https://runbooks.example.com/disk
match: [alertname="Full"]
requires: [instance]
target: host/{{ labels.instance | host }}
mode: approve
guards: {cooldown: 1h, require: [promql: up]}
diagnose: [host.top]
steps:
  - journal.vacuum: {keep_size: 500M}
  - service.restart: {unit: a.service}
approval: {remind: 10m, escalate: {after: 15m, to: "@leads"}}
verify: {after: 30s, within: 10m, all: [alert: resolved]}
on_failure: [rollback, escalate: [{to: oncall}]]
"""
LIFE = """\
alerts: [{labels: {alertname: Full, instance: "web1:9100"}, resolves: 30m}],
given: {promql: holds, environment: lab, steps: {service.restart: {before: {state: bad}, after: {state: good}}}},
people: [{at: 20m, approve: ana}],
""".replace("\n", " ")
KEYS = [
    ("decision", "run", "blocked"),
    ("by", "approval", "require"),
    ("reason", "verified", "rejected"),
    ("target", "host/web1", "host/web2"),
    ("mode", "approve", "auto"),
    ("environment", "lab", "prod"),
    ("severity", "SEV-2", "SEV-3"),
    ("owner", "sre", "dba"),
    ("description", "Reclaim", "Grow"),
    ("runbook_url", "runbooks.example.com", "wiki"),
    ("guards", "{approval: ask, cooldown: allow}", "{cooldown: defer}"),
    ("evidence", "[host.top]", "[disk.usage]"),
    ("evidence.probe", "[{probe: host.top}]", "[{probe: top}]"),
    ("evidence.text", '[{probe: host.top, text: ""}]', "[{probe: host.top, text: load}]"),
    (
        "evidence.problem",
        "[{probe: host.top, problem: nothing of this}]",
        "[{probe: host.top, problem: slow}]",
    ),
    ("plan", "[journal.vacuum, service.restart]", "[journal.vacuum]"),
    ("plan.includes", "{includes: [service.restart]}", "{includes: [docker.prune]}"),
    ("plan.step", "[{step: journal.vacuum}, {}]", "[{step: other}, {}]"),
    ("plan.action", "[{}, {action: service.restart}]", "[{}, {action: docker.prune}]"),
    ("plan.target", "[{target: host/web1}, {}]", "[{target: host/web2}, {}]"),
    ("plan.summary", "[{}, {summary: a.service}]", "[{}, {summary: b.service}]"),
    ("plan.intent", "[{}, {intent: {unit: a.service}}]", "[{}, {intent: {unit: b.service}}]"),
    ("plan.before", "[{}, {before: {state: bad}}]", "[{}, {before: {state: good}}]"),
    ("plan.after", "[{}, {after: {state: good}}]", "[{}, {after: {state: bad}}]"),
    ("plan.reversible", "[{reversible: false}, {}]", "[{reversible: true}, {}]"),
    ("approval", "granted", "expired"),
    ("approval.state", "{state: granted}", "{state: asked}"),
    ("approval.why", "{why: [mode approve]}", "{why: [too many changes]}"),
    ("approval.approvers", "{approvers: [ana]}", "{approvers: [bo]}"),
    ("approval.reminded", "{reminded: 2}", "{reminded: 1}"),
    ("approval.escalated", "{escalated: true}", "{escalated: false}"),
    ("approval.expires", "{expires: 30m}", "{expires: 1h}"),
    ("phase", "closed", "planning"),
    ("outcome", "resolved", "failed"),
    ("steps", "{journal.vacuum: applied}", "{journal.vacuum: failed}"),
    ("verification", "holds", "fails"),
    ("rollback", "false", "true"),
    ("messages", "[plan, result]", "[result, plan]"),
    ("messages.kind", "[{kind: result}]", "[{kind: failure}]"),
    ("messages.to", '[{to: "@leads"}]', "[{to: oncall}]"),
    ("messages.channel", "[{channel: console}]", "[{channel: slack}]"),
    ("messages.title", "[{title: Approve disk}]", "[{title: Hello}]"),
    ("messages.text", "[{text: Approved by ana}]", "[{text: Approved by bo}]"),
    ("messages.after", "[{kind: result, after: 29m}]", "[{kind: result, after: 31m}]"),
    ("messages.by", "[{kind: result, by: 31m}]", "[{kind: result, by: 29m}]"),
    (
        "messages.exactly",
        "{exactly: [plan, reminder, escalation, reminder, progress, progress, progress, progress, result]}",
        "{exactly: [plan]}",
    ),
    ("runs", "1", "2"),
]


@cache
def seen() -> Seen:
    """Live the life once: it is asked about again and again."""
    test = f"  - {{name: one, {LIFE} expect: {{outcome: resolved, messages: [result]}}}}\n"
    (lived,) = lives(PLAYBOOK, test)
    (found,) = lived.moments
    return found.of_playbook("disk", None)


def mismatches(expect: str) -> list[str]:
    shape = ExpectShape.model_validate(read_yaml("expect.yaml", expect.encode()).value)
    return [".".join(map(str, found.path)) for found in compare(shape, seen())]


@pytest.mark.parametrize(("key", "right", "wrong"), KEYS, ids=[key for key, _, _ in KEYS])
def test_a_key_passes_with_what_is_so_and_fails_with_what_is_not(
    key: str, right: str, wrong: str
) -> None:
    name, _, _ = key.partition(".")

    assert mismatches(f"{name}: {right}") == []
    assert [found.partition(".")[0] for found in mismatches(f"{name}: {wrong}")] == [name]


def test_every_key_of_expect_is_among_them() -> None:
    shapes: dict[str, type[BaseModel]] = {
        "plan": ChangeShape,
        "approval": ApprovalShape,
        "messages": MessageShape,
        "evidence": EvidenceShape,
    }
    inner = {f"{name}.{key}" for name, shape in shapes.items() for key in shape.model_fields}
    inner |= {f"plan.{key}" for key in IncludesShape.model_fields}
    inner |= {f"messages.{key}" for key in ExactlyShape.model_fields}

    assert {key for key, _, _ in KEYS} == inner | (ExpectShape.model_fields.keys() - WHICH)


@pytest.mark.parametrize(
    ("expect", "is_right"),
    [
        ("{at: 19m, phase: awaiting_approval}", True),
        ("{at: 21m, phase: awaiting_approval}", False),
        ("{alert: 1, target: host/web1}", True),
        ("{alert: 2, target: host/web1}", False),
        ("{playbook: disk, runs: 1}", True),
        ("{playbook: other, runs: 1}", False),
        ("[{at: 1m, approval: asked}, {approval: granted, outcome: resolved}]", True),
        ("[{at: 1m, approval: granted}, {outcome: resolved}]", False),
    ],
)
def test_what_is_expected_is_of_a_moment_an_alert_and_a_playbook(
    expect: str, is_right: bool
) -> None:
    assert (differences(PLAYBOOK, f"{LIFE} expect: {expect}") == []) is is_right


def test_a_difference_has_its_place_and_shows_both_sides() -> None:
    tests = """\
  - name: one
    alerts: [{labels: {alertname: Full, instance: "web1:9100"}}]
    expect:
      decision: run
      plan: [docker.prune]
"""
    (result,) = rehearse(PLAYBOOK, tests)

    assert [(d.place, d.what, d.expected, d.actual) for d in result.differences] == [
        (
            "p.yaml:23:7",
            "decision",
            ("run",),
            (
                "blocked: require: promql: up is unknown (the test gives nothing of this: prometheus)",
            ),
        ),
        (
            "p.yaml:24:7",
            "plan",
            ("docker.prune",),
            (
                "no change: require: promql: up is unknown (the test gives nothing of this: prometheus)",
            ),
        ),
    ]
