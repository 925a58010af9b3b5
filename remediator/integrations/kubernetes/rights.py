"""What must be granted in a cluster, as RBAC words it."""

from __future__ import annotations

from dataclasses import dataclass

from remediator.integrations.kubernetes.api import KINDS, PODS, Resource
from remediator.integrations.shell.api import ShellRight
from remediator.ports.rights import Right, Use


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRight:
    """One verb on one resource, as RBAC words it; its namespaces are those of the playbooks' targets."""

    verb: str
    resource: Resource
    subresource: str = ""

    @property
    def words(self) -> str:
        """`create pods/eviction`, `patch deployments.apps`."""
        group = f".{self.resource.group}" if self.resource.group else ""
        subresource = f"/{self.subresource}" if self.subresource else ""
        return f"{self.verb} {self.resource.plural}{group}{subresource}"

    @property
    def is_too_much(self) -> bool:
        """Whether it reads secrets, or makes more of itself."""
        return (
            self.verb in ("*", "escalate", "bind", "impersonate", "deletecollection")
            or self.resource.plural in ("*", "secrets", "serviceaccounts")
            or self.resource.group in ("*", "rbac.authorization.k8s.io")
        )


def cluster_rights(
    resource: Resource, *verbs: str, subresource: str = ""
) -> tuple[ClusterRight, ...]:
    """Return one right per verb: `cluster_rights(PODS, "get", "list")`."""
    return tuple(
        ClusterRight(verb=verb, resource=resource, subresource=subresource) for verb in verbs
    )


def target_rights(use: Use, *verbs: str, subresource: str = "") -> tuple[ClusterRight, ...]:
    """Return one right per verb on the kind of object that the use is about; nothing where that is no object."""
    resource = KINDS.get(use.kind)
    return cluster_rights(resource, *verbs, subresource=subresource) if resource else ()


def pod_shell_rights() -> tuple[ClusterRight, ...]:
    """Return what a shell in pods must be allowed to do. Servers before 1.35 ask for `get` where newer ones ask for
    `create` (kubernetes#134577)."""
    return (
        *cluster_rights(PODS, "get"),
        *cluster_rights(PODS, "get", "create", subresource="exec"),
    )


def in_cluster(right: Right) -> tuple[ClusterRight, ...]:
    """Return what must be granted in a cluster for a right; nothing for what is about something else."""
    if isinstance(right, ClusterRight):
        return (right,)
    return pod_shell_rights() if right == ShellRight(kind="pod") else ()
