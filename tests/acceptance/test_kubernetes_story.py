"""The third story: a release breaks a deployment, is rolled back after an approval, and stays back."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.cluster_site import BOUNDLESS, ErrorRates, monitored, one_cluster
from tests.acceptance.shipped import shipped
from tests.acceptance.site import APPROVE, Site
from tests.integrations.kubernetes.actions.workloads import (
    BAD,
    GOOD,
    deployed,
    image,
    set_image,
    settled,
    two_revisions,
    workload,
)
from tests.parts.cluster import Cluster, deployment
from tests.parts.require import require

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SHORTER = {
    "cooldown: 1h": "cooldown: 0s",
    "{max: 2, per: 1d, by: target}, {max: 5, per: 1h, by: playbook}": "{max: 50, per: 1h, by: target}",
    "blast_radius: {max: 2, per: 1h}": "blast_radius: {max: 50, per: 1h}",
    "  after: 30s": "  every: 1s\n  after: 1s",
    "within: 15m": "within: 60s",
    "for: 2m": "for: 2s",
}
ROLLBACK = shipped("high-error-rate-rollback", SHORTER)
TO_REVISION = {
    "requires": ["namespace", "deployment"],
    "target": "deployment/{{ labels.namespace }}/{{ labels.deployment }}",
    "mode": "approve",
    "guards": {"cooldown": "0s"},
    "verify": {"all": [{"rollout": "done"}]},
}
TO_UNKNOWN = {
    **TO_REVISION,
    "match": ['alertname="WrongRevision"'],
    "steps": [{"kubernetes.rollout_undo": {"to_revision": 42}}],
}
TO_CURRENT = {
    **TO_REVISION,
    "match": ['alertname="SameTemplate"'],
    "steps": [{"kubernetes.rollout_undo": {"to_revision": 2}}],
}


@pytest.fixture(scope="module")
def exporter(cluster: Cluster) -> Iterator[ErrorRates]:
    """It watches a namespace of its own: alerts of the other tests are told by hand."""
    with cluster.namespace("watched") as watched, ErrorRates(cluster, watched) as one:
        yield one


@pytest.fixture(scope="module")
def site(cluster: Cluster, namespace: str, exporter: ErrorRates) -> Iterator[Site]:
    """One site for all tests here; each has a deployment of its own."""
    require("prometheus", "promtool", "alertmanager", "amtool")
    reach = one_cluster(cluster.kubeconfig, namespace, exporter.namespace)
    new = Site(
        playbooks={
            "high-error-rate-rollback": ROLLBACK,
            "to-unknown": TO_UNKNOWN,
            "to-current": TO_CURRENT,
        },
        settings={"environments": APPROVE, "guards": BOUNDLESS, "kubernetes": [reach]},
    )
    with monitored(new, exporter):
        yield new


def asked(site: Site, target: str, alert: str = "HighErrorRate", **more: str) -> Any:
    """The run that waits for an approval after a deployment has begun to fail."""
    site.alert(labels_of(target, alert, **more))
    return site.wait_for_run(target=target, phase="awaiting_approval")


def labels_of(target: str, alert: str, **more: str) -> dict[str, str]:
    _, namespace, name = target.split("/")
    return {"alertname": alert, "namespace": namespace, "deployment": name, **more}


def approve(site: Site, run: Any) -> None:
    body = {"digest": run["approval"]["digest"]}
    reply = site.api("POST", f"/runs/{run['id']}/approve", body, user="abe")
    assert reply.status == 200, reply


def closed(site: Site, run: Any, seconds: float = 90) -> Any:
    """The run when it has ended."""
    site.wait_for(lambda: site.run(run["id"])["outcome"], seconds, "an outcome")
    return site.run(run["id"])


def generation(cluster: Cluster, target: str) -> int:
    kind, namespace, name = target.split("/")
    return int(cluster.read(kind, name, "-n", namespace)["metadata"]["generation"])


def test_a_broken_release_is_rolled_back_verified_and_not_flipped_back(
    site: Site, cluster: Cluster, exporter: ErrorRates
) -> None:
    watched = exporter.namespace
    target = f"deployment/{watched}/api"
    cluster.apply(deployment("api", watched, replicas=2))
    site.wait_for(lambda: "api" in exporter.served, 60, "a deployment that is well")
    cluster.kubectl("set", "image", "deployment/api", f"main={BAD}", "-n", watched)

    run = site.wait_for_run(target=target, phase="awaiting_approval")
    (change,) = run["plan"]["changes"]
    assert (change["before"]["revision"], change["after"]["revision"]) == (2, 1), change
    assert f"image {BAD} -> {GOOD}" in change["summary"]
    assert any(BAD in line and GOOD in line for line in change["after"]["differences"]), change
    evidence = [line for one in run["evidence"] for line in one["lines"]]
    assert any(BAD in line for line in evidence), run["evidence"]
    assert image(cluster, target) == BAD

    approve(site, run)
    ended = closed(site, run)
    assert (ended["outcome"], ended["reason"]) == ("resolved", "verified"), site.story()
    words = ["rollout", "status", "deployment/api", "-n", watched, "--watch=false"]
    assert "successfully rolled out" in cluster.kubectl(*words)
    assert image(cluster, target) == GOOD
    described = cluster.kubectl("describe", "deployment", "api", "-n", watched)
    assert "RemediatorApplied" in described

    before = generation(cluster, target)
    site.alert(labels_of(target, "HighErrorRate", again="yes"))
    second = site.wait_for(lambda: [r for r in site.runs(target=target) if r["id"] != run["id"]])
    refused = closed(site, second[0])
    assert "which a rollback of ours just left" in refused["reason"], refused
    assert (image(cluster, target), generation(cluster, target)) == (GOOD, before)


def test_a_deployment_that_changes_while_people_decide_is_asked_about_again(
    site: Site, cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    run = asked(site, target)
    first = run["approval"]["digest"]
    set_image(cluster, target, "busybox:newer")

    approve(site, run)

    def again() -> Any:
        now = site.run(run["id"])
        waits = now["phase"] == "awaiting_approval" and now["approval"]["digest"] != first
        return now if waits else None

    asked_again = site.wait_for(again, 30, "the new plan")
    assert image(cluster, target) == "busybox:newer"
    (change,) = asked_again["plan"]["changes"]
    assert change["before"]["images"] == "busybox:newer"

    approve(site, asked_again)
    site.wait_for(lambda: image(cluster, target) == BAD, 30, "the rollback")


def paused(cluster: Cluster, namespace: str) -> str:
    target = two_revisions(cluster, "deployment", namespace)
    cluster.kubectl("rollout", "pause", target.replace(f"/{namespace}", ""), "-n", namespace)
    settled(cluster, *target.split("/"))
    return target


def without_history(cluster: Cluster, namespace: str) -> str:
    deployed(cluster, workload("deployment", namespace, "only-one", GOOD))
    return f"deployment/{namespace}/only-one"


def not_there(cluster: Cluster, namespace: str) -> str:
    return f"deployment/{namespace}/nowhere"


def with_two(cluster: Cluster, namespace: str) -> str:
    return two_revisions(cluster, "deployment", namespace)


@pytest.mark.parametrize(
    ("prepared", "alert", "reason"),
    [
        (paused, "HighErrorRate", "resume it first"),
        (without_history, "HighErrorRate", "no rollout history"),
        (with_two, "WrongRevision", "revision 42"),
        (not_there, "WrongRevision", "there is no such object"),
    ],
)
def test_what_kubectl_would_refuse_is_refused_with_its_meaning(
    site: Site, cluster: Cluster, namespace: str, prepared: Any, alert: str, reason: str
) -> None:
    target = prepared(cluster, namespace)
    before = generation(cluster, target) if prepared is not not_there else 0

    site.alert(labels_of(target, alert))

    run = site.wait_for_run(target=target, phase="closed")
    assert reason in run["reason"], run
    assert not {"intent_committed", "applied"} & set(site.events(run["id"]))
    if prepared is not not_there:
        assert generation(cluster, target) == before


def test_a_template_that_is_already_the_wanted_one_is_left_alone(
    site: Site, cluster: Cluster, namespace: str
) -> None:
    target = with_two(cluster, namespace)
    before = generation(cluster, target)

    site.alert(labels_of(target, "SameTemplate"))

    run = site.wait_for_run(target=target, phase="closed")
    assert run["outcome"] == "unresolved"
    assert "matches the template of revision 2 already" in run["reason"]
    assert generation(cluster, target) == before
