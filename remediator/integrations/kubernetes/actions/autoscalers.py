"""Who rules the replicas of a workload; used by `kubernetes.scale` and `kubernetes.hpa_set_min`."""

from __future__ import annotations

from remediator.core.target import Target
from remediator.integrations.kubernetes.api import (
    AUTOSCALERS,
    SCALED_OBJECTS,
    Cluster,
    Object,
    place_of,
)
from remediator.integrations.kubernetes.knowledge.scaling import ruler_of


async def autoscaler_of(cluster: Cluster, target: Target) -> Object | None:
    """Return the HorizontalPodAutoscaler of a workload."""
    place = place_of(target)
    return ruler_of(place.kind, place.name, await cluster.list(AUTOSCALERS, place.namespace))


async def scaled_object_of(cluster: Cluster, target: Target) -> Object | None:
    """Return KEDA's ScaledObject of a workload; a cluster without KEDA has none."""
    place = place_of(target)
    return ruler_of(place.kind, place.name, await cluster.list(SCALED_OBJECTS, place.namespace))
