"""`kubernetes.delete_pod`: delete one pod that its controller makes again; the way out of a pod that is stuck.

The uid is the version and the precondition: the pod that comes in its place, which may have its name, is another.
"""

from __future__ import annotations

from collections.abc import Mapping

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Measure, Observation
from remediator.core.target import Target
from remediator.integrations.kubernetes.actions.objects import present, tell, time_left
from remediator.integrations.kubernetes.api import (
    DAEMON_SETS,
    EVENTS,
    KUBERNETES,
    KUBERNETES_WRITES,
    PODS,
    REPLICA_SETS,
    STATEFUL_SETS,
    Cluster,
    Clusters,
    ClustersWrites,
    Object,
    Ref,
    Resource,
    Verb,
    Write,
    ref_of,
)
from remediator.integrations.kubernetes.knowledge.pod import (
    controller_of,
    is_mirror,
    is_well,
    state_words,
)
from remediator.integrations.kubernetes.rights import cluster_rights
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.parameters import NoParameters
from remediator.ports.rights import Right, Use

_MAKERS: Mapping[str, Resource] = {
    "ReplicaSet": REPLICA_SETS,
    "StatefulSet": STATEFUL_SETS,
    "DaemonSet": DAEMON_SETS,
}


class DeletePodProposer(Proposer):
    """Looks at the pod and at what made it."""

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer; refused where nothing would make the pod again."""
        cluster, target = self._clusters.of(request.target), request.target
        pod = await present(cluster, target)
        if pod["metadata"].get("deletionTimestamp"):
            return Nothing(reason=f"{target} is being deleted already")
        maker = await _maker(cluster, pod, target)
        change = Change(
            step=request.step,
            action="kubernetes.delete_pod",
            target=target,
            intent={"delete": pod["metadata"]["uid"]},
            version=pod["metadata"]["uid"],
            summary=f"delete {target} ({state_words(pod)}); {maker} makes a new one",
            effect=ActionEffect.REVERSIBLE,
            before={
                "pod": state_words(pod),
                "node": pod["spec"].get("nodeName", ""),
                "is_well": is_well(pod, request.now),
            },
            after={"pod": "a new one"},
            undo_hint="its controller makes a new pod; what it wrote into its own file system is lost",
        )
        await cluster.rehearse(_deletion(change))
        return change

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Look for the uid: gone or going is deleted, for nobody can take a deletion back."""
        pod = await self._clusters.of(change.target).get(ref_of(change.target))
        if pod is None or pod["metadata"]["uid"] != change.version:
            return Sight(observation=Observation.APPLIED, detail="this pod is gone")
        if pod["metadata"].get("deletionTimestamp"):
            return Sight(observation=Observation.APPLIED, detail="this pod is being deleted")
        return Sight(observation=Observation.NOT_APPLIED, detail="this pod is still there")


class DeletePodApplier:
    """Deletes the pod."""

    def __init__(self, clusters: ClustersWrites) -> None:
        self._clusters = clusters

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Delete once, with the uid as precondition; the pod's own grace period is kept."""
        ticket.refuse_late()
        writes = self._clusters.of(change.target)
        pod = await writes.get(ref_of(change.target))
        if pod is None or pod["metadata"]["uid"] != change.version:
            raise Stale("this pod is gone", target=str(change.target))
        if pod["metadata"].get("deletionTimestamp"):
            raise Stale("this pod is being deleted already", target=str(change.target))
        await writes.write(_deletion(change), timeout=time_left(ticket))
        await tell(writes, pod, change, ticket)
        grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
        return Measure(summary=f"deleted {change.target}, which has {grace} s to end")


def _deletion(change: Change) -> Write:
    options = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": change.intent["delete"]},
    }
    return Write(verb=Verb.DELETE, ref=ref_of(change.target), body=options)


async def _maker(cluster: Cluster, pod: Object, target: Target) -> str:
    """Return what will make the pod again, in words; raise Permanent where nothing will."""
    if is_mirror(pod):
        detail = "it is a static pod of its node's kubelet: deleting it does nothing"
        raise Permanent(detail, target=str(target))
    owner = controller_of(pod)
    if owner is None:
        raise Permanent("no controller owns it, so nothing would make it again", target=str(target))
    resource = _MAKERS.get(owner["kind"])
    named = f"{owner['kind']} {owner['name']}"
    if resource is None:
        return named
    ref = Ref(resource=resource, namespace=pod["metadata"]["namespace"], name=owner["name"])
    found = await cluster.get(ref)
    if found is None or found["metadata"]["uid"] != owner["uid"]:
        raise Permanent(f"its {named} is gone, so nothing would make it again", target=str(target))
    return named


def _rights(use: Use) -> tuple[Right, ...]:
    makers = (cluster_rights(resource, "get") for resource in _MAKERS.values())
    own = (*cluster_rights(PODS, "get", "delete"), *cluster_rights(EVENTS, "create"))
    return (*own, *(right for each in makers for right in each))


def _proposer(reads: Reads) -> DeletePodProposer:
    return DeletePodProposer(reads[KUBERNETES])


def _applier(reads: Reads, writes: Writes) -> DeletePodApplier:
    return DeletePodApplier(writes[KUBERNETES_WRITES])


ACTIONS = (
    Action(
        name="kubernetes.delete_pod",
        doc="Delete one pod, so that its controller makes a new one.",
        parameters=NoParameters,
        effect=ActionEffect.REVERSIBLE,
        safety=Safety.DETECTABLE,
        targets=("pod",),
        example="kubernetes.delete_pod: {}",
        proposer=_proposer,
        applier=_applier,
        rights=_rights,
    ),
)
