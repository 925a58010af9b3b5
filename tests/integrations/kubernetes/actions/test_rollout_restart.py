"""kubernetes.rollout_restart on the real cluster: new pods, once, whoever owns the object."""

from dataclasses import replace

import pytest

from remediator.core.change import Nothing, still_holds
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Observation
from remediator.integrations.kubernetes.knowledge.rollout import RESTARTED
from tests.integrations.kubernetes.actions.acting import acting, ticket
from tests.integrations.kubernetes.actions.workloads import (
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


async def test_an_autoscaler_that_moves_the_generation_does_not_void_an_approved_plan(
    cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    name = target.split("/")[2]
    async with acting(cluster) as act:
        restart = await act.change(RESTART, target)
        undo = await act.change("kubernetes.rollout_undo", target)
        for replicas in (3, 2, 4):
            cluster.kubectl(
                "scale", f"deployment/{name}", f"--replicas={replicas}", "-n", namespace
            )
            settled(cluster, "deployment", namespace, name)
            assert still_holds(restart, await act.again(restart)) is None
            assert still_holds(undo, await act.again(undo)) is None
        right = ticket()
        await act.apply(undo, right)
        assert (await act.observe(undo, right)).observation is Observation.APPLIED
        with pytest.raises(Stale):  # another template is another thing to restart
            await act.apply(restart, ticket())

    assert found(cluster, target)["spec"]["replicas"] == 4


async def test_a_plan_of_an_older_version_that_names_a_generation_still_lands_on_it(
    cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    async with acting(cluster) as act:
        change = await act.change(RESTART, target)
        metadata = found(cluster, target)["metadata"]
        old = replace(change, version=f"{metadata['uid']}/{metadata['generation']}")

        assert still_holds(old, await act.again(old)) is None
        await act.apply(old, ticket())


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
