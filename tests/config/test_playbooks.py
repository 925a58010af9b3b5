"""Playbooks: what is accepted, and every error with its place and what would help."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.config.playbook_report import PlaybookRules
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
from remediator.core.identity import OwnMachine
from remediator.core.playbook import (
    AfterFailure,
    ApprovalPolicy,
    CheckOrder,
    Escalation,
    Mode,
    ProbeOrder,
    Since,
)
from remediator.core.target import Target
from remediator.documents.problem import has_errors
from remediator.documents.yaml_source import read_yaml
from remediator.integrations.kubernetes.settings import KUBERNETES_SECTION, KubernetesSettings
from remediator.ports.sections import Sections
from tests.config.playbook_texts import HEAD, LOADER, STEPS, VERIFY, load, playbook, problems


def with_guards(guards: str) -> dict[str, Any]:
    return dict(playbook(HEAD + STEPS + VERIFY + f"guards: {guards}\n").guards)


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
        Escalation(to="leads", after=timedelta(minutes=20), since=Since.ALERT),
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
    assert third.required
    assert not second.required
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
        "p.yaml:9:31: error[unknown-contact]: `oncal` is not a contact, and no `notify` tells anybody else. "
        "Did you mean `oncall`?"
    ]
    assert problems(text) == []


def test_a_playbook_aimed_at_a_protected_target_does_not_load() -> None:
    rules = PlaybookRules(protected=("namespace/kube-system",))
    text = HEAD.replace("host/{{ labels.instance | host }}", "deployment/kube-system/dns")
    steps = "steps:\n  - k8s.scale: {replicas: 3}\n"

    assert problems(text + steps + VERIFY, rules) == [
        "p.yaml:5:9: error[protected]: deployment/kube-system/dns is protected by the settings "
        "(namespace/kube-system)"
    ]
    assert problems(text + steps + VERIFY) == []


def test_a_playbook_aimed_at_the_daemons_own_machine_does_not_load() -> None:
    home = OwnMachine(target=Target("host", "mon1"), what="the daemon's own machine")
    text = HEAD.replace("host/{{ labels.instance | host }}", "host/mon1.example.com")

    (said,) = problems(text + STEPS + VERIFY, PlaybookRules(protected=(home,)))

    assert said.startswith(
        "p.yaml:5:9: error[protected]: host/mon1.example.com is the daemon's own machine (host/mon1)"
    )
    assert problems(text + STEPS + VERIFY) == []


@pytest.mark.parametrize(
    ("clusters", "expected"),
    [
        ((), "warning[no-cluster]: nothing in Kubernetes can be reached"),
        (("eu", "us"), "error[cluster]: deployment/shop/{{ labels.instance }}: which cluster?"),
        (("eu",), ""),
    ],
)
def test_a_target_in_kubernetes_needs_a_cluster(clusters: tuple[str, ...], expected: str) -> None:
    named = tuple(KubernetesSettings(name=name) for name in clusters)
    known = Sections().having(KUBERNETES_SECTION, named)
    text = HEAD.replace("{{ labels.instance | host }}", "shop/{{ labels.instance }}")
    text = text.replace("host/", "deployment/") + "steps:\n  - k8s.scale: {replicas: 3}\n"

    found = problems(text + VERIFY, PlaybookRules(sections=known))

    assert len(found) == bool(expected)
    assert all(expected in each for each in found)


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
        ("steps", "[]"),
    }


def test_labels_of_any_name_can_be_asked_for_and_used() -> None:
    head = HEAD.replace("[instance]", "[instance, host.name, größe]")
    text = head.replace("labels.instance", 'labels["host.name"]') + STEPS + VERIFY
    assert playbook(text).requires == ("instance", "host.name", "größe")
    assert problems(text) == []
