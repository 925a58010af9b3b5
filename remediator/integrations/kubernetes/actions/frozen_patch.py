"""A change that is one JSON patch of one object, frozen in the plan: what most verbs on Kubernetes are.

A verb says what it wants of the object as a merge patch; making it a change, landing it once, seeing it again and
taking it back are here. The version is the object's uid and every value that would be replaced, not its generation:
who deploys meanwhile does not make a plan to scale void.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from remediator.core.canonical import digest
from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Measure
from remediator.core.target import Target
from remediator.integrations.kubernetes.actions.objects import (
    REHEARSAL,
    mark_of,
    marked_patch,
    marked_sight,
    tell,
    time_left,
)
from remediator.integrations.kubernetes.api import (
    EVENTS,
    KUBERNETES,
    KUBERNETES_WRITES,
    Cluster,
    Clusters,
    ClustersWrites,
    Object,
    Ref,
    Resource,
    ref_of,
)
from remediator.integrations.kubernetes.knowledge.merge_patch import holds, inverse, operations_of
from remediator.integrations.kubernetes.rights import cluster_rights
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.rights import Rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a verb wants of one object, in words and as a merge patch. `resource` and `name` where the object is not
    the target itself."""

    action: str
    target: Target
    patch: Mapping[str, object]
    summary: str
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)
    effect: ActionEffect = ActionEffect.REVERSIBLE
    undo_hint: str = ""
    resource: Resource | None = None
    name: str = ""


Plan = Callable[[Cluster, Request], Awaitable[Change | Nothing]]


class PatchProposer:
    """Looks; `plan` is the verb's own part."""

    def __init__(self, clusters: Clusters, plan: Plan) -> None:
        self._clusters = clusters
        self._plan = plan

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer; what is proposed was rehearsed, admission's word included."""
        cluster = self._clusters.of(request.target)
        return await self._plan(cluster, request)

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Look for the attempt's mark; without it, unchanged values say that nothing happened."""
        found = await self._clusters.of(change.target).get(object_of(change))
        is_unmoved = found is not None and _is_as_planned(found, change)
        return marked_sight(found, change, ticket, is_unmoved=is_unmoved)

    async def undo(self, change: Change, measure: Measure) -> Change | None:
        """Return the patch that puts back what was there; it lands only while ours still stands."""
        if change.effect is ActionEffect.IRREVERSIBLE:
            return None
        operations = list(inverse(change.intent["operations"]))
        return replace(
            change,
            intent={**change.intent, "operations": operations},
            version=_version(change.intent["uid"], operations),
            summary=f"take back: {change.summary}",
            before=change.after,
            after=change.before,
            undo_hint="",
        )


class PatchApplier:
    """Lands the patch."""

    def __init__(self, clusters: ClustersWrites) -> None:
        self._clusters = clusters

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Write once, on exactly what was planned for; a second time is Stale."""
        ticket.refuse_late()
        writes, ref = self._clusters.of(change.target), object_of(change)
        found = await writes.get(ref)
        if found is None:
            raise Stale("it is gone", target=str(change.target))
        if mark_of(found) == ticket.token:
            raise Stale("this attempt was applied already", target=str(change.target))
        if not _is_as_planned(found, change):
            raise Stale("it was changed since the plan was made", target=str(change.target))
        write = marked_patch(ref, found, change.intent["operations"], ticket.token)
        written = await writes.write(write, timeout=time_left(ticket))
        await tell(writes, written, change, ticket)
        return Measure(summary=change.summary)


def patching(name: str, plan: Plan, **more: Any) -> Action:
    """Return the registration of a verb: its name, its own part, and what else an Action says of it."""

    def proposer(reads: Reads) -> PatchProposer:
        return PatchProposer(reads[KUBERNETES], plan)

    def applier(reads: Reads, writes: Writes) -> PatchApplier:
        return PatchApplier(writes[KUBERNETES_WRITES])

    fields = {"effect": ActionEffect.REVERSIBLE, "safety": Safety.RECEIPT, **more}
    return Action(name=name, proposer=proposer, applier=applier, **fields)


def patch_rights(resource: Resource) -> Rights:
    """Return what a verb on one kind of object needs: to read it, to patch it, and to write its Event."""
    rights = (*cluster_rights(resource, "get", "patch"), *cluster_rights(EVENTS, "create"))
    return lambda _use: rights


async def frozen(
    cluster: Cluster, request: Request, found: Object, wanted: Wanted
) -> Change | Nothing:
    """Return the change that makes `wanted` of an object, after the server took it in a rehearsal."""
    operations = list(operations_of(found, wanted.patch))
    if not operations:
        return Nothing(reason=f"{wanted.target} is so already")
    uid = found["metadata"]["uid"]
    change = Change(
        step=request.step,
        action=wanted.action,
        target=wanted.target,
        intent={"uid": uid, "operations": operations, **_elsewhere(wanted)},
        version=_version(uid, operations),
        summary=wanted.summary,
        effect=wanted.effect,
        before=wanted.before,
        after=wanted.after,
        undo_hint=wanted.undo_hint,
    )
    await cluster.rehearse(marked_patch(object_of(change), found, operations, REHEARSAL))
    return change


def object_of(change: Change) -> Ref:
    """Return the object that a change is about: its target, or what the intent names beside it."""
    named = change.intent.get("object")
    if named is None:
        return ref_of(change.target)
    resource = Resource(
        group=named["group"],
        version=named["version"],
        plural=named["plural"],
        is_namespaced=named["is_namespaced"],
    )
    return Ref(resource=resource, namespace=named["namespace"], name=named["name"])


def kind_at(target: Target, kind: str, name: str) -> Target:
    """Return another object of the target's namespace and cluster as a target."""
    path, at, cluster = target.name.partition("@")
    namespace, slash, _ = path.partition("/")
    if not slash:
        raise Permanent("the target has no namespace", target=str(target))
    return Target(kind, f"{namespace}/{name}{at}{cluster}")


def _elsewhere(wanted: Wanted) -> Mapping[str, object]:
    if wanted.resource is None:
        return {}
    resource = wanted.resource
    namespace = wanted.target.namespace or ""
    named = {
        "group": resource.group,
        "version": resource.version,
        "plural": resource.plural,
        "is_namespaced": resource.is_namespaced,
        "namespace": namespace if resource.is_namespaced else "",
        "name": wanted.name,
    }
    return {"object": named}


def _is_as_planned(found: Object, change: Change) -> bool:
    is_same = found["metadata"]["uid"] == change.intent["uid"]
    return is_same and holds(change.intent["operations"], found)


def _version(uid: str, operations: Sequence[Mapping[str, object]]) -> str:
    expected = [[each["path"], each["value"]] for each in operations if each["op"] == "test"]
    return f"{uid}/{digest(expected)[:16]}"
