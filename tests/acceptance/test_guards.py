"""When remediator keeps its hands off, and how it says so: facts that are missing, proofs that fail, fixes that do not last."""

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


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    """One of our own, to be stopped."""
    require("prometheus", "promtool")
    with Prometheus() as part:
        yield part


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    """Every run of the command adds a line to this file."""
    return tmp_path / "effects"


@pytest.fixture
def site(sshd: Sshd, prometheus: Prometheus, effects: Path) -> Iterator[Site]:
    new = Site(
        sshd=sshd,
        hosts=("web1", "web2"),
        playbooks={"fix": playbook()},
        settings={
            "prometheus": {"url": prometheus.url},
            "commands": {"fix": {"argv": ["sh", "-c", f"echo fixed >> {effects}"]}},
        },
    )
    with new:
        yield new


def playbook(*, require: str = ALWAYS, verify: str = ALWAYS, after: str = "0s") -> dict[str, Any]:
    return {
        "match": ['alertname="Sick"'],
        "requires": ["instance"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "auto",
        "guards": {"cooldown": "0s", "require": [{"promql": require}]},
        "diagnose": [{"disk.usage": {"path": "/"}}],
        "steps": [{"host.command": {"name": "fix"}, "irreversible": "allow"}],
        "verify": {"after": after, "within": "5s", "every": "1s", "all": [{"promql": verify}]},
        "on_failure": [{"escalate": [{"to": "oncall"}]}],
    }


def labels_of(name: str = "web1") -> dict[str, str]:
    return {"alertname": "Sick", "instance": f"{name}:9100"}


def count(effects: Path) -> int:
    return len(effects.read_text().splitlines()) if effects.exists() else 0


def next_run(site: Site, *, firing: bool = True) -> Any:
    """The alert resolves and fires again; the run that answers it this time, when it has ended."""
    before = {run["id"] for run in site.runs()}
    if before:
        site.alert(labels_of(), firing=False)
    site.alert(labels_of())

    def ended() -> Any:
        return next((r for r in site.runs() if r["id"] not in before and r["outcome"]), None)

    return site.wait_for(ended, what="another run")


def test_a_fact_that_cannot_be_known_is_a_no(
    site: Site, prometheus: Prometheus, effects: Path
) -> None:
    prometheus.stop()

    fingerprint = site.alert(labels_of())
    run = site.wait_for_run(phase="closed")

    assert run["outcome"] == "blocked"
    assert run["reason"].startswith(
        f"require: promql: {ALWAYS} is unknown (Prometheus gave no answer"
    )
    why = site.cli("why", fingerprint).stdout
    assert "require" in why
    assert "Prometheus gave no answer" in why
    assert "the required check holds" in why  # what would clear it
    assert run["evidence"]  # people are shown what it looks like all the same
    assert "nothing was changed" in site.wait_for_message("blocked")["text"]
    assert count(effects) == 0


def test_a_fact_that_does_not_hold_is_a_no(site: Site, effects: Path) -> None:
    site.write_playbook("fix", playbook(require=NEVER))
    assert site.call("POST", "/-/reload", headers=site.bearer("ana")).status == 200

    site.alert(labels_of())
    run = site.wait_for_run(phase="closed")

    assert (run["outcome"], run["reason"]) == (
        "blocked",
        f"require: promql: {NEVER} does not hold (no series)",
    )
    assert count(effects) == 0


def test_a_proof_that_cannot_be_made_is_inconclusive_and_escalates(
    site: Site, prometheus: Prometheus, effects: Path
) -> None:
    site.write_playbook("fix", playbook(after="2s"))
    assert site.call("POST", "/-/reload", headers=site.bearer("ana")).status == 200
    site.alert(labels_of())
    site.wait_for_run(phase="verifying")

    prometheus.stop()

    run = site.wait_for_run(phase="closed")
    assert (run["outcome"], run["reason"]) == (
        "unresolved",
        "inconclusive: the checks could not be answered",
    )
    told = site.wait_for_message("escalation", path="oncall")
    assert "inconclusive" in told["text"]
    assert count(effects) == 1


def test_a_remedy_that_did_not_work_escalates_with_what_was_tried(
    site: Site, effects: Path
) -> None:
    site.write_playbook("fix", playbook(verify=NEVER))
    assert site.call("POST", "/-/reload", headers=site.bearer("ana")).status == 200

    site.alert(labels_of())
    run = site.wait_for_run(phase="closed")

    assert (run["outcome"], run["reason"]) == ("unresolved", "not verified in time")
    called = site.wait_for_message("escalation", path="oncall")
    assert called["text"].startswith("Sick on web1 needs you: not verified in time.")
    assert "host.command: done, ran fix" in called["lines"]
    failure = site.wait_for_message("failure")
    assert any(NEVER in line and "fails" in line for line in failure["lines"])
    assert any("% used" in line for line in failure["lines"])  # the evidence
    assert count(effects) == 1
    assert len(site.told("escalation", path="oncall")) == 1


def test_the_third_fix_that_did_not_last_opens_the_breaker_until_a_person_resumes(
    site: Site, effects: Path
) -> None:
    for _ in range(3):
        assert next_run(site)["outcome"] == "resolved"

    blocked = next_run(site)  # it came back for the third time

    assert blocked["outcome"] == "blocked"
    assert blocked["reason"].startswith("breaker: the breaker is open: 3 times")
    called = site.wait_for_message("escalation", path="oncall", run=blocked["id"])
    assert "the breaker is open" in called["text"]
    why = site.cli("why", blocked["id"]).stdout
    assert "remediator resume playbook/NAME" in why
    assert count(effects) == 3
    assert next_run(site)["outcome"] == "blocked"

    resumed = site.cli("resume", "playbook/fix")

    assert resumed.returncode == 0, resumed.stderr
    assert next_run(site)["outcome"] == "resolved"
    assert count(effects) == 4
