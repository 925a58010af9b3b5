"""Workloads with a history of two revisions on the real cluster, for the tests of rollouts."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tests.parts.cluster import Cluster, deployment, wait_until

KINDS = ("deployment", "statefulset", "daemonset")
GOOD, BAD = "busybox:local", "busybox:broken"
_NAMES = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}


def workload(kind: str, namespace: str, name: str, image: str, **spec: Any) -> dict[str, Any]:
    """A workload whose pods start nowhere, so that only its history matters."""
    made = deployment(name, namespace, replicas=1, nodeSelector={"never": "there"}, **spec)
    made["kind"] = _NAMES[kind]
    made["spec"]["template"]["spec"]["containers"][0]["image"] = image
    if kind == "daemonset":
        del made["spec"]["replicas"]
    if kind == "statefulset":
        made["spec"]["serviceName"] = name
    return made


def deployed(cluster: Cluster, made: Mapping[str, Any]) -> None:
    """Apply it, and wait until its controller has seen it."""
    cluster.apply(dict(made))
    kind, metadata = made["kind"].lower(), made["metadata"]
    settled(cluster, kind, metadata["namespace"], metadata["name"])


def settled(cluster: Cluster, kind: str, namespace: str, name: str) -> None:
    """Wait until the controller has seen the object as it is, and recorded its revision."""

    def seen() -> bool:
        found = cluster.read(kind, name, "-n", namespace)
        observed = found.get("status", {}).get("observedGeneration", 0)
        return bool(observed >= found["metadata"]["generation"]) and bool(
            revisions(cluster, kind, namespace, name)
        )

    wait_until(seen, f"{kind} {name}", 60)


def two_revisions(cluster: Cluster, kind: str, namespace: str, **spec: Any) -> str:
    """A good release and a bad one after it; return it as a target."""
    name = f"api-{uuid4().hex[:6]}"
    deployed(cluster, workload(kind, namespace, name, GOOD, **spec))
    deployed(cluster, workload(kind, namespace, name, BAD, **spec))
    return f"{kind}/{namespace}/{name}"


def found(cluster: Cluster, target: str) -> Any:
    kind, namespace, name = target.split("/")
    return cluster.read(kind, name, "-n", namespace)


def image(cluster: Cluster, target: str) -> str:
    template = found(cluster, target)["spec"]["template"]
    return str(template["spec"]["containers"][0]["image"])


def set_image(cluster: Cluster, target: str, to: str) -> None:
    """What somebody else deploys."""
    kind, namespace, name = target.split("/")
    cluster.kubectl("set", "image", f"{kind}/{name}", f"main={to}", "-n", namespace)
    settled(cluster, kind, namespace, name)


def state(cluster: Cluster, target: str) -> Any:
    """What a look must not change: everything but what controllers report."""
    read = found(cluster, target)
    metadata = read["metadata"]
    return read["spec"], metadata.get("annotations"), metadata["uid"], metadata["generation"]


def revisions(cluster: Cluster, kind: str, namespace: str, name: str) -> list[str]:
    """The names of what keeps its revisions."""
    keepers = "replicasets" if kind == "deployment" else "controllerrevisions"
    items = cluster.read(keepers, "-n", namespace, "-l", f"app={name}")["items"]
    return [item["metadata"]["name"] for item in items]
