"""What we ask of a Kubernetes cluster: raw JSON in and out, so that what is read and written back loses no field.

Looking and changing are two protocols. A server-side dry run (`dryRun=All`) persists nothing: it belongs to looking,
and lets admission answer before people are asked. The gateway `kubernetes` is a `Clusters`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

from remediator.core.target import Target
from remediator.ports.gateways import ReadKey, WriteKey

Object = Mapping[str, Any]
Body = Mapping[str, object] | Sequence[Mapping[str, object]]
"""One API object as the server's JSON has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A kind of object as its URL spells it; the core group is ""."""

    group: str
    version: str
    plural: str
    is_namespaced: bool = True


DEPLOYMENTS = Resource(group="apps", version="v1", plural="deployments")
STATEFUL_SETS = Resource(group="apps", version="v1", plural="statefulsets")
DAEMON_SETS = Resource(group="apps", version="v1", plural="daemonsets")
REPLICA_SETS = Resource(group="apps", version="v1", plural="replicasets")
CONTROLLER_REVISIONS = Resource(group="apps", version="v1", plural="controllerrevisions")
PODS = Resource(group="", version="v1", plural="pods")
NODES = Resource(group="", version="v1", plural="nodes", is_namespaced=False)
VOLUME_CLAIMS = Resource(group="", version="v1", plural="persistentvolumeclaims")
CONFIG_MAPS = Resource(group="", version="v1", plural="configmaps")
SECRETS = Resource(group="", version="v1", plural="secrets")
EVENTS = Resource(group="", version="v1", plural="events")
STORAGE_CLASSES = Resource(
    group="storage.k8s.io", version="v1", plural="storageclasses", is_namespaced=False
)
CRON_JOBS = Resource(group="batch", version="v1", plural="cronjobs")
AUTOSCALERS = Resource(group="autoscaling", version="v1", plural="horizontalpodautoscalers")
SCALED_OBJECTS = Resource(group="keda.sh", version="v1alpha1", plural="scaledobjects")
DISRUPTION_BUDGETS = Resource(group="policy", version="v1", plural="poddisruptionbudgets")

KINDS: Mapping[str, Resource] = {
    "deployment": DEPLOYMENTS,
    "statefulset": STATEFUL_SETS,
    "daemonset": DAEMON_SETS,
    "pod": PODS,
    "node": NODES,
    "pvc": VOLUME_CLAIMS,
    "cronjob": CRON_JOBS,
    "hpa": AUTOSCALERS,
}
"""The kinds of target that are one API object: `KIND/NAMESPACE/NAME[@CLUSTER]`, and `node/NAME[@CLUSTER]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """One object; `namespace` is "" for what has none."""

    resource: Resource
    namespace: str
    name: str


class PatchType(StrEnum):
    """How a patch's body is meant (RFC 6902, RFC 7396, Kubernetes)."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"


class Verb(StrEnum):
    """What a write does; the words are RBAC's."""

    CREATE = "create"
    PATCH = "patch"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One change of one object. `subresource` is such as `scale` or `eviction`; a create goes to the ref's collection
    (of the subresource of the named object, where there is one)."""

    verb: Verb
    ref: Ref
    body: Body | None = None
    patch: PatchType = PatchType.MERGE
    subresource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One right as RBAC words it; `subresource` as in `pods/exec`, `name` "" for all."""

    verb: str
    resource: Resource
    namespace: str = ""
    subresource: str = ""
    name: str = ""


class Cluster(Protocol):
    """One cluster, to look at.

    Every method raises Transient (not reached, too slow, 5xx, 429: nothing was changed) or Permanent (403 with the
    missing right in plain words, 400, 422, a namespace that the settings do not allow). `gitops` is the settings' word.
    """

    name: str
    gitops: str

    async def get(self, ref: Ref, *, subresource: str = "") -> Object | None:
        """Return an object, or None where there is none."""
        ...

    async def has(self, ref: Ref) -> bool | None:
        """Say whether there is an object, None where we may not know; its content is never asked for."""
        ...

    async def list(
        self, resource: Resource, namespace: str, *, labels: str = "", fields: str = ""
    ) -> Sequence[Object]:
        """Return the objects that match the selectors, all pages; "" as the namespace is every namespace."""
        ...

    async def rehearse(self, write: Write) -> Object:
        """Return what a write would make of the object, admission's word included; nothing is persisted."""
        ...

    async def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        since: timedelta | None = None,
        limit: int = 256 * 1024,
    ) -> str:
        """Return the last `limit` bytes of a container's output, decoded with replacement; "" where there is none."""
        ...

    async def may(self, permission: Permission) -> bool:
        """Say whether we have a right (SelfSubjectAccessReview)."""
        ...


class ClusterWrites(Cluster, Protocol):
    """One cluster, to change."""

    async def write(self, write: Write, *, timeout: timedelta) -> Object:
        """Write once, never repeated. Raise Transient (not sent), Permanent (refused), Uncertain (sent, no answer), or
        Stale (404, 409, 412, a JSON patch whose `test` fails: 422).

        429 on an eviction (a disruption budget) is Transient.
        """
        ...


class Clusters(Protocol):
    """The clusters of the settings."""

    names: tuple[str, ...]

    def of(self, target: Target) -> Cluster:
        """Return the cluster that a target names by `@NAME`, or the only one; raise Permanent."""
        ...


class ClustersWrites(Protocol):
    """The clusters of the settings, to change."""

    names: tuple[str, ...]

    def of(self, target: Target) -> ClusterWrites:
        """Return the cluster that a target names by `@NAME`, or the only one; raise Permanent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A Kubernetes target, taken apart. `rest` is what stands behind the name, as a pod's container."""

    kind: str
    namespace: str
    name: str
    rest: str = ""
    cluster: str = ""


def place_of(target: Target) -> Place:
    """Take `KIND/NAMESPACE/NAME[/REST][@CLUSTER]` apart; a `node` has no namespace."""
    path, _, cluster = target.name.partition("@")
    if target.kind == "node":
        return Place(kind="node", namespace="", name=path, cluster=cluster)
    namespace, _, rest = path.partition("/")
    name, _, more = rest.partition("/")
    return Place(kind=target.kind, namespace=namespace, name=name, rest=more, cluster=cluster)


def ref_of(target: Target) -> Ref:
    """Return the object behind a target of one of `KINDS`."""
    place = place_of(target)
    return Ref(resource=KINDS[place.kind], namespace=place.namespace, name=place.name)


_NO_CLUSTER = "no cluster to ask: set `kubernetes` in the settings"
KUBERNETES: ReadKey[Clusters] = ReadKey("kubernetes", _NO_CLUSTER)
KUBERNETES_WRITES: WriteKey[ClustersWrites] = WriteKey("kubernetes", _NO_CLUSTER)
