"""The pods that a target is about: itself, those of a workload, or those on a node; shared by the probes on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from remediator.core.errors import Permanent
from remediator.core.events import Evidence
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import PODS, Cluster, Object, place_of, ref_of
from remediator.integrations.kubernetes.knowledge.rollout import selector_text
from remediator.integrations.kubernetes.rights import cluster_rights, target_rights
from remediator.integrations.kubernetes.workloads import WORKLOADS
from remediator.ports.rights import Right, Use

POD_TARGETS = ("pod", *WORKLOADS)


async def pods_of(cluster: Cluster, target: Target) -> Sequence[Object]:
    """Return the pods, those in trouble first; raise Permanent where the target is not there."""
    found = await cluster.get(ref_of(target))
    if found is None:
        raise Permanent(f"{target} is not there")
    if target.kind == "pod":
        return [found]
    labels = selector_text(found["spec"]["selector"])
    pods = await cluster.list(PODS, place_of(target).namespace, labels=labels)
    return sorted(pods, key=lambda pod: (_is_ready(pod), -restarts_of(pod), _name(pod)))


def restarts_of(pod: Object) -> int:
    """Return how often containers of a pod were started anew."""
    return sum(one.get("restartCount", 0) for one in _statuses(pod))


def pods_rights(use: Use) -> tuple[Right, ...]:
    """Return what it takes to find them."""
    return (
        *target_rights(use, "get"),
        *(() if use.kind == "pod" else cluster_rights(PODS, "list")),
    )


def unanswered(probe: str, title: str, problem: str) -> Evidence:
    """Return the evidence of a look that failed."""
    return Evidence(probe=probe, title=title, problem=problem)


def _is_ready(pod: Object) -> bool:
    said = _statuses(pod)
    return bool(said) and all(one.get("ready") for one in said)


def _statuses(pod: Object) -> Sequence[Any]:
    return pod.get("status", {}).get("containerStatuses") or ()


def _name(pod: Object) -> str:
    return str(pod["metadata"]["name"])
