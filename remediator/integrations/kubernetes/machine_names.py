"""What clusters know about the names of their nodes."""

from __future__ import annotations

from remediator.core.identity import Said
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import KINDS, Clusters, ref_of
from remediator.integrations.kubernetes.knowledge.node_names import node_names


class ClusterNames:
    """Keeps the promise of `ports.identity.Names`."""

    kinds = KINDS.keys()

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters

    async def of(self, target: Target, _known: frozenset[Target]) -> Said:
        """See ports.identity.Names."""
        if target.kind != "node":
            return Said()
        found = await self._clusters.of(target).get(ref_of(target))
        return Said(names=frozenset(node_names(found) if found else ()))
