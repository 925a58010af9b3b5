"""What a test gives is what its life meets: answers by place and time, luck of steps, people, hosts, the hour."""

from __future__ import annotations

import pytest

from tests.rehearsal.stages import differences

PLAYBOOK = """\
name: fix
match: [alertname="A"]
requires: [host]
target: host/{{ labels.host | host }}
mode: auto
guards: {require: [promql: up]}
steps: [{service.restart: {unit: a.service}}]
verify: {after: 30s, within: 10m, all: [promql: done]}
on_failure: [rollback, escalate: [{to: oncall}]]
"""
ALERT = "alerts: [{labels: {alertname: A, host: web1}}]"
ANSWERS = [
    ("{promql: holds}", "{outcome: resolved}"),
    ("{promql: {require: holds, verify: fails}}", "{outcome: unresolved, verification: fails}"),
    ("{promql: {require: holds}}", "{outcome: unresolved, verification: unknown}"),
    ("{promql: [{is: holds}, {is: fails, about: done}]}", "{outcome: unresolved}"),
    ("{promql: [{is: holds}, {is: fails, in: verify, until: 5m}]}", "{messages: [{kind: result, after: 5m}]}"),
    ("{promql: [{is: holds}, {is: fails, in: verify, from: 20s}]}", "{outcome: unresolved}"),
    ("{promql: [{is: holds, in: require}, {is: holds, after: service.restart}]}", "{outcome: resolved}"),
    ("{promql: {is: holds, target: host/web2}}", "{decision: blocked}"),
    ("{promql: {is: fails, detail: it is quiet}}", "{reason: it is quiet}"),
    ("{promql: holds, silenced: true}", "{guards: {silenced: defer}}"),
    ("{promql: holds, silenced: unknown}", "{guards: {silenced: defer}}"),
    ("{promql: holds, mode: dry_run}", "{decision: dry_run, outcome: dry_run}"),
    ("{promql: holds, environment: lab}", "{environment: lab, mode: auto}"),
]  # fmt: skip
STEPS = [
    ("works", "{outcome: resolved, steps: {service.restart: applied}}"),
    ("nothing", "{outcome: unresolved, plan: [], steps: {service.restart: skipped}}"),
    ("fails", "{outcome: failed, steps: {service.restart: failed}}"),
    ("cannot_be_planned", "{outcome: failed, reason: could not be planned}"),
    ("times_out", "{outcome: failed, steps: {service.restart: failed}, messages: [{kind: failure, after: 15m}]}"),
    ("unknowable", "{steps: {service.restart: unknown}, outcome: outcome_unknown}"),
    ("{plan: [unreachable, change]}", "{outcome: resolved}"),
    ("{plan: unreachable}", "{outcome: failed}"),
    ("{plan: no_tool}", "{steps: {service.restart: skipped}}"),
    ("{apply: in_part}", "{outcome: failed, reason: half-way}"),
    ("{apply: [busy, works]}", "{outcome: resolved}"),
    ("{apply: [moved, works]}", "{outcome: resolved, messages: [{text: void}]}"),
    ("{apply: lost, seen: applied}", "{outcome: resolved, steps: {service.restart: applied}}"),
    ("{apply: lost, seen: [pending, applied]}", "{outcome: resolved}"),
    ("{apply: lost, seen: diverged}", "{steps: {service.restart: failed}}"),
    ("{takes: 2m}", "{outcome: resolved, messages: [{kind: result, after: 2m}]}"),
    ("{frees: 3GiB}", "{outcome: resolved, messages: [{text: 3.2 GB}]}"),
    ("{target: host/web9}", "{plan: [{target: host/web9}]}"),
    ("{summary: turn it off and on}", "{plan: [{summary: off and on}]}"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expect"), ANSWERS)
def test_a_check_answers_as_given(given: str, expect: str) -> None:
    assert differences(PLAYBOOK, f"{ALERT}, given: {given}, expect: {expect}") == []


@pytest.mark.parametrize(("luck", "expect"), STEPS)
def test_a_step_goes_as_given(luck: str, expect: str) -> None:
    given = f"{{promql: holds, steps: {{service.restart: {luck}}}}}"

    assert differences(PLAYBOOK, f"{ALERT}, given: {given}, expect: {expect}") == []


@pytest.mark.parametrize(
    ("undo", "state"), [("works", "applied"), ("fails", "failed"), ("impossible", "")]
)
def test_what_was_done_is_taken_back_as_given(undo: str, state: str) -> None:
    playbook = PLAYBOOK.replace(
        "service.restart: {unit: a.service}", "kubernetes.scale: {replicas: 4, max: 9}"
    )
    playbook = playbook.replace(
        "host/{{ labels.host | host }}", "deployment/shop/{{ labels.host }}"
    )
    given = f"{{promql: {{require: holds, verify: fails}}, steps: {{kubernetes.scale: {{undo: {undo}}}}}}}"
    steps = f", steps: {{'undo:kubernetes.scale': {state}}}" if state else ""

    found = differences(
        playbook, f"{ALERT}, given: {given}, expect: {{rollback: true, outcome: unresolved{steps}}}"
    )

    assert found == []


@pytest.mark.parametrize(
    ("people", "expect"),
    [
        ("[{approve: ana}]", "{approval: {approvers: [ana]}, outcome: resolved}"),
        ("[{reject: ana, reason: not now}]", "{outcome: rejected, reason: not now}"),
        ("[{cancel: ana}]", "{outcome: cancelled}"),
        ("[{take_over: ana}]", "{outcome: cancelled, reason: taken over by ana}"),
        ("[{pause: ana, scope: all, for: 2h}, {at: 1m, approve: bo}]", "{at: 2m, guards: {pause: deny}}"),
        ("[{pause: ana}, {at: 1m, resume: ana}, {at: 2m, approve: bo}]", "{outcome: resolved}"),
        ("[{approve: ana}, {at: 10m, approve: bo, refused: conflict}]", "{outcome: resolved}"),
    ],
)  # fmt: skip
def test_people_do_as_they_say(people: str, expect: str) -> None:
    given = "{promql: holds, mode: approve}"

    found = differences(PLAYBOOK, f"{ALERT}, given: {given}, people: {people}, expect: {expect}")

    assert found == []


def test_somebody_who_is_refused_fails_the_test_unless_it_says_so() -> None:
    case = f"{ALERT}, given: {{promql: holds}}, expect: {{outcome: resolved}}, people: "

    assert differences(PLAYBOOK, f"{case}[{{at: 9m, approve: ana}}]") == [
        "people.0: ana could not approve: too late: run run_000001 ended at 12:00 UTC as resolved (verified) (conflict)"
    ]
    assert differences(PLAYBOOK, f"{case}[{{cancel: ana, refused: forbidden}}]") != []


def test_a_plan_that_no_longer_fits_the_world_is_void_and_asked_for_again() -> None:
    given = "{promql: holds, mode: approve, steps: {service.restart: {plan: [change, moved]}}}"
    people = "[{at: 1m, approve: ana}, {at: 5m, approve: bo}]"
    expect = "{outcome: resolved, approval: {approvers: [bo]}, messages: [{text: void}, plan]}"

    found = differences(PLAYBOOK, f"{ALERT}, given: {given}, people: {people}, expect: {expect}")

    assert found == []


def test_a_doubt_is_settled_by_a_person() -> None:
    given = "{promql: holds, steps: {service.restart: unknowable}}"
    people = "[{at: 20m, settle: ana, as: applied}]"

    found = differences(
        PLAYBOOK, f"{ALERT}, given: {given}, people: {people}, expect: {{outcome: resolved}}"
    )

    assert found == []


SATURDAY, MONDAY = "2026-01-17T12:00:00Z", "2026-01-19T12:00:00Z"


@pytest.mark.parametrize(("now", "ruling"), [(SATURDAY, "allow"), (MONDAY, "defer")])
def test_a_life_begins_when_it_is_said(now: str, ruling: str) -> None:
    playbook = PLAYBOOK.replace("guards: {", "guards: {windows: {allow: [{days: [sat]}]}, ")
    test = f'{ALERT}, given: {{promql: holds, now: "{now}"}}'

    assert differences(playbook, f"{test}, expect: {{guards: {{windows: {ruling}}}}}") == []


@pytest.mark.parametrize(
    ("unit", "expect"),
    [
        ("failed", "{decision: run, steps: {service.restart: applied}}"),
        ("active", "{decision: blocked, reason: a.service is active}"),
    ],
)
def test_a_host_that_is_played_is_asked_and_changed(unit: str, expect: str) -> None:
    playbook = PLAYBOOK.replace("promql: up", "unit: {name: a.service, state: failed}")
    playbook = playbook.replace("promql: done", "unit: {name: a.service, state: active}")
    given = f"{{hosts: {{web1: {{units: {{a.service: {unit}}}}}}}}}"

    assert differences(playbook, f"{ALERT}, given: {given}, expect: {expect}") == []


def test_many_alerts_are_told_apart_by_their_number() -> None:
    alerts = 'alerts: [{labels: {alertname: A, host: "web{n}"}, times: 3}]'
    expect = "[{at: 1m, alert: 3, target: host/web3, runs: 1}, {at: 1m, runs: 3}]"

    assert differences(PLAYBOOK, f"{alerts}, given: {{promql: holds}}, expect: {expect}") == []
