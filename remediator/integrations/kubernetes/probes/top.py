"""The probe `top`: processor and memory of pods or a node now, beside their limits, where the cluster measures them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from remediator.core.duration import format_size
from remediator.core.errors import ActionError, Permanent
from remediator.core.events import Evidence
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import (
    KUBERNETES,
    Cluster,
    Clusters,
    Object,
    Ref,
    Resource,
    place_of,
    ref_of,
)
from remediator.integrations.kubernetes.knowledge.quantity import parse_exactly
from remediator.integrations.kubernetes.knowledge.rollout import selector_text
from remediator.integrations.kubernetes.probes.pods import (
    POD_TARGETS,
    pods_of,
    pods_rights,
    unanswered,
)
from remediator.integrations.kubernetes.rights import cluster_rights, target_rights
from remediator.integrations.shell.looking import LONGEST_LINE
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters
from remediator.ports.probe import Probe
from remediator.ports.rights import Right, Use

POD_METRICS = Resource(group="metrics.k8s.io", version="v1beta1", plural="pods")
NODE_METRICS = Resource(
    group="metrics.k8s.io", version="v1beta1", plural="nodes", is_namespaced=False
)
_NO_METRICS = "nothing is measured: the cluster has no metrics API, or not yet anything about it"


class ClusterTopParameters(Parameters):
    """Show the `top` containers by memory."""

    top: Annotated[int, Field(ge=1, le=30)] = 10


@dataclass(frozen=True, slots=True)
class ClusterTopProber:
    """Reads the metrics API."""

    clusters: Clusters

    async def probe(self, target: Target, parameters: Parameters, timeout: timedelta) -> Evidence:
        """See ports.probe.Prober."""
        title = f"What {target} uses"
        try:
            cluster = self.clusters.of(target)
            if target.kind == "node":
                lines = await _node_lines(cluster, target)
            else:
                lines = (await _pod_lines(cluster, target))[
                    : ClusterTopParameters.of(parameters).top
                ]
        except ActionError as error:
            return unanswered("top", title, one_line(error.detail))
        if not lines:
            return unanswered("top", title, _NO_METRICS)
        cut = tuple(one_line(line, LONGEST_LINE) for line in lines)
        return Evidence(probe="top", title=title, lines=cut)


async def _node_lines(cluster: Cluster, target: Target) -> Sequence[str]:
    node = await cluster.get(ref_of(target))
    if node is None:
        raise Permanent(f"{target} is not there")
    name = place_of(target).name
    measured = await cluster.get(Ref(resource=NODE_METRICS, namespace="", name=name))
    if measured is None:
        return ()
    return [use_line(name, measured.get("usage") or {}, node["status"].get("allocatable") or {})]


async def _pod_lines(cluster: Cluster, target: Target) -> Sequence[str]:
    place = place_of(target)
    if target.kind == "pod":
        found = await cluster.get(
            Ref(resource=POD_METRICS, namespace=place.namespace, name=place.name)
        )
        return container_lines(await pods_of(cluster, target), [found] if found else [])
    workload = await cluster.get(ref_of(target))
    labels = selector_text(workload["spec"]["selector"]) if workload else ""
    pods = await pods_of(cluster, target)
    return container_lines(pods, await cluster.list(POD_METRICS, place.namespace, labels=labels))


def container_lines(pods: Sequence[Object], measured: Sequence[Object]) -> Sequence[str]:
    """Return one line per container that was measured, those with most memory first."""
    limits = {
        (pod["metadata"]["name"], one["name"]): (one.get("resources") or {}).get("limits") or {}
        for pod in pods
        for one in pod["spec"]["containers"]
    }
    uses = [use for each in measured for use in _uses(each) if use[0] in limits]
    uses.sort(key=lambda use: -(parse_exactly(use[1].get("memory")) or 0))
    return [use_line(" ".join(who), usage, limits[who]) for who, usage in uses]


def _uses(measured: Object) -> Iterator[tuple[tuple[str, str], Mapping[str, object]]]:
    for one in measured.get("containers") or ():
        yield (measured["metadata"]["name"], one["name"]), one.get("usage") or {}


def use_line(name: str, usage: Mapping[str, object], limits: Mapping[str, object]) -> str:
    """Return what something uses, with the percentage of what it may."""
    cores, memory = parse_exactly(usage.get("cpu")), parse_exactly(usage.get("memory"))
    cpu = "?" if cores is None else f"{cores:.2f} cores{_share(cores, limits.get('cpu'))}"
    size = (
        "?"
        if memory is None
        else f"{format_size(int(memory))}{_share(memory, limits.get('memory'))}"
    )
    return f"{name}: {cpu}, memory {size}"


def _share(used: Decimal, limit: object) -> str:
    most = parse_exactly(limit)
    return f" ({100 * used / most:.0f} % of {limit})" if most else ""


def _rights(use: Use) -> tuple[Right, ...]:
    if use.kind == "node":
        return (*target_rights(use, "get"), *cluster_rights(NODE_METRICS, "get"))
    verb = "get" if use.kind == "pod" else "list"
    return (*pods_rights(use), *cluster_rights(POD_METRICS, verb))


def _prober(reads: Reads) -> ClusterTopProber:
    return ClusterTopProber(reads[KUBERNETES])


PROBES = (
    Probe(
        name="top",
        doc="Processor and memory of the containers of a pod or workload, or of a node, beside their limits.",
        parameters=ClusterTopParameters,
        targets=(*POD_TARGETS, "node"),
        example="top: {top: 10}",
        prober=_prober,
        rights=_rights,
    ),
)
