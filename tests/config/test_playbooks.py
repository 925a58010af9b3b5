"""Playbooks: what is accepted, and every error with its place and what would help."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from remediator.config.playbooks import LoadedPlaybooks, PlaybookLoader
from remediator.config.problem import has_errors
from remediator.config.reading import PlaybookRules
from remediator.config.yaml_source import read_yaml
from remediator.core.change import ActionEffect
from remediator.core.errors import InvalidPlaybook
from remediator.core.facts import Scope
from remediator.core.guards.blast_radius import BlastRadiusSettings
from remediator.core.guards.breaker import BreakerSettings
from remediator.core.guards.concurrency import ConcurrencySettings, OnBusy
from remediator.core.guards.cooldown import CooldownSettings
from remediator.core.guards.limits import Limit, LimitsSettings
from remediator.core.guards.require import RequireSettings
from remediator.core.guards.windows import Window, WindowsSettings
from remediator.core.playbook import (
    AfterFailure,
    ApprovalPolicy,
    CheckOrder,
    Escalation,
    Mode,
    Playbook,
    ProbeOrder,
)
from tests.config.catalogs import small_catalog

LOADER = PlaybookLoader(small_catalog())
HEAD = """\
name: disk
runbook_url: https://example.com/disk
match: ['alertname="DiskSpaceLow"']
requires: [instance]
target: host/{{ labels.instance | host }}
"""
STEPS = "steps:\n  - ssh.run: {command: tidy}\n"
VERIFY = "verify: {all: [{alert: resolved}]}\n"


def load(text: str, rules: PlaybookRules | None = None) -> LoadedPlaybooks:
    loader = LOADER if rules is None else PlaybookLoader(small_catalog(), rules)
    return loader.read([read_yaml("p.yaml", text.encode())])


def playbook(text: str, rules: PlaybookRules | None = None) -> Playbook:
    return next(iter(load(text, rules).checked()))


def with_guards(guards: str) -> dict[str, Any]:
    return dict(playbook(HEAD + STEPS + VERIFY + f"guards: {guards}\n").guards)


def problems(text: str, rules: PlaybookRules | None = None) -> list[str]:
    return [str(problem) for problem in load(text, rules).problems]


FULL = (Path(__file__).parent / "full.yaml").read_text()


def test_the_whole_language_is_read() -> None:
    book = load(FULL)
    found = playbook(FULL)

    assert book.problems == ()
    assert found.name == "disk-space-low"
    assert found.mode is Mode.AUTO
    assert [str(matcher) for matcher in found.match[0]] == [
        'alertname=~"DiskSpaceLow|NodeFilesystemAlmostOutOfSpace"',
        'mountpoint=~"/|/var|/var/lib/docker"',
    ]
    assert found.diagnose == (
        ProbeOrder(kind="disk.usage", parameters={"path": "{{ labels.mountpoint }}", "top": 15}),
    )
    assert [step.id for step in found.steps] == ["journal.vacuum", "docker.prune", "again"]
    assert found.failure.rollback
    assert found.failure.escalations == (
        Escalation(to="oncall"),
        Escalation(to="leads", after=timedelta(minutes=20)),
    )
    assert found.notify == ({"webhook": {"url": "https://chat.example.com/hook"}},)


def test_per_step_keys_are_read() -> None:
    first, second, third = playbook(FULL).steps

    assert first.irreversible_allowed
    assert first.effect is ActionEffect.IRREVERSIBLE
    assert second.effect is ActionEffect.REVERSIBLE
    assert second.when == 'labels.mountpoint in ["/", "/var", "/var/lib/docker"]'
    assert (second.max_retries, second.backoff) == (3, timedelta(seconds=30))
    assert third.unless_verified
    assert third.approval_required
    assert third.timeout == timedelta(minutes=2)
    assert third.after_failure is AfterFailure.ROLLBACK


def test_the_verification_is_read() -> None:
    verify = playbook(FULL).verify

    assert verify.after == timedelta(seconds=30)
    assert verify.within == timedelta(minutes=10)
    assert verify.holds_for == timedelta(minutes=1)
    assert verify.every == timedelta(seconds=20)
    assert [check.kind for check in verify.checks] == ["promql", "alert", "http"]
    assert verify.checks[1].key == "alert: resolved"
    assert verify.checks[2].text == "status=204, url=https://example.com/health"


def test_the_approval_is_read() -> None:
    assert playbook(FULL).approval == ApprovalPolicy(
        groups=("@sre-oncall",),
        users=("ana@example.com",),
        count=2,
        not_author=True,
        expires=timedelta(minutes=20),
        remind=timedelta(minutes=10),
        escalate_after=timedelta(minutes=15),
        escalate_to="@sre-leads",
        escalate_on_expiry=False,
        when="plan.irreversible || size(plan.changes) > 3",
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{cooldown: 1h}", {"cooldown": CooldownSettings(rest=timedelta(hours=1))}),
        ("{cooldown: {rest: 90s}}", {"cooldown": CooldownSettings(rest=timedelta(seconds=90))}),
        (
            "{limits: [{max: 7, per: 1d, by: playbook}]}",
            {
                "limits": LimitsSettings(
                    limits=(Limit(max=7, per=timedelta(days=1), by=Scope.PLAYBOOK),)
                )
            },
        ),
        (
            "{concurrency: {max: 2, on_busy: skip}}",
            {"concurrency": ConcurrencySettings(max=2, on_busy=OnBusy.SKIP)},
        ),
        (
            "{breaker: {failures: 1, open_for: 1h}}",
            {"breaker": BreakerSettings(failures=1, open_for=timedelta(hours=1))},
        ),
        (
            "{windows: {allow: [{days: [mon, fri], from: 22:00, to: 06:00, zone: Europe/Berlin}]}}",
            {
                "windows": WindowsSettings(
                    allow=(
                        Window(
                            days=("mon", "fri"), from_="22:00", to="06:00", zone="Europe/Berlin"
                        ),
                    )
                )
            },
        ),
        (
            "{windows: {deny: [{cron: 0 2 * * 1-5, duration: 2h}]}}",
            {
                "windows": WindowsSettings(
                    deny=(Window(cron="0 2 * * 1-5", duration=timedelta(hours=2)),)
                )
            },
        ),
        (
            "{blast_radius: {of: {promql: count(up)}, max_percent: 5, per: 2h}}",
            {
                "blast_radius": BlastRadiusSettings(
                    of=CheckOrder(
                        kind="promql", parameters={"query": "count(up)"}, text="count(up)"
                    ),
                    max_percent=5.0,
                    per=timedelta(hours=2),
                )
            },
        ),
        (
            "{require: [{alert: firing}]}",
            {
                "require": RequireSettings(
                    checks=(
                        CheckOrder(kind="alert", parameters={"state": "firing"}, text="firing"),
                    )
                )
            },
        ),
    ],
)
def test_a_guard_is_written_as_its_settings_are_named(written: str, meant: dict[str, Any]) -> None:
    assert with_guards(written) == meant


def test_a_list_of_lists_matches_any_of_them() -> None:
    text = HEAD.replace(
        "match: ['alertname=\"DiskSpaceLow\"']", "match: [[alertname=A, env=x], [alertname=B]]"
    )

    found = playbook(text + STEPS + VERIFY)

    assert [[str(m) for m in matchers] for matchers in found.match] == [
        ['alertname="A"', 'env="x"'],
        ['alertname="B"'],
    ]


@pytest.mark.parametrize("word", ["off", "dry_run", "approve", "auto"])
def test_every_mode_can_be_written_without_quotes(word: str) -> None:
    """Field-notes, trap 10: YAML 1.1 makes `off` a boolean."""
    assert playbook(HEAD + STEPS + VERIFY + f"mode: {word}\n").mode.value == word


def test_steps_of_one_action_get_different_ids() -> None:
    text = HEAD + "steps: [ssh.run: {command: a}, ssh.run: {command: b}, ssh.run: {command: c}]\n"
    text = text.replace("[ssh.run", "[{ssh.run").replace("}, ssh", "}}, {ssh").replace("}]", "}}]")

    assert [step.id for step in playbook(text + VERIFY).steps] == [
        "ssh.run",
        "ssh.run-2",
        "ssh.run-3",
    ]


def test_a_written_id_is_never_given_to_another_step() -> None:
    steps = "steps:\n  - ssh.run: {command: a}\n  - ssh.run: {command: b}\n    id: ssh.run\n"

    assert [step.id for step in playbook(HEAD + steps + VERIFY).steps] == ["ssh.run-2", "ssh.run"]


def test_a_parameter_with_a_template_is_checked_later() -> None:
    steps = 'steps:\n  - docker.prune: {what: ["{{ labels.a }}"], older_than: "{{ labels.b }}"}\n'

    assert playbook(HEAD + steps + VERIFY).steps[0].parameters["older_than"] == "{{ labels.b }}"


def test_a_playbook_loads_again_from_its_document() -> None:
    found = playbook(FULL)

    assert LOADER.from_document(found.document, source="p.yaml") == found
    assert LOADER.from_document(found.document).digest == found.digest


def test_a_document_that_no_longer_loads_says_why() -> None:
    document = playbook(HEAD + STEPS + VERIFY).document.replace("ssh.run", "ssh.gone")

    with pytest.raises(InvalidPlaybook, match=r"`ssh\.gone` is not an action"):
        LOADER.from_document(document)


def test_the_digest_changes_with_the_meaning_and_not_with_the_layout() -> None:
    original = playbook(HEAD + STEPS + VERIFY)
    commented = playbook("# a comment\n" + VERIFY + STEPS + HEAD)
    changed = playbook(HEAD + STEPS.replace("tidy", "wipe") + VERIFY)

    assert commented.digest == original.digest
    assert changed.digest != original.digest


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
            "p.yaml:3:20: error[matcher]: '(' is not a regular expression: …",
            "p.yaml:3:30: error[matcher]: a matcher is text like alertname=\"DiskSpaceLow\"",
        ],
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
        [
            "p.yaml:1:1: warning[no-verify]: "
            "without `verify` nobody knows whether the remedy worked"
        ],
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
        "unknown action",
        HEAD + VERIFY + "steps:\n  - k8s.scael: {replicas: 3}\n",
        ["p.yaml:8:5: error[unknown-action]: `k8s.scael` is not an action. Did you mean `k8s.scale`?"],
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
        HEAD + VERIFY + 'steps:\n  - ssh.run: {command: "{{ lables.x }}", arguments: ["{% if %}"]}\n',
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
        HEAD + STEPS + "    when: lables.a == \"b\"\n" + VERIFY,
        [
            "p.yaml:8:11: error[expr]: 1:7 undeclared reference to 'lables.a'. "
            "Did you mean `labels`?"
        ],
    ),
    (
        "a condition with the wrong type",
        HEAD + STEPS + VERIFY + "approval: {when: size(plan.changes)}\n",
        ["p.yaml:9:18: error[expr]: 1:1 is int, but must be true or false"],
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
    (
        "a kind that a label chooses",
        HEAD.replace("host/{{ labels.instance | host }}", '"{{ labels.instance }}/x"') + STEPS + VERIFY,
        [
            "p.yaml:5:9: error[target]: a target is KIND/NAME. "
            "Write it like host/{{ labels.instance | host }}."
        ],
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
        HEAD + STEPS + VERIFY + "notify: {webhok: x, webhook: {}, slack: '#sre'}\n",
        [
            "p.yaml:9:10: error[unknown-channel]: `webhok` is not a channel. Did you mean `webhook`?",
            "p.yaml:9:21: error[missing-key]: the channel `webhook` needs `url`",
            "p.yaml:9:34: warning[unavailable-channel]: the channel `slack` is not in this version; "
            "nobody is told this way",
        ],
    ),
    (
        "tests without alerts",
        HEAD + STEPS + VERIFY + "tests: [{name: a, expect: {}}]\n",
        ["p.yaml:9:9: error[missing-key]: `tests` needs `alerts`"],
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
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_every_problem_has_its_place_and_its_words(text: str, expected: list[str]) -> None:
    found = problems(text)

    assert len(found) == len(expected), found
    for line, wanted in zip(found, expected, strict=True):
        start, cut, _ = wanted.partition("…") if wanted.endswith("…") else (wanted, "", "")
        assert line.startswith(start) if cut else line == wanted


def test_errors_of_all_files_are_shown_at_once() -> None:
    sources = [
        read_yaml("b.yaml", b"name: [\n"),
        read_yaml("a.yaml", (HEAD + STEPS + VERIFY + "x: 1\n").encode()),
    ]

    loaded = LOADER.read(sources)

    assert [problem.file for problem in loaded.problems] == ["a.yaml", "b.yaml"]
    with pytest.raises(InvalidPlaybook, match=r"a\.yaml:9:1.*\n.*b\.yaml:2:1"):
        loaded.checked()


def test_two_playbooks_with_one_name_are_refused() -> None:
    sources = [read_yaml(f"{name}.yaml", (HEAD + STEPS + VERIFY).encode()) for name in "ab"]

    assert [str(problem) for problem in LOADER.read(sources).problems] == [
        "b.yaml:1:7: error[duplicate-name]: `disk` is also the name of the playbook in a.yaml"
    ]


def test_an_escalation_names_a_known_contact() -> None:
    rules = PlaybookRules(contacts=frozenset({"oncall"}))
    text = HEAD + STEPS + VERIFY + "on_failure: [{escalate: [{to: oncal}, {to: oncall}]}]\n"

    assert problems(text, rules) == [
        "p.yaml:9:31: error[unknown-contact]: `oncal` is not a contact. Did you mean `oncall`?"
    ]
    assert problems(text) == []


def test_a_floor_makes_a_weaker_playbook_stricter_with_a_warning() -> None:
    rules = PlaybookRules(
        guard_defaults={"concurrency": ConcurrencySettings(max=9)},
        guard_floors={
            "cooldown": CooldownSettings(rest=timedelta(hours=2)),
            "breaker": BreakerSettings(failures=2),
        },
    )
    text = HEAD + STEPS + VERIFY + "guards: {cooldown: 1h}\n"

    loaded = load(text, rules)

    assert [str(problem) for problem in loaded.problems] == [
        "p.yaml:9:10: warning[floor]: `cooldown` is weaker than the floor in the settings; "
        "the floor is used"
    ]
    guards = loaded.checked().by_name["disk"].guards
    assert guards["cooldown"] == CooldownSettings(rest=timedelta(hours=2))
    assert guards["breaker"].failures == 2
    assert guards["concurrency"] == ConcurrencySettings(max=9)


def test_a_playbook_that_is_stricter_than_the_floor_keeps_its_own() -> None:
    rules = PlaybookRules(guard_floors={"cooldown": CooldownSettings(rest=timedelta(minutes=30))})

    loaded = load(HEAD + STEPS + VERIFY + "guards: {cooldown: 1h}\n", rules)

    assert loaded.problems == ()
    rest = loaded.checked().by_name["disk"].guards["cooldown"].rest
    assert rest == timedelta(hours=1)


def test_folders_are_read_without_hidden_and_test_files(tmp_path: Path) -> None:
    (tmp_path / "team").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("a.yaml", "team/b.yml", ".git/c.yaml", "d_test.yaml", "e.json", ".f.yaml"):
        text = (HEAD + STEPS + VERIFY).replace("name: disk", f"name: disk-{Path(name).stem[0]}")
        (tmp_path / name).write_text(text)

    book = LOADER.load([tmp_path]).checked()

    assert sorted(book.by_name) == ["disk-a", "disk-b"]
    assert set(book.by_digest) == {found.digest for found in book}
    assert len(book) == 2


def test_an_empty_or_missing_folder_is_an_error(tmp_path: Path) -> None:
    assert "the folder holds no playbooks" in str(LOADER.load([tmp_path]).problems[0])
    assert "No such file or directory" in str(LOADER.load([tmp_path / "no"]).problems[0])


@pytest.mark.parametrize("key", ["name", "match", "target", "mode", "guards", "steps", "verify"])
@pytest.mark.parametrize("value", ["null", "3", "x", "[]", "{}", "[[[]]]", "{a: {b: [c]}}", "true"])
def test_no_value_of_the_wrong_type_makes_the_reader_fail(key: str, value: str) -> None:
    lines = [line for line in FULL.splitlines(keepends=True) if line.strip()]
    kept: list[str] = []
    skipping = False
    for line in lines:
        if not line.startswith((" ", "#")):
            skipping = line.startswith(f"{key}:")
        if not skipping:
            kept.append(line)

    loaded = load("".join(kept) + f"{key}: {value}\n")

    assert has_errors(loaded.problems) or (key, value) in {
        ("name", "x"),
        ("guards", "{}"),
        ("guards", "null"),
    }
