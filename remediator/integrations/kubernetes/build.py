"""Builds what reaches clusters and their pods from the section `kubernetes`. SDKs load when first used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from remediator.integrations.kubernetes.settings import KubernetesSettings
from remediator.integrations.shell.api import Looker, Shell

if TYPE_CHECKING:
    from remediator.integrations.kubernetes.gateway.clusters import Kubernetes


def build_clusters(settings: Iterable[KubernetesSettings]) -> Kubernetes:
    """Return all clusters of the settings; `close` ends their connections."""
    from remediator.integrations.kubernetes.gateway.clusters import Kubernetes

    return Kubernetes(tuple(settings))


def build_pod_shells(clusters: Any) -> tuple[Looker, Shell]:
    """Return what looks into pods, and what can also change something there."""
    from remediator.integrations.kubernetes.pod_shell.shell import PodLooker, PodShell

    return PodLooker(clusters), PodShell(clusters)
