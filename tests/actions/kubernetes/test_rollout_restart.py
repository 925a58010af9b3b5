"""kubernetes.rollout_restart on the real cluster: new pods, once, whoever owns the object."""

import pytest

from remediator.core.change import Nothing
from remediator.core.errors import Permanent, Stale
from remediator.core.rollout import RESTARTED
from tests.actions.kubernetes.acting import acting, ticket
from tests.actions.kubernetes.workloads import (
    GOOD,
    deployed,
    found,
    settled,
    two_revisions,
    workload,
)
from tests.parts.cluster import Cluster, wait_until

pytestmark = pytest.mark.slow

RESTART = "kubernetes.rollout_restart"


def pods(cluster: Cluster, namespace: str, name: str) -> set[str]:
    """The uids of the pods that run and are not about to end."""
    items = cluster.read("pods", "-n", namespace, "-l", f"app={name}")["items"]
    return {
        item["metadata"]["uid"]
        for item in items
        if item["status"].get("phase") == "Running" and "deletionTimestamp" not in item["metadata"]
    }


@pytest.mark.parametrize("kind", ["statefulset"])  # the contract suite has a Deployment
async def test_its_pods_are_other_pods_afterwards(
    cluster: Cluster, namespace: str, kind: str
) -> None:
    name, target = f"again-{kind}", f"{kind}/{namespace}/again-{kind}"
    made = workload(kind, namespace, name, GOOD)
    real = {"kubernetes.io/hostname": "node1"}  # a stand-in's pods never get ready
    made["spec"]["template"]["spec"]["nodeSelector"] = real
    deployed(cluster, made)
    wait_until(lambda: len(pods(cluster, namespace, name)) == 1, "a pod")
    before = pods(cluster, namespace, name)
    async with acting(cluster, gitops="refuse") as act:
        change = await act.change(RESTART, target)
        await act.apply(change, ticket())
        with pytest.raises(Stale):
            await act.apply(change, ticket())
        assert await act.undo(change) is None

    wait_until(lambda: bool(pods(cluster, namespace, name) - before), "another pod")
    settled(cluster, kind, namespace, name)
    assert RESTARTED in found(cluster, target)["spec"]["template"]["metadata"]["annotations"]
    assert change.summary == f"restart {target}: 1 pod starts anew"


async def test_a_tool_of_gitops_does_not_forbid_it(cluster: Cluster, namespace: str) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    tracked = "argocd.argoproj.io/tracking-id=payments:apps/Deployment:x/y"
    cluster.kubectl("annotate", f"deployment/{target.split('/')[2]}", tracked, "-n", namespace)
    async with acting(cluster, gitops="refuse") as act:
        assert await act.change(RESTART, target)


async def test_a_paused_deployment_is_refused(cluster: Cluster, namespace: str) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    cluster.kubectl("rollout", "pause", f"deployment/{target.split('/')[2]}", "-n", namespace)
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="resume it first"):
            await act.propose(RESTART, target)


async def test_without_pods_there_is_nothing_to_restart(cluster: Cluster, namespace: str) -> None:
    made = workload("deployment", namespace, "empty", GOOD)
    made["spec"]["replicas"] = 0
    deployed(cluster, made)
    async with acting(cluster) as act:
        assert isinstance(await act.propose(RESTART, f"deployment/{namespace}/empty"), Nothing)
