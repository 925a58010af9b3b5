"""What belongs to a workload in its cluster: its history, and who rules its replicas."""

from __future__ import annotations

from remediator.core.target import Target
from remediator.integrations.kubernetes.api import (
    AUTOSCALERS,
    CONTROLLER_REVISIONS,
    REPLICA_SETS,
    SCALED_OBJECTS,
    Cluster,
    Object,
    Place,
    place_of,
)
from remediator.integrations.kubernetes.knowledge.rollout import (
    Revision,
    revisions_of,
    selector_text,
)
from remediator.integrations.kubernetes.knowledge.scaling import ruler_of

WORKLOADS = ("deployment", "statefulset", "daemonset")


async def history_of(cluster: Cluster, place: Place, workload: Object) -> tuple[Revision, ...]:
    """Return the revisions of a Deployment, StatefulSet or DaemonSet, oldest first."""
    resource = REPLICA_SETS if place.kind == "deployment" else CONTROLLER_REVISIONS
    labels = selector_text(workload["spec"]["selector"])
    return revisions_of(workload, await cluster.list(resource, place.namespace, labels=labels))


async def autoscaler_of(cluster: Cluster, target: Target) -> Object | None:
    """Return the HorizontalPodAutoscaler of a workload."""
    place = place_of(target)
    return ruler_of(place.kind, place.name, await cluster.list(AUTOSCALERS, place.namespace))


async def scaled_object_of(cluster: Cluster, target: Target) -> Object | None:
    """Return KEDA's ScaledObject of a workload; a cluster without KEDA has none."""
    place = place_of(target)
    return ruler_of(place.kind, place.name, await cluster.list(SCALED_OBJECTS, place.namespace))
