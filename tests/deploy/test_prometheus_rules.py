"""The shipped alert rules: accepted and tested by promtool, about metrics that exist, each with a chapter."""

import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from remediator.core.events import Outcome
from remediator.ports.store import Statistics
from tests.parts.require import find, require
from tests.telemetry.story import Story, closed

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus-rules.yaml"
CASES = Path(__file__).with_name("prometheus-rules-test.yaml")
SELECTOR = re.compile(r"\b(remediator_\w+)(?:\{([^}]*)\})?")
OF_THE_SCRAPE = {"job", "instance"}
QUIET = Statistics(
    runs_active={},
    approvals_pending=0,
    oldest_due_at=None,
    outbox_pending=0,
    outbox_oldest_at=None,
    inbox_new=0,
    inbox_oldest_at=None,
    pauses=(),
)


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return list(group["rules"])


def promtool(*words: str) -> None:
    require("promtool")
    argv = [find("promtool") or "promtool", *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def labels_by_metric() -> dict[str, set[str]]:
    """What a daemon that has seen a little of everything exports."""
    story = Story().tell(closed(Outcome.FAILED), after=timedelta(seconds=1))
    story.telemetry.notification("prod", "202")
    story.telemetry.breaker("disk-space-low", is_open=True)
    story.telemetry.statistics(QUIET, story.at)
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(story.telemetry.render()[0].decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.mark.slow
def test_promtool_accepts_the_rules() -> None:
    promtool("check", "rules", str(RULES))


@pytest.mark.slow
def test_every_alert_fires_when_it_should_and_not_before() -> None:
    promtool("test", "rules", str(CASES))


def test_every_alert_has_a_case() -> None:
    cases = CASES.read_text()
    assert [rule["alert"] for rule in rules() if rule["alert"] not in cases] == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_asks_only_for_metrics_and_labels_that_are_exported(rule: dict[str, Any]) -> None:
    exported = labels_by_metric()

    for name, selector in SELECTOR.findall(rule["expr"]):
        wanted = set(re.findall(r"(\w+)\s*[=!]", selector)) | by_labels(rule["expr"])
        assert name in exported
        assert wanted <= exported[name] | OF_THE_SCRAPE, name


def by_labels(expression: str) -> set[str]:
    groups = re.findall(r"by \(([^)]*)\)", expression)
    return {label.strip() for group in groups for label in group.split(",")}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    chapters = re.findall(r"^### (.+)$", (ROOT / page).read_text(), re.MULTILINE)

    assert rule["labels"]["severity"] in ("critical", "warning", "none")
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert anchor in {chapter.lower() for chapter in chapters}
