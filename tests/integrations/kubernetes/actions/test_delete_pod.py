"""kubernetes.delete_pod on the real cluster: exactly the pod that was planned, and only one that comes again."""

import json
from typing import Any

import pytest

from remediator.core.change import Nothing
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Observation
from tests.integrations.kubernetes.actions.acting import acting, ticket
from tests.integrations.kubernetes.actions.standin_node import placed_set, pods_of
from tests.parts.cluster import Cluster, pod_spec, wait_until

pytestmark = pytest.mark.slow


def only_pod(cluster: Cluster, namespace: str, app: str) -> dict[str, Any]:
    wait_until(lambda: len(pods_of(cluster, namespace, app)) > 0, f"a pod of {app}")
    return pods_of(cluster, namespace, app)[0]


async def test_one_pod_is_deleted_once_and_its_successor_is_left_alone(
    cluster: Cluster, namespace: str
) -> None:
    placed_set(cluster, namespace, "stuck", "nowhere")
    pod = only_pod(cluster, namespace, "stuck")
    target = f"pod/{namespace}/{pod['metadata']['name']}"
    async with acting(cluster) as act:
        change, right = await act.change("kubernetes.delete_pod", target), ticket()
        assert "ReplicaSet stuck makes a new one" in change.summary
        assert (await act.observe(change, right)).observation is Observation.NOT_APPLIED
        with pytest.raises(Stale):
            await act.apply(change, ticket(late=True))
        await act.apply(change, right)

        assert (await act.observe(change, right)).observation is Observation.APPLIED
        with pytest.raises(Stale):
            await act.apply(change, right)
    after = only_pod(cluster, namespace, "stuck")
    assert after["metadata"]["uid"] != pod["metadata"]["uid"]


async def test_the_same_name_is_not_the_same_pod(cluster: Cluster, namespace: str) -> None:
    placed_set(cluster, namespace, "named", "nowhere")
    pod = only_pod(cluster, namespace, "named")
    owner = pod["metadata"]["ownerReferences"]
    target = f"pod/{namespace}/{pod['metadata']['name']}"
    async with acting(cluster) as act:
        change = await act.change("kubernetes.delete_pod", target)
        metadata = {"namespace": namespace, "labels": {"app": "named"}, "ownerReferences": owner}
        made = {"apiVersion": "v1", "kind": "Pod", "spec": {**pod_spec(), "nodeName": "nowhere"}}
        cluster.kubectl("-n", namespace, "delete", "rs", "named", "--cascade=orphan")
        cluster.delete_now("pod", pod["metadata"]["name"], namespace)
        named = {**metadata, "name": pod["metadata"]["name"], "ownerReferences": []}
        cluster.kubectl("create", "-f", "-", stdin=json.dumps({**made, "metadata": named}))
        with pytest.raises(Stale):
            await act.apply(change, ticket())

        assert (await act.observe(change, ticket())).observation is Observation.APPLIED
        with pytest.raises(Permanent, match="no controller owns it"):
            await act.propose("kubernetes.delete_pod", target)


async def test_a_pod_that_is_going_needs_nothing(cluster: Cluster, namespace: str) -> None:
    placed_set(cluster, namespace, "going", "nowhere", grace=600)
    pod = only_pod(cluster, namespace, "going")
    name = pod["metadata"]["name"]
    cluster.kubectl("-n", namespace, "delete", "pod", name, "--wait=false")
    async with acting(cluster) as act:
        found = await act.propose("kubernetes.delete_pod", f"pod/{namespace}/{name}")

    assert isinstance(found, Nothing)
    cluster.kubectl("-n", namespace, "delete", "rs", "going")
    cluster.delete_now("pod", name, namespace)


async def test_an_orphan_is_not_deleted(cluster: Cluster, namespace: str) -> None:
    placed_set(cluster, namespace, "orphan", "nowhere")
    pod = only_pod(cluster, namespace, "orphan")
    cluster.kubectl("-n", namespace, "delete", "rs", "orphan", "--cascade=orphan")
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="nothing would make it again"):
            await act.propose("kubernetes.delete_pod", f"pod/{namespace}/{pod['metadata']['name']}")
