"""When remediator keeps its hands off, and how it says so.

Facts that are missing, proofs that fail, fixes that do not last.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.site import Site
from tests.parts.prometheus import Prometheus
from tests.parts.require import require
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow

ALWAYS, NEVER = "vector(1) > 0", "vector(1) > 1"


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Prometheus]:
    """One of our own, to be stopped."""
    require("prometheus", "promtool")
    with Prometheus() as part:
        yield part


@pytest.fixture(scope="module")
def effects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every run of the command adds the name of its alert to this file."""
    return tmp_path_factory.mktemp("effects") / "effects"


@pytest.fixture(scope="module")
def site(sshd: Sshd, prometheus: Prometheus, effects: Path) -> Iterator[Site]:
    """One playbook, one alert name and one host name for each test."""
    fix = {
        "argv": ["sh", "-c", 'echo "$1" >> "$2"', "sh", "{alert}", str(effects)],
        "parameters": {"alert": "[A-Za-z]+"},
    }
    playbooks = {
        "blind": playbook("Blind"),
        "unfit": playbook("Unfit", require=NEVER),
        "unsure": playbook("Unsure", after="4s", within="8s"),
        "futile": playbook("Futile", verify=NEVER),
        "fleeting": playbook("Fleeting"),
    }
    settings = {"prometheus": {"url": prometheus.url}, "commands": {"fix": fix}}
    with Site(sshd=sshd, hosts=list(playbooks), playbooks=playbooks, settings=settings) as new:
        yield new


def playbook(
    alert: str,
    *,
    require: str = ALWAYS,
    verify: str = ALWAYS,
    after: str = "0s",
    within: str = "4s",
) -> dict[str, Any]:
    fix = {"name": "fix", "parameters": {"alert": "{{ labels.alertname }}"}}
    return {
        "match": [f'alertname="{alert}"'],
        "requires": ["instance"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "auto",
        "guards": {
            "cooldown": "0s",
            "limits": [{"max": 50, "per": "1h", "by": "playbook"}],
            "require": [{"promql": require}],
        },
        "diagnose": [{"disk.usage": {"path": "/boot"}}],
        "steps": [{"host.command": fix, "irreversible": "allow"}],
        "verify": {"after": after, "within": within, "every": "1s", "all": [{"promql": verify}]},
        "on_failure": [{"escalate": [{"to": "oncall"}]}],
    }


def labels_of(alert: str) -> dict[str, str]:
    return {"alertname": alert, "instance": f"{alert.lower()}:9100"}


def count(effects: Path, alert: str) -> int:
    return effects.read_text().splitlines().count(alert) if effects.exists() else 0


def answer(site: Site, alert: str) -> Any:
    """Post the alert (again: after it has resolved); the run that answers it this time, when it has ended."""
    name = alert.lower()
    before = {run["id"] for run in site.runs(playbook=name)}
    if before:
        site.alert(labels_of(alert), firing=False)
    site.alert(labels_of(alert))

    def ended() -> Any:
        runs = site.runs(playbook=name)
        return next((r for r in runs if r["id"] not in before and r["outcome"]), None)

    return site.wait_for(ended, 60, "another run")


def test_a_fact_that_cannot_be_known_is_a_no(
    site: Site, prometheus: Prometheus, effects: Path
) -> None:
    prometheus.stop()
    try:
        run = answer(site, "Blind")
    finally:
        prometheus.start()

    assert run["outcome"] == "blocked"
    assert run["reason"].startswith(f"require: promql: {ALWAYS} is unknown (Prometheus")
    why = site.cli("why", run["alert"]["fingerprint"]).stdout
    assert f"require: promql: {ALWAYS} is unknown" in why
    assert "the required check holds" in why  # what would clear it
    assert run["evidence"]  # people are shown what it looks like all the same
    assert "nothing was changed" in site.wait_for_message("blocked", run=run["id"])["text"]
    assert count(effects, "Blind") == 0


def test_a_fact_that_does_not_hold_is_a_no(site: Site, effects: Path) -> None:
    run = answer(site, "Unfit")

    assert run["outcome"] == "blocked"
    assert run["reason"].startswith(f"require: promql: {NEVER} does not hold")
    assert count(effects, "Unfit") == 0


def test_a_proof_that_cannot_be_made_is_inconclusive_and_escalates(
    site: Site, prometheus: Prometheus, effects: Path
) -> None:
    site.alert(labels_of("Unsure"))
    site.wait_for_run(playbook="unsure", phase="verifying")
    prometheus.stop()
    try:
        run = site.wait_for_run(playbook="unsure", phase="closed")
    finally:
        prometheus.start()

    assert run["outcome"] == "unresolved"
    assert run["reason"] == "inconclusive: the checks could not be answered"
    called = site.wait_for_message("escalation", path="oncall", run=run["id"])
    assert "inconclusive" in called["text"]
    assert count(effects, "Unsure") == 1


def test_a_remedy_that_did_not_work_escalates_with_what_was_tried(
    site: Site, effects: Path
) -> None:
    run = answer(site, "Futile")

    assert (run["outcome"], run["reason"]) == ("unresolved", "not verified in time")
    called = site.wait_for_message("escalation", path="oncall", run=run["id"])
    assert called["text"].startswith("Futile on futile needs you: not verified in time.")
    assert "host.command: done, ran fix" in called["lines"]
    failure = site.wait_for_message("failure", run=run["id"])
    assert any(line.startswith(f"promql: {NEVER}: does not hold") for line in failure["lines"])
    assert any("% used" in line for line in failure["lines"])  # the evidence
    assert count(effects, "Futile") == 1
    assert len(site.told("escalation", path="oncall", run=run["id"])) == 1


def test_the_third_fix_that_did_not_last_opens_the_breaker_until_a_person_resumes(
    site: Site, effects: Path
) -> None:
    for _ in range(3):
        assert answer(site, "Fleeting")["outcome"] == "resolved"

    blocked = answer(site, "Fleeting")  # it came back for the third time

    assert blocked["outcome"] == "blocked"
    assert blocked["reason"].startswith("breaker: the breaker is open")
    called = site.wait_for_message("escalation", path="oncall", run=blocked["id"])
    assert "the breaker is open" in called["text"]
    assert "remediator resume playbook/NAME" in site.cli("why", blocked["id"]).stdout
    assert count(effects, "Fleeting") == 3
    assert answer(site, "Fleeting")["outcome"] == "blocked"

    resumed = site.cli("resume", "playbook/fleeting")

    assert resumed.returncode == 0, resumed.stderr
    assert answer(site, "Fleeting")["outcome"] == "resolved"
    assert count(effects, "Fleeting") == 4
