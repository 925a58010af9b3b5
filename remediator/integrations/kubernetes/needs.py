"""Which rights in a cluster the playbooks need, by namespace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from remediator.integrations.kubernetes.api import KINDS
from remediator.integrations.kubernetes.rights import ClusterRight, in_cluster
from remediator.integrations.kubernetes.settings import KubernetesSettings
from remediator.ports.rights import BY_LABELS, Need

EVERYWHERE = ""
ANY_CLUSTER = KubernetesSettings.model_construct(name="", namespaces=("*",))
"""What stands in where there are no settings: rules for all namespaces; nobody can write a cluster without a name."""


_PATTERN = re.compile(r"[*?\[]")


Granted = Mapping[str, Mapping[ClusterRight, tuple[str, ...]]]
"""Rights by namespace (EVERYWHERE: in all of them, and what has none), each with the playbooks that need it."""


def cluster_needs(needs: Iterable[Need], cluster: KubernetesSettings) -> Granted:
    """Return the rights in one cluster by namespace. A pattern of namespaces means all: RBAC knows no patterns."""
    found: dict[str, dict[ClusterRight, tuple[str, ...]]] = {}
    granting = [(right, need) for need in needs for right in in_cluster(need.right)]
    for right, need in granting:
        for namespace in _namespaces(right, need.target, cluster):
            rights = found.setdefault(namespace, {})
            rights[right] = tuple(dict.fromkeys((*rights.get(right, ()), need.playbook)))
    everywhere = found.get(EVERYWHERE, {})
    return {
        namespace: {
            right: by
            for right, by in rights.items()
            if namespace == EVERYWHERE or right not in everywhere
        }
        for namespace, rights in sorted(found.items())
    }


def is_pattern(namespace: str) -> bool:
    """Say whether this stands for several namespaces."""
    return bool(_PATTERN.search(namespace))


def _namespaces(right: ClusterRight, target: str, cluster: KubernetesSettings) -> tuple[str, ...]:
    """Return where in a cluster a right is needed for a target; nowhere where the target is in another."""
    path, _, place = target.partition("@")
    kind, *names = path.split("/")
    if _said(place) not in ("", cluster.name):
        return ()
    if not right.resource.is_namespaced or (kind in KINDS and not KINDS[kind].is_namespaced):
        return (EVERYWHERE,)
    if namespace := _said(names[0]) if len(names) > 1 else "":
        return (namespace,) if cluster.allows(namespace) else ()
    if any(is_pattern(each) for each in cluster.namespaces):
        return (EVERYWHERE,)
    return cluster.namespaces


def _said(part: str) -> str:
    """Return a part of a target, "" where labels decide it."""
    return "" if BY_LABELS in part else part
