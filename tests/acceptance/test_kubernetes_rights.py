"""An account with exactly the rights that `remediator rbac` prints is enough; with one verb less, that is said."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.cluster_site import BOUNDLESS, one_cluster, playbook
from tests.acceptance.site import Site
from tests.integrations.kubernetes.actions.workloads import BAD, GOOD, image, two_revisions
from tests.parts.cluster import Cluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROLLBACK = playbook(
    "deployment/{{ labels.namespace }}/{{ labels.deployment }}",
    {"kubernetes.rollout_undo": {}},
    alert="HighErrorRate",
    requires=["namespace", "deployment"],
    diagnose=["rollout_diff", "pod_logs", "events"],
)


@pytest.fixture(scope="module")
def printed(cluster: Cluster, namespace: str) -> list[Any]:
    """What `remediator rbac` prints for the playbook and this namespace."""
    asking = Site(
        playbooks={"rollback": ROLLBACK},
        settings={"kubernetes": [one_cluster(cluster.kubeconfig, namespace)]},
    )
    asking.write("remediator.yaml", json.dumps(asking.settings))
    done = asking.cli("rbac", "--config.file", "remediator.yaml")
    asking.close()
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


@pytest.fixture(scope="module")
def rules(printed: list[Any], namespace: str) -> list[dict[str, Any]]:
    """The rules of its one Role."""
    (role,) = (each for each in printed if each["kind"] in ("Role", "ClusterRole"))
    assert (role["kind"], role["metadata"]["namespace"]) == ("Role", namespace)
    return list(role["rules"])


@pytest.fixture(scope="module")
def granted(cluster: Cluster, namespace: str, rules: list[dict[str, Any]]) -> Iterator[Site]:
    with _site(cluster.account(namespace, "enough", rules), namespace) as site:
        yield site


@pytest.fixture(scope="module")
def short(cluster: Cluster, namespace: str, rules: list[dict[str, Any]]) -> Iterator[Site]:
    """It may not patch."""
    account = cluster.account(namespace, "short", without("patch", rules))
    with _site(account, namespace) as site:
        yield site


def without(verb: str, rules: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules with one verb less, which was there."""
    assert any(verb in rule["verbs"] for rule in rules)
    less = [{**rule, "verbs": [v for v in rule["verbs"] if v != verb]} for rule in rules]
    return [rule for rule in less if rule["verbs"]]


def _site(kubeconfig: Path, namespace: str) -> Site:
    reach = one_cluster(kubeconfig, namespace)
    return Site(
        playbooks={"rollback": ROLLBACK}, settings={"guards": BOUNDLESS, "kubernetes": [reach]}
    )


def ended(site: Site, target: str) -> Any:
    """The run for a deployment that fails."""
    _, namespace, name = target.split("/")
    site.alert({"alertname": "HighErrorRate", "namespace": namespace, "deployment": name})
    return site.wait_for_run(target=target, phase="closed")


def findings(site: Site) -> list[Any]:
    """What `check --online` says about the cluster."""
    done = site.cli("check", "--config.file", "remediator.yaml", "--online", "--format", "json")
    return [f for f in json.loads(done.stdout) if f.get("where") == "kubernetes test"]


def test_what_is_printed_is_enough_for_a_whole_run(
    granted: Site, cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)

    run = ended(granted, target)

    assert (run["outcome"], run["reason"]) == ("resolved", "verified"), granted.story()
    assert image(cluster, target) == GOOD
    assert [one["problem"] for one in run["evidence"]] == ["", "", ""], run["evidence"]
    _, _, name = target.split("/")
    told = cluster.kubectl("describe", "deployment", name, "-n", namespace)
    assert "RemediatorApplied" in told


def test_what_is_printed_is_found_complete_and_not_too_much(granted: Site) -> None:
    found = findings(granted)

    assert [one["severity"] for one in found] == ["ok"], found


def test_one_verb_less_is_named_before_anything_happens(short: Site, namespace: str) -> None:
    found = findings(short)

    text = f"may not patch deployments.apps in {namespace}, which rollback needs"
    assert [(one["severity"], one["message"]) for one in found] == [("error", text)]


def test_one_verb_less_is_said_plainly_by_the_run(
    short: Site, cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)

    run = ended(short, target)

    assert run["outcome"] == "failed"
    assert "may not patch" in run["reason"], run["reason"]
    assert "remediator rbac" in run["reason"], run["reason"]
    assert image(cluster, target) == BAD
