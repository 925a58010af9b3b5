"""The clusters of the settings, each with a connection of its own: one that is down holds no other up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from remediator.core.errors import Missing, Permanent
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import place_of
from remediator.integrations.kubernetes.gateway.cluster import ClusterLooker, ClusterWriter
from remediator.integrations.kubernetes.gateway.connection import Connection
from remediator.integrations.kubernetes.settings import KubernetesSettings

One = TypeVar("One", bound=ClusterLooker)


class _Named(Generic[One]):
    def __init__(self, clusters: Sequence[One]) -> None:
        self._clusters: Mapping[str, One] = {cluster.name: cluster for cluster in clusters}
        self.names = tuple(self._clusters)

    def of(self, target: Target) -> One:
        """See ports.kubernetes.Clusters."""
        wanted = place_of(target).cluster
        if not self.names:
            text = "this daemon knows no cluster: set `kubernetes` in the settings"
            raise Missing(text, target=str(target))
        if not wanted and len(self.names) == 1:
            return self._clusters[self.names[0]]
        if not wanted:
            known = ", ".join(self.names)
            raise Permanent(f"which cluster? write @NAME behind it: {known}", target=str(target))
        if wanted not in self._clusters:
            raise Permanent(f"there is no cluster {wanted!r} in the settings", target=str(target))
        return self._clusters[wanted]

    def each(self) -> tuple[One, ...]:
        """Return all clusters."""
        return tuple(self._clusters.values())


class LookingClusters(_Named[ClusterLooker]):
    """Keep the promise of `ports.kubernetes.Clusters`."""


class ActingClusters(_Named[ClusterWriter]):
    """Keep the promise of `ports.kubernetes.ClustersHands`."""


class Kubernetes:
    """All clusters, `looking` for dry runs and `acting` for changes, over the same connections. Call `close` last."""

    def __init__(self, settings: Sequence[KubernetesSettings]) -> None:
        self._connections = [Connection(each) for each in settings]
        pairs = list(zip(settings, self._connections, strict=True))
        self.looking = LookingClusters([ClusterLooker(*pair) for pair in pairs])
        self.acting = ActingClusters([ClusterWriter(*pair) for pair in pairs])

    async def close(self) -> None:
        """Close every connection."""
        for connection in self._connections:
            await connection.close()
