"""What is wrong with steps, checks, conditions and guards, with its place and what would help."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.config.playbook_texts import HEAD, STEPS, VERIFY, assert_lines, problems

# Each row: a whole playbook, and the problems it must give, exactly. `…` stands for the rest of the line.
BAD = [
    (
        "unknown action",
        HEAD + VERIFY + "steps:\n  - k8s.scael: {replicas: 3}\n",
        [
            "p.yaml:8:5: error[unknown-action]: `k8s.scael` is not an action. Did you mean `k8s.scale`?"
        ],
    ),
    (
        "an action for another kind of target",
        HEAD + VERIFY + "steps:\n  - k8s.scale: {replicas: 3}\n",
        ["p.yaml:8:5: error[target-kind]: `k8s.scale` works on deployment, not on host"],
    ),
    (
        "a parameter out of range",
        HEAD.replace("host/{{ labels.instance | host }}", "deployment/shop/api")
        + VERIFY
        + "steps:\n  - k8s.scale: {replicas: 1000}\n",
        ["p.yaml:8:27: error[range]: `replicas` must be less than or equal to 100 (got 1000)"],
    ),
    (
        "less time than it may take to hear whether it was done",
        HEAD.replace("host/{{ labels.instance | host }}", "deployment/shop/api")
        + VERIFY
        + "steps:\n  - k8s.scale: {replicas: 3}\n    timeout: 19s\n",
        [
            "p.yaml:9:14: error[short-timeout]: `k8s.scale` may take 20s to be answered: give it no less"
        ],
    ),
    (
        "wrong parameters",
        HEAD
        + VERIFY
        + "steps:\n  - docker.prune: {what: [volumes], older_than: 1.5h}\n  - ssh.run\n",
        [
            "p.yaml:8:27: error[choice]: `what` must be 'images', 'build_cache' or 'containers' "
            "(got 'volumes')",
            "p.yaml:8:49: error[value]: `older_than`: '1.5h' is not a duration: "
            "write it like 30s, 15m or 1h30m",
            "p.yaml:9:5: error[missing-key]: ssh.run needs `command`",
        ],
    ),
    (
        "a value of an alert where none may stand",
        HEAD + VERIFY + 'steps:\n  - host.carve: {command: "{{ labels.instance }}"}\n',
        [
            "p.yaml:8:18: error[literal]: `command` is written as it is: nothing from an alert may stand in it"
        ],
    ),
    (
        "two actions in a step",
        HEAD + VERIFY + "steps:\n  - ssh.run: {command: a}\n    journal.vacuum: {}\n",
        ["p.yaml:8:5: error[action]: a step has one action, this has 2"],
    ),
    (
        "no action in a step",
        HEAD + VERIFY + "steps:\n  - approval: required\n",
        ["p.yaml:8:5: error[action]: a step has one action, this has none"],
    ),
    (
        "an unknown per-step key",
        HEAD + VERIFY + "steps:\n  - ssh.run: {command: a}\n    aproval: required\n",
        [
            "p.yaml:9:5: error[unknown-key]: `aproval` is not a key of a step. "
            "Did you mean `approval`?"
        ],
    ),
    (
        "wrong per-step values",
        HEAD
        + VERIFY
        + "steps:\n  - ssh.run: {command: a}\n    timeout: 0s\n    approval: maybe\n"
        + "    on_failure: retry\n    retries: {max: 99}\n    irreversible: true\n",
        [
            "p.yaml:9:14: error[range]: `timeout` must be greater than 0s (got '0s')",
            "p.yaml:10:15: error[choice]: `approval` must be 'required' (got 'maybe')",
            "p.yaml:11:17: error[choice]: `on_failure` must be 'stop', 'continue' or 'rollback' "
            "(got 'retry')",
            "p.yaml:12:20: error[range]: `max` must be less than or equal to 10 (got 99)",
            "p.yaml:13:19: error[choice]: `irreversible` must be 'allow' (got True)",
        ],
    ),
    (
        "two steps with one id",
        HEAD
        + VERIFY
        + "steps:\n  - ssh.run: {command: a}\n    id: x\n  - ssh.run: {command: b}\n    id: x\n",
        [
            "p.yaml:9:9: error[duplicate-id]: two steps have the id `x`",
            "p.yaml:11:9: error[duplicate-id]: two steps have the id `x`",
        ],
    ),
    (
        "a blind action",
        HEAD + VERIFY + "steps:\n  - host.shout\n",
        [
            "p.yaml:8:5: error[blind]: nobody can see afterwards whether `host.shout` happened. "
            "Write `allow_blind: true` and `approval: required` beside it."
        ],
    ),
    (
        "a blind action that nobody approves",
        HEAD + VERIFY + "steps:\n  - host.shout: {}\n    allow_blind: true\n",
        ["p.yaml:8:5: error[blind]: …"],
    ),
    (
        "a step that will ask in mode auto",
        HEAD + VERIFY + "mode: auto\nsteps:\n  - journal.vacuum: {}\n",
        [
            "p.yaml:9:5: warning[asks]: `journal.vacuum` cannot be taken back, so this step will "
            "ask although the mode is auto. "
            "Write `irreversible: allow` or `approval: required` beside it."
        ],
    ),
    (
        "unknown names in templates",
        HEAD
        + VERIFY
        + 'steps:\n  - ssh.run: {command: "{{ lables.x }}", arguments: ["{% if %}"]}\n',
        [
            "p.yaml:8:24: error[template]: unknown name `lables`. Did you mean `labels`?",
            "p.yaml:8:54: error[template]: only {{ … }} is allowed: no {% … %} and no {# … #}",
        ],
    ),
    (
        "a label as a key",
        HEAD + VERIFY + 'steps:\n  - ssh.run: {command: x, "{{ labels.x }}": y}\n',
        [
            "p.yaml:8:27: error[unknown-key]: `{{ labels.x }}` is not a parameter of ssh.run",
        ],
    ),
    (
        "promql without quotes",
        HEAD + STEPS + "verify:\n  all:\n    - promql: up{instance='{{ labels.instance }}'}\n",
        [
            "p.yaml:10:15: error[template]: a template outside a double-quoted PromQL string: "
            'put it between double quotes, as in instance="{{ labels.instance }}"'
        ],
    ),
    (
        "promql with a label as a pattern",
        HEAD + STEPS + 'verify:\n  all:\n    - promql: up{instance=~"{{ labels.instance }}"}\n',
        [
            "p.yaml:10:15: warning[label-in-regex]: a label here is a regular expression. "
            "Write {{ … | promql_regex }}, or = instead of =~."
        ],
    ),
    (
        "a label that chooses a host to call",
        HEAD + STEPS + 'verify:\n  all:\n    - http: "http://{{ labels.instance }}/health"\n',
        ["p.yaml:10:13: error[url]: a template may fill in a URL's path, never its host"],
    ),
    (
        "a condition that does not compile",
        HEAD + STEPS + '    when: lables.a == "b"\n' + VERIFY,
        ["p.yaml:8:11: error[expr]: undeclared reference to 'lables.a'. Did you mean `labels`?"],
    ),
    (
        "a condition with the wrong type",
        HEAD + STEPS + VERIFY + "approval: {when: size(plan.changes)}\n",
        ["p.yaml:9:18: error[expr]: is int, but must be true or false"],
    ),
    (
        "unknown checks and probes",
        HEAD
        + STEPS
        + "verify: {all: [{promqll: up}, {alert: gone}]}\ndiagnose: [disk.usge, {disk.usage: {}}]\n",
        [
            "p.yaml:8:17: error[unknown-check]: `promqll` is not a check. Did you mean `promql`?",
            "p.yaml:8:39: error[choice]: the check `alert` must be 'resolved' or 'firing' (got 'gone')",
            "p.yaml:9:12: error[unknown-probe]: `disk.usge` is not a probe. "
            "Did you mean `disk.usage`?",
            "p.yaml:9:24: error[missing-key]: disk.usage needs `path`",
        ],
    ),
    (
        "a check with two names",
        HEAD + STEPS + "verify: {all: [{alert: resolved, promql: up}]}\n",
        ["p.yaml:8:16: error[check]: expected one check, written as NAME: PARAMETERS"],
    ),
    (
        "guards",
        HEAD
        + STEPS
        + VERIFY
        + dedent("""\
            guards:
              cooldwn: 1h
              cooldown: 1.5h
              limits: [{max: -3, per: 0s, bye: target}]
              storm: {runs: 1}
              pause: {}
              windows: {deny: [{days: [monday]}, {from: 25:00}, {zone: Europe/Nowhere}]}
              concurrency: {max: lots}
              require: [{promqll: x}]
              blast_radius: {of: {promql: "{{ lables.x }}"}}
            """),
        [
            "p.yaml:10:3: error[unknown-guard]: `cooldwn` is not a guard. Did you mean `cooldown`?",
            "p.yaml:11:13: error[value]: the guard `cooldown`: '1.5h' is not a duration: "
            "write it like 30s, 15m or 1h30m",
            "p.yaml:12:18: error[range]: `max` must be greater than or equal to 0 (got -3)",
            "p.yaml:12:27: error[range]: `per` must be greater than 0s (got '0s')",
            "p.yaml:12:31: error[unknown-key]: `bye` is not a key of `limits`. Did you mean `by`?",
            "p.yaml:13:3: error[unknown-guard]: the guard `storm` cannot be set here",
            "p.yaml:14:3: error[unknown-guard]: the guard `pause` cannot be set here",
            "p.yaml:15:20: error[value]: 'monday' is not a day: "
            "write mon, tue, wed, thu, fri, sat or sun",
            "p.yaml:15:38: error[value]: '25:00' is not a time of day…",
            "p.yaml:15:53: error[value]: …",
            "p.yaml:16:22: error[type]: `max` must be a valid integer, not text",
            "p.yaml:17:14: error[unknown-check]: `promqll` is not a check. Did you mean `promql`?",
            "p.yaml:18:31: error[template]: …",
        ],
    ),
    (
        "a short cooldown",
        HEAD + STEPS + VERIFY + "guards: {cooldown: 1m}\n",
        [
            "p.yaml:9:20: warning[short-cooldown]: "
            "the cooldown is shorter than the verification may take. "
            "The next run could start before this one's effect is known."
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_every_problem_has_its_place_and_its_words(text: str, expected: list[str]) -> None:
    assert_lines(problems(text), expected)
