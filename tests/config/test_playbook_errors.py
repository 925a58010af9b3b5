"""What is wrong with a playbook as a whole, with its place and what would help."""

from __future__ import annotations

import pytest

from tests.config.playbook_texts import HEAD, STEPS, VERIFY, assert_lines, problems

# Each row: a whole playbook, and the problems it must give, exactly. `…` stands for the rest of the line.
BAD = [
    (
        "the example of the design",
        HEAD + VERIFY + "steps:\n  - ssh.run:\n      comand: tidy\n      command: x\n",
        [
            "p.yaml:9:7: error[unknown-key]: `comand` is not a parameter of ssh.run. "
            "Did you mean `command`?"
        ],
    ),
    (
        "unknown top-level key",
        HEAD + STEPS + VERIFY + "guard: {}\n",
        [
            "p.yaml:9:1: error[unknown-key]: `guard` is not a key of the playbook. "
            "Did you mean `guards`?"
        ],
    ),
    (
        "missing keys",
        VERIFY + "runbook_url: https://x.example\n",
        [
            "p.yaml:1:1: error[missing-key]: the playbook needs `name`",
            "p.yaml:1:1: error[missing-key]: the playbook needs `match`",
            "p.yaml:1:1: error[missing-key]: the playbook needs `target`",
            "p.yaml:1:1: error[missing-key]: the playbook needs `steps`",
        ],
    ),
    (
        "empty match",
        HEAD.replace("['alertname=\"DiskSpaceLow\"']", "[]") + STEPS + VERIFY,
        [
            "p.yaml:3:8: error[empty-match]: an empty selector is never everything. "
            "Name at least one label."
        ],
    ),
    (
        "empty list of matchers",
        HEAD.replace("['alertname=\"DiskSpaceLow\"']", "[[a=b], []]") + STEPS + VERIFY,
        ["p.yaml:3:16: error[empty-match]: …"],
    ),
    (
        "matches everything",
        HEAD.replace("['alertname=\"DiskSpaceLow\"']", "['alertname=~\".*\"']") + STEPS + VERIFY,
        [
            "p.yaml:3:8: error[empty-match]: this matches alerts without any label: "
            "an empty selector is never everything. Name at least one label that must be there."
        ],
    ),
    (
        "matchers that do not parse",
        HEAD.replace("['alertname=\"DiskSpaceLow\"']", "[alertname, 'a=~\"(\"', 3, b=c]")
        + STEPS
        + VERIFY,
        [
            "p.yaml:3:9: error[matcher]: 'alertname' is not a matcher: …",
            "p.yaml:3:20: error[matcher]: `(` is not a regular expression of RE2 …",
            'p.yaml:3:30: error[matcher]: a matcher is text like alertname="DiskSpaceLow"',
        ],
    ),
    (
        "a severity that nobody knows",
        HEAD + STEPS + VERIFY + "severity: banana\n",
        ["p.yaml:9:11: error[severity]: `banana` is not a severity. Write SEV-1 to SEV-5, or …"],
    ),
    (
        "auto without verify",
        HEAD + STEPS + "mode: auto\n",
        [
            "p.yaml:8:7: error[no-verify]: no playbook may be `auto` without `verify`. "
            "Say how success is proven."
        ],
    ),
    (
        "no verify",
        HEAD + STEPS,
        ["p.yaml:1:1: warning[no-verify]: without `verify` nobody knows whether the remedy worked"],
    ),
    (
        "unless verified without verify",
        HEAD + STEPS + "    unless: verified\n",
        [
            "p.yaml:1:1: warning[no-verify]: …",
            "p.yaml:6:1: error[no-verify]: `unless: verified` needs a `verify` block",
        ],
    ),
    (
        "verify without checks",
        HEAD + STEPS + "verify: {all: []}\n",
        ["p.yaml:8:15: error[range]: `all` must not be empty"],
    ),
    (
        "verify without time",
        HEAD + STEPS + "verify: {after: 5m, for: 5m, all: [{alert: resolved}]}\n",
        ["p.yaml:8:1: error[range]: `after` and `for` together leave no time within `within`"],
    ),
    (
        "wrong mode",
        HEAD + STEPS + VERIFY + "mode: automatic\n",
        [
            "p.yaml:9:7: error[choice]: `mode` must be 'off', 'dry_run', 'approve' or 'auto' "
            "(got 'automatic')"
        ],
    ),
    (
        "a kind that a label chooses",
        HEAD.replace("host/{{ labels.instance | host }}", '"{{ labels.instance }}/x"')
        + STEPS
        + VERIFY,
        [
            "p.yaml:5:9: error[target]: a target is KIND/NAME. "
            "Write it like host/{{ labels.instance | host }}."
        ],
    ),
    *(
        (
            f"a host that the inventory does not choose: {target}",
            HEAD.replace("host/{{ labels.instance | host }}", f"'{target}'") + STEPS + VERIFY,
            [
                "p.yaml:5:9: error[target]: a label becomes a host only through the filter `host`, "
                "which knows your hosts. Write it like host/{{ labels.instance | host }}."
            ],
        )
        for target in (
            "host/{{ labels.instance }}",
            "host/{{ labels.instance | host }}.example.com",
            "host/db-{{ labels.instance | host }}",
            "host/{{ labels.instance ~ labels.instance | host }}",
            "host/{{ labels.instance | host | lower }}",
            "host/{{ labels.instance | host }}{{ labels.instance | host }}",
        )
    ),
    (
        "a label that is not required",
        HEAD.replace("requires: [instance]", "requires: [mountpoint]") + STEPS + VERIFY,
        [
            "p.yaml:5:9: warning[requires]: the target needs the label `instance`, "
            "which `requires` does not name. Without it the run fails instead of being skipped."
        ],
    ),
    (
        "a label that is required by every match",
        HEAD.replace("requires: [instance]", "requires: [mountpoint]").replace(
            "['alertname=\"DiskSpaceLow\"']",
            "['alertname=\"DiskSpaceLow\"', 'instance=~\"web.+\"']",
        )
        + STEPS
        + VERIFY,
        [],
    ),
    *(
        (
            f"a label that an alert may lack all the same: {matcher}",
            HEAD.replace("requires: [instance]", "requires: [mountpoint]").replace(
                "['alertname=\"DiskSpaceLow\"']", matcher
            )
            + STEPS
            + VERIFY,
            ["p.yaml:5:9: warning[requires]: the target needs the label `instance`, …"],
        )
        for matcher in (
            "['alertname=\"A\"', 'instance=~\".*\"']",
            "['alertname=\"A\"', 'instance!=\"web1\"']",
            "[['instance=\"web1\"'], ['alertname=\"A\"']]",
        )
    ),
    (
        "no runbook",
        HEAD.replace("runbook_url: https://example.com/disk\n", "") + STEPS + VERIFY,
        [
            "p.yaml:1:1: warning[no-runbook]: "
            "no `runbook_url`: people who are called will look for one"
        ],
    ),
    (
        "a runbook that is a script",
        HEAD.replace("https://example.com/disk", "javascript:alert(1)") + STEPS + VERIFY,
        [
            "p.yaml:1:1: warning[no-runbook]: …",
            "p.yaml:2:14: error[value]: `runbook_url`: 'javascript:alert(1)' is not an http:// …",
        ],
    ),
    (
        "a wrong name",
        HEAD.replace("name: disk", "name: Disk Full") + STEPS + VERIFY,
        ["p.yaml:1:7: error[value]: `name`: string should match pattern …"],
    ),
    (
        "an approval that nobody can give",
        HEAD + STEPS + VERIFY + "approval: {by: {users: [ana, ana], count: 2}}\n",
        ["p.yaml:9:43: error[range]: 2 people must approve, but only 1 may"],
    ),
    (
        "on_failure",
        HEAD + STEPS + VERIFY + "on_failure: [rolback, {escalate: [{too: x}]}]\n",
        [
            "p.yaml:9:14: error[on-failure]: expected `rollback` or `escalate: [{to: NAME}]`",
            "p.yaml:9:35: error[missing-key]: an escalation needs `to`",
            "p.yaml:9:36: error[unknown-key]: `too` is not a key of an escalation. "
            "Did you mean `to`?",
        ],
    ),
    (
        "channels",
        HEAD + STEPS + VERIFY + "notify: {webhok: x, webhook: {}, pagerduty: x}\n",
        [
            "p.yaml:9:10: error[unknown-channel]: `webhok` is not a channel. Did you mean `webhook`?",
            "p.yaml:9:21: error[missing-key]: the channel `webhook` needs `url`",
            "p.yaml:9:34: warning[unavailable-channel]: the channel `pagerduty` is not in this version; "
            "nobody is told this way",
        ],
    ),
    (
        "tests without alerts",
        HEAD + STEPS + VERIFY + "tests: [{name: a, expect: {runs: 0}}]\n",
        ["p.yaml:9:9: error[missing-key]: a test needs `alerts`"],
    ),
    (
        "tests that expect nothing",
        HEAD + STEPS + VERIFY + "tests: [{name: a, expect: {}}]\n",
        [
            "p.yaml:9:27: error[value]: `expect`: a test that expects nothing cannot fail: "
            "name a `decision`, a `plan`, …",
        ],
    ),
    (
        "tests with typing mistakes",
        HEAD + STEPS + VERIFY + "tests: [{name: a, alerts: [{labels: {alertname: A}}], "
        "given: {promqll: holds}, expect: {decison: run, guards: {reqire: deny}}}]\n",
        [
            "p.yaml:9:63: error[unknown-key]: `promqll` is not a key of `given`. Did you mean `promql`?",
            "p.yaml:9:89: error[unknown-key]: `decison` is not a key of `expect`. Did you mean `decision`?",
            "p.yaml:9:120: error[value]: `reqire`: 'reqire' is not a guard. Did you mean `require`?",
        ],
    ),
    (
        "tests of steps that are not there",
        HEAD + STEPS + VERIFY + "tests: [{name: a, alerts: [{labels: {alertname: A}}], "
        "given: {steps: {ssh.rum: works}}, expect: {steps: {x: applied}}}]\n",
        [
            "p.yaml:9:71: error[unknown-step]: no step is called `ssh.rum`. Did you mean `ssh.run`?",
            "p.yaml:9:106: error[unknown-step]: no step is called `x`",
        ],
    ),
    (
        "two tests of one name",
        HEAD
        + STEPS
        + VERIFY
        + "tests: ["
        + 2 * "{name: a, alerts: [{labels: {alertname: A}}], expect: {runs: 0}}, "
        + "]\n",
        ["p.yaml:9:82: error[duplicate-name]: two tests are called `a`"],
    ),
    (
        "not a mapping",
        "- a\n- b\n",
        [
            "p.yaml:1:1: error[type]: the playbook must be a mapping of keys, not a list",
            "p.yaml:1:1: warning[no-verify]: …",
            "p.yaml:1:1: warning[no-runbook]: …",
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_every_problem_has_its_place_and_its_words(text: str, expected: list[str]) -> None:
    assert_lines(problems(text), expected)
