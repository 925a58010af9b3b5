"""The history of a workload as a cluster keeps it; read by the rollout actions and the probe `rollout_diff`."""

from __future__ import annotations

from remediator.integrations.kubernetes.api import (
    CONTROLLER_REVISIONS,
    REPLICA_SETS,
    Cluster,
    Object,
    Place,
)
from remediator.integrations.kubernetes.knowledge.rollout import (
    Revision,
    revisions_of,
    selector_text,
)

WORKLOADS = ("deployment", "statefulset", "daemonset")


async def history_of(cluster: Cluster, place: Place, workload: Object) -> tuple[Revision, ...]:
    """Return the revisions of a Deployment, StatefulSet or DaemonSet, oldest first."""
    resource = REPLICA_SETS if place.kind == "deployment" else CONTROLLER_REVISIONS
    labels = selector_text(workload["spec"]["selector"])
    return revisions_of(workload, await cluster.list(resource, place.namespace, labels=labels))
