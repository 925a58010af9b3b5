"""A node without a kubelet: an object that may be cordoned and drained while everybody uses the real one.

Its pods are put there by name and are what a test says of them; a pod with a grace period of 0 goes at once. The node
controller takes it for silent after 40 s: tests are shorter.
"""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.cluster import Cluster, only_on_ours, pod_spec, wait_until


@contextmanager
def standin_node(cluster: Cluster, *, is_ready: bool = True) -> Iterator[str]:
    """A node of its own for one test, forgotten at the end."""
    only_on_ours("it adds a node")
    name = f"standin-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(_node(name, is_ready)))
    try:
        wait_until(lambda: _is_settled(cluster, name), f"the controllers have seen {name}")
        yield name
    finally:
        cluster.kubectl("delete", "node", name)


def _is_settled(cluster: Cluster, name: str) -> bool:
    """Whether the controllers have written what they write to a new node."""
    node = cluster.read("node", name)
    noted = "node.alpha.kubernetes.io/ttl" in node["metadata"].get("annotations", {})
    time.sleep(0.5)
    version = cluster.read("node", name)["metadata"]["resourceVersion"]
    return noted and bool(version == node["metadata"]["resourceVersion"])


def placed_set(
    cluster: Cluster, namespace: str, name: str, node: str, *, count: int = 1, grace: int = 0
) -> None:
    """A ReplicaSet whose pods are all on this node; with "" they wait until they are `bound`."""
    labels = {"app": name}
    tolerations = [{"operator": "Exists"}]
    place = {"nodeName": node} if node else {"nodeSelector": {"standin": "never"}}
    spec = {**pod_spec(), **place, "terminationGracePeriodSeconds": grace}
    template = {"metadata": {"labels": labels}, "spec": {**spec, "tolerations": tolerations}}
    cluster.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "replicas": count,
                "selector": {"matchLabels": labels},
                "template": template,
            },
        }
    )


def pods_of(cluster: Cluster, namespace: str, app: str) -> list[dict[str, Any]]:
    """The pods with this label."""
    found: list[dict[str, Any]] = cluster.read("pods", "-n", namespace, "-l", f"app={app}")["items"]
    return found


def bound(cluster: Cluster, namespace: str, app: str, node: str) -> None:
    """Put the pods with this label on a node, as the scheduler does; their successors wait."""
    for pod in pods_of(cluster, namespace, app):
        name = pod["metadata"]["name"]
        target = {"apiVersion": "v1", "kind": "Node", "name": node}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}}
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/binding"
        cluster.kubectl(
            "create", "--raw", path, "-f", "-", stdin=json.dumps({**binding, "target": target})
        )


def play_kubelet(cluster: Cluster, namespace: str, app: str) -> None:
    """Say that all pods with this label run and are ready."""
    for pod in pods_of(cluster, namespace, app):
        name = pod["metadata"]["name"]
        conditions = [{"type": kind, "status": "True"} for kind in ("Ready", "ContainersReady")]
        pod["status"] = {**pod["status"], "phase": "Running", "conditions": conditions}
        pod["metadata"].pop("resourceVersion")
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/status"
        cluster.kubectl("replace", "--raw", path, "-f", "-", stdin=json.dumps(pod))


def budget(cluster: Cluster, namespace: str, app: str, *, least: int, allows: int) -> None:
    """A PodDisruptionBudget of this name, seen to allow that many disruptions."""
    cluster.apply(
        {
            "apiVersion": "policy/v1beta1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": app, "namespace": namespace},
            "spec": {"minAvailable": least, "selector": {"matchLabels": {"app": app}}},
        }
    )
    wait_until(lambda: _allowed(cluster, namespace, app) == allows, f"the budget of {app}")


def _allowed(cluster: Cluster, namespace: str, name: str) -> int | None:
    status = cluster.read("pdb", name, "-n", namespace).get("status", {})
    return status.get("disruptionsAllowed") if status.get("observedGeneration") else None


def _node(name: str, is_ready: bool) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": "True" if is_ready else "Unknown", "reason": "Test"}]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name},
        "spec": {},
        "status": {"conditions": conditions},
    }
