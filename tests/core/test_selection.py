"""Which playbooks answer an alert, in which mode, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from remediator.core.matcher import Matcher, MatchOp, parse_matcher
from remediator.core.playbook import Mode, Playbook, VerifyOrder
from remediator.core.selection import Decision, Environment, Index, Reach, out_of_reach, select
from remediator.core.target import Target
from remediator.testing.builders import a_step, an_alert

PROD = Environment(name="prod", match=(parse_matcher("env=prod"),), mode=Mode.AUTO)
TEST = Environment(name="test", match=(parse_matcher("env=test"),), mode=Mode.OFF)
REST = Environment(name="rest", match=(), mode=Mode.APPROVE)


def a_playbook(*alternatives: str, **changes: Any) -> Playbook:
    """A playbook whose alternatives are written `a=b, c=d`."""
    match = tuple(tuple(parse_matcher(m) for m in each.split(", ")) for each in alternatives)
    whole: dict[str, Any] = {
        "name": "disk",
        "digest": "d",
        "document": "{}",
        "match": match,
        "target": "host/web1",
        "mode": Mode.AUTO,
        "steps": (a_step(),),
        "verify": VerifyOrder(checks=()),
    }
    return Playbook(**(whole | changes))


def labels(**more: str) -> dict[str, str]:
    return {"alertname": "Disk", "env": "prod", "instance": "web1"} | more


@pytest.mark.parametrize(
    ("playbook", "decision", "mode", "reason"),
    [
        (a_playbook("alertname=Disk"), Decision.RUN, Mode.AUTO, "mode auto: playbook auto"),
        (a_playbook("alertname=Disk", mode=Mode.APPROVE), Decision.RUN, Mode.APPROVE, "approve"),
        (
            a_playbook("alertname=Disk", mode=Mode.DRY_RUN),
            Decision.DRY_RUN,
            Mode.DRY_RUN,
            "dry_run",
        ),
        (a_playbook("alertname=Disk", mode=Mode.OFF), Decision.OFF, Mode.OFF, "is off"),
        (
            a_playbook("alertname=Memory"),
            Decision.NOT_MATCHED,
            Mode.OFF,
            "alertname=\"Memory\": the label is 'Disk'",
        ),
        (
            a_playbook("alertname=Disk, job=node"),
            Decision.NOT_MATCHED,
            Mode.OFF,
            'job="node": the label is absent',
        ),
        (a_playbook("alertname=Memory", "alertname=Disk"), Decision.RUN, Mode.AUTO, "mode auto"),
        (
            a_playbook("alertname=Memory", "alertname=Disk, job=node"),
            Decision.NOT_MATCHED,
            Mode.OFF,
            'job="node"',
        ),
        (
            a_playbook("alertname=Disk", requires=("instance", "mountpoint")),
            Decision.SKIPPED,
            Mode.AUTO,
            "no label mountpoint",
        ),
        (
            a_playbook("alertname=Disk", name="reboot"),
            Decision.SKIPPED,
            Mode.OFF,
            "may not set off",
        ),
    ],
)
def test_one_playbook_is_decided_for_one_alert(
    playbook: Playbook, decision: Decision, mode: Mode, reason: str
) -> None:
    chosen = select(
        playbook, an_alert(labels=labels()), (PROD, REST), Reach(playbooks=("disk*",)), "am"
    )
    assert (chosen.decision, chosen.mode) == (decision, mode)
    assert reason in chosen.reason


def test_a_source_without_the_right_to_a_playbook_does_not_make_its_matchers_work() -> None:
    """What may not be set off is not matched either."""
    playbook = a_playbook("alertname=Disk", name="reboot")
    unasked = replace(playbook, match=((Unasked("env", MatchOp.REGEX, "(a+)+b"),),))

    chosen = select(unasked, an_alert(labels=labels()), (PROD,), Reach(playbooks=("disk*",)), "am")

    assert chosen.decision is Decision.SKIPPED
    assert chosen.reason == "source am may not set off this playbook"


def test_a_source_that_is_limited_to_labels_sets_off_nothing_by_other_alerts() -> None:
    reach = Reach(match=(parse_matcher("env=test"),))

    chosen = select(a_playbook("alertname=Disk"), an_alert(labels=labels()), (PROD,), reach, "lab")

    assert chosen.decision is Decision.SKIPPED
    assert (
        chosen.reason == 'source lab may set off nothing by this alert: it is limited to env="test"'
    )
    assert chosen.refusal is None


@pytest.mark.parametrize(
    ("targets", "is_reached"),
    [
        (None, True),
        ((), False),
        (("host/web*",), True),
        (("host/db*", "service/web1"), False),
        (("host/WEB1",), True),
    ],
)
def test_a_source_that_is_limited_to_targets_sets_off_nothing_on_others(
    targets: tuple[str, ...] | None, is_reached: bool
) -> None:
    chosen = select(a_playbook("alertname=Disk"), an_alert(labels=labels()), (PROD,))

    beyond = out_of_reach(chosen, Target("host", "web1"), Reach(targets=targets), "lab")

    assert (beyond is None) is is_reached
    if beyond:
        assert beyond.decision is Decision.SKIPPED
        assert beyond.reason == "source lab may set off nothing on host/web1"


def test_a_source_that_is_limited_to_a_namespace_reaches_what_is_in_it() -> None:
    chosen = select(a_playbook("alertname=Disk"), an_alert(labels=labels()), (PROD,))
    reach = Reach(targets=("namespace/shop",))

    assert out_of_reach(chosen, Target("deployment", "shop/web"), reach, "lab") is None
    assert out_of_reach(chosen, Target("deployment", "kube-system/dns"), reach, "lab")


class Unasked(Matcher):
    """A matcher that must not be asked."""

    def matches(self, labels: Mapping[str, str]) -> bool:
        raise AssertionError("asked")


@pytest.mark.parametrize(
    ("env", "environments", "mode", "name"),
    [
        ("prod", (PROD, REST), Mode.AUTO, "prod"),
        ("test", (PROD, TEST, REST), Mode.OFF, ""),
        ("edge", (PROD, REST), Mode.APPROVE, "rest"),
        ("edge", (PROD,), Mode.DRY_RUN, "unknown"),
        ("edge", (), Mode.DRY_RUN, "unknown"),
        ("prod", (REST, PROD), Mode.APPROVE, "rest"),
    ],
)
def test_the_first_environment_that_matches_is_the_ceiling_and_an_unknown_one_rehearses(
    env: str, environments: tuple[Environment, ...], mode: Mode, name: str
) -> None:
    alert = an_alert(labels=labels(env=env))
    chosen = select(a_playbook("alertname=Disk"), alert, environments)
    assert (chosen.mode, chosen.environment) == (mode, name)


def test_a_label_that_is_required_may_not_be_empty() -> None:
    playbook = a_playbook("alertname=Disk", requires=("instance",))
    chosen = select(playbook, an_alert(labels=labels(instance="")), (PROD,))
    assert chosen.decision is Decision.SKIPPED


@pytest.mark.parametrize(
    ("mode", "selected"),
    [(Mode.AUTO, True), (Mode.APPROVE, True), (Mode.DRY_RUN, True), (Mode.OFF, False)],
)
def test_only_what_runs_or_rehearses_is_selected(mode: Mode, selected: bool) -> None:
    playbook = a_playbook("alertname=Disk", mode=mode)
    assert select(playbook, an_alert(labels=labels()), (PROD,)).is_selected is selected


SHELF = {
    "exact": ("alertname=Disk",),
    "list": ('alertname=~"Disk|Memory"',),
    "pattern": ('alertname=~"Di.*"',),
    "negative": ("env!=test",),
    "other": ("alertname=Memory",),
    "either": ("alertname=Memory", "instance=web1"),
    "empty": ('team=""',),
}


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        (labels(), {"exact", "list", "pattern", "negative", "either", "empty"}),
        (
            labels(alertname="Memory", instance="db1"),
            {"list", "pattern", "negative", "other", "either", "empty"},
        ),
        ({}, {"pattern", "negative", "empty"}),
    ],
)
def test_the_index_leaves_out_only_what_cannot_match(
    alert: dict[str, str], expected: set[str]
) -> None:
    playbooks = [a_playbook(*match, name=name) for name, match in SHELF.items()]
    found = {playbook.name for playbook in Index(playbooks).candidates(alert)}
    matching = {p.name for p in playbooks if select(p, an_alert(labels=alert), ()).is_selected}
    assert found == expected
    assert matching <= found


NOT_READY = {"alertname": "Disk", "env": "prod", "node": "good1", "exported_node": "bad7"}
LOOPING = {
    **{
        "alertname": "Disk",
        "env": "prod",
        "container": "kube-state-metrics",
        "exported_container": "api",
    },
    **{"namespace": "monitoring", "exported_namespace": "payments"},
    **{"pod": "kube-state-metrics-7c9", "exported_pod": "api-1"},
}


@pytest.mark.parametrize(
    ("found", "made_from", "blamed"),
    [
        (NOT_READY, ("node",), "node"),
        (LOOPING, ("namespace", "pod"), "namespace"),
        (LOOPING, ("exported_namespace", "pod"), "pod"),
        (labels(exported_instance="db1:9100"), ("instance",), "instance"),
    ],
)
def test_a_label_that_names_the_scraper_is_no_target(
    found: dict[str, str], made_from: tuple[str, ...], blamed: str
) -> None:
    """kubernetes-mixin#728: the healthy node would be drained, the healthy pod be deleted."""
    playbook = a_playbook("alertname=Disk", target_labels=made_from)

    selection = select(playbook, an_alert(labels=found), (PROD,))

    assert selection.decision is Decision.BLOCKED
    assert f"the label {blamed} names who was scraped" in selection.reason
    assert "honor_labels: true" in selection.reason
    assert not selection.is_selected


@pytest.mark.parametrize(
    ("found", "made_from"),
    [
        (NOT_READY, ("exported_node",)),
        (NOT_READY, ("exported_node", "node")),
        (LOOPING, ("exported_namespace", "exported_pod")),
        (NOT_READY, ("instance",)),
        (labels(exported_instance=""), ("instance",)),
    ],
)
def test_a_playbook_that_names_what_is_sick_runs(
    found: dict[str, str], made_from: tuple[str, ...]
) -> None:
    playbook = a_playbook("alertname=Disk", target_labels=made_from)

    assert select(playbook, an_alert(labels=found), (PROD,)).is_selected
