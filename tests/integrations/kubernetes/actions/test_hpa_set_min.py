"""kubernetes.hpa_set_min on the real cluster: up only, within both maxima, by the workload or the autoscaler."""

import json
from typing import Any

import pytest

from remediator.core.change import Nothing, still_holds
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Observation
from tests.integrations.kubernetes.actions.acting import acting, ticket
from tests.parts.cluster import Cluster, deployment, wait_until

pytestmark = pytest.mark.slow


def ruled(cluster: Cluster, namespace: str, name: str, **metadata: Any) -> str:
    """A Deployment under an autoscaler from 2 to 6; return the Deployment as a target."""
    cluster.apply(deployment(name, namespace, replicas=2, nodeSelector={"never": "there"}))
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    cluster.apply(
        {
            "apiVersion": "autoscaling/v1",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": f"{name}-ruler", "namespace": namespace, **metadata},
            "spec": {"scaleTargetRef": reference, "minReplicas": 2, "maxReplicas": 6},
        }
    )
    return f"deployment/{namespace}/{name}"


def least(cluster: Cluster, namespace: str, name: str) -> int:
    return int(cluster.read("hpa", f"{name}-ruler", "-n", namespace)["spec"]["minReplicas"])


@pytest.mark.parametrize("by", ["workload", "autoscaler"])
async def test_a_minimum_is_raised_once_and_put_back(
    cluster: Cluster, namespace: str, by: str
) -> None:
    name = f"by-{by}"
    workload = ruled(cluster, namespace, name)
    target = workload if by == "workload" else f"hpa/{namespace}/{name}-ruler"
    async with acting(cluster) as act:
        change, right = await act.change("kubernetes.hpa_set_min", target, min=4, max=5), ticket()
        assert str(change.target) == f"hpa/{namespace}/{name}-ruler"
        assert "from 2 to 4 replicas" in change.summary
        await act.apply(change, right)

        assert least(cluster, namespace, name) == 4
        assert (await act.observe(change, right)).observation is Observation.APPLIED
        with pytest.raises(Stale):
            await act.apply(change, ticket())
        lower = await act.propose("kubernetes.hpa_set_min", target, min=3, max=5)
        assert isinstance(lower, Nothing)
        back = await act.undo(change)
        assert back is not None
        await act.apply(back, ticket())
    assert least(cluster, namespace, name) == 2


async def test_an_autoscaler_that_scales_meanwhile_does_not_void_an_approved_minimum(
    cluster: Cluster, namespace: str
) -> None:
    target = ruled(cluster, namespace, "moves")
    async with acting(cluster) as act:
        change = await act.change("kubernetes.hpa_set_min", target, min="+2", max=6)
        planned = change.after["min"]
        path = f"/apis/autoscaling/v1/namespaces/{namespace}/horizontalpodautoscalers/moves-ruler"
        found = cluster.read("hpa.v1.autoscaling", "moves-ruler", "-n", namespace)
        found["status"] = {"currentReplicas": 3, "desiredReplicas": 3}
        found["metadata"].pop("resourceVersion")
        cluster.kubectl("replace", "--raw", f"{path}/status", "-f", "-", stdin=json.dumps(found))

        assert still_holds(change, await act.again(change, min="+2", max=6)) is None
        await act.apply(change, ticket())
    assert least(cluster, namespace, "moves") == planned


async def test_what_is_out_of_reach_is_refused_with_what_would_help(
    cluster: Cluster, namespace: str
) -> None:
    target = ruled(cluster, namespace, "limits")
    free = deployment("free", namespace, nodeSelector={"never": "there"})
    cluster.apply(free)
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="its maximum is 6"):
            await act.propose("kubernetes.hpa_set_min", target, min=8, max=10)
        with pytest.raises(Permanent, match="beyond what this playbook allows"):
            await act.propose("kubernetes.hpa_set_min", target, min=6, max=5)
        with pytest.raises(Permanent, match=r"use kubernetes\.scale"):
            await act.propose(
                "kubernetes.hpa_set_min", f"deployment/{namespace}/free", min=2, max=5
            )
        with pytest.raises(Permanent, match="not found"):
            await act.propose("kubernetes.hpa_set_min", f"hpa/{namespace}/nobody", min=2, max=5)


async def test_an_autoscaler_of_keda_is_kedas(cluster: Cluster, namespace: str) -> None:
    owner = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "x", "uid": "u-1"}
    target = ruled(cluster, namespace, "keda", ownerReferences=[owner])
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="KEDA made"):
            await act.propose("kubernetes.hpa_set_min", target, min=4, max=5)


@pytest.mark.parametrize("by", ["workload", "autoscaler"])
async def test_at_no_replicas_a_minimum_does_nothing_and_says_so(
    cluster: Cluster, namespace: str, by: str
) -> None:
    name = f"off-{by}"
    target = ruled(cluster, namespace, name)
    cluster.kubectl("scale", f"deployment/{name}", "--replicas=0", "-n", namespace)
    if by == "autoscaler":
        target = f"hpa/{namespace}/{name}-ruler"
        words = ("hpa.v2.autoscaling", f"{name}-ruler", "-n", namespace)
        wait_until(lambda: "ScalingDisabled" in str(cluster.read(*words)), "the autoscaler", 90)
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="scaled to 0 replicas, which switches its autoscaler"):
            await act.propose("kubernetes.hpa_set_min", target, min=4, max=5)
