"""Kubernetes: the clusters of the settings, and commands in their pods."""

from __future__ import annotations

from collections.abc import Sequence

from remediator.integrations.kubernetes.api import KUBERNETES, KUBERNETES_WRITES
from remediator.integrations.kubernetes.machine_names import ClusterNames
from remediator.integrations.kubernetes.settings import KUBERNETES_SECTION
from remediator.integrations.kubernetes.targets import ClusterTargets, own_places
from remediator.integrations.shell.api import looker_of, shell_of
from remediator.ports.gateways import Reads, Writes
from remediator.ports.inspection import Finding
from remediator.ports.integration import Connected, Inspected, Integration, Services
from remediator.ports.sections import Sections
from remediator.ports.targets import UsualTarget


def connect(services: Services) -> Connected:
    """Return what reaches the clusters, and their pods where there is a cluster."""
    from remediator.integrations.kubernetes.build import build_clusters, build_pod_shells

    settings = services.sections[KUBERNETES_SECTION]
    clusters = build_clusters(settings)
    reads = Reads().having(KUBERNETES, clusters.looking)
    writes = Writes().having(KUBERNETES_WRITES, clusters.acting)
    if settings:
        looker, shell = build_pod_shells(clusters.looking)
        reads = reads.having(looker_of("pod"), looker)
        writes = writes.having(shell_of("pod"), shell)
    return Connected(reads=reads, writes=writes, closers=(clusters.close,))


async def inspect(subject: Inspected) -> Sequence[Finding]:
    """Ask every cluster whether we may do what the playbooks need, and no more."""
    from remediator.integrations.kubernetes.inspect import inspect_clusters

    settings = subject.services.sections[KUBERNETES_SECTION]
    clusters = subject.reads[KUBERNETES]
    return await inspect_clusters(clusters, settings, subject.needs, subject.declared)


def target_kinds(sections: Sections) -> ClusterTargets:
    """Return the grammar of objects, in the clusters of the settings."""
    return ClusterTargets(sections[KUBERNETES_SECTION])


def names(sections: Sections, reads: Reads) -> ClusterNames | None:
    """Return whoever knows the names of nodes; nobody does without a cluster."""
    return ClusterNames(reads[KUBERNETES]) if sections[KUBERNETES_SECTION] else None


def _in_namespace(kind: str, label: str) -> UsualTarget:
    """A target as kube-state-metrics names the labels of its series."""
    return UsualTarget(
        ("namespace", label), f"{kind}/{{{{ labels.namespace }}}}/{{{{ labels.{label} }}}}"
    )


USUAL_TARGETS = (
    _in_namespace("deployment", "deployment"),
    _in_namespace("statefulset", "statefulset"),
    _in_namespace("daemonset", "daemonset"),
    _in_namespace("pvc", "persistentvolumeclaim"),
    _in_namespace("hpa", "horizontalpodautoscaler"),
    _in_namespace("pod", "pod"),
    UsualTarget(("node",), "node/{{ labels.node }}"),
)
INTEGRATION = Integration(
    name="kubernetes",
    sections=(KUBERNETES_SECTION,),
    connect=connect,
    inspect=inspect,
    target_kinds=target_kinds,
    protected=("namespace/kube-system",),
    own_places=own_places,
    names=names,
    usual_targets=USUAL_TARGETS,
)
