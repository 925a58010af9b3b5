"""`kubernetes.rollout_restart`: start all pods of a workload anew, as `kubectl rollout restart` does.

The moment that goes into the pod template is when it is applied, not when it was planned, or the plan made again at the
gate would always be another one. What makes it happen once is the planned uid and pod template, and the mark; how many
replicas there are, which an autoscaler changes at any time, makes no difference.
"""

from __future__ import annotations

from datetime import UTC, datetime

from remediator.core.change import RESTART_HINT, ActionEffect, Change, Nothing, Safety
from remediator.core.errors import Permanent
from remediator.core.events import Measure
from remediator.core.target import Target
from remediator.integrations.kubernetes.actions.objects import (
    REHEARSAL,
    kept_version,
    marked_patch,
    present,
    sight_of_mark,
    tell,
    template_test,
    time_left,
    unmoved,
)
from remediator.integrations.kubernetes.api import (
    EVENTS,
    KUBERNETES,
    KUBERNETES_WRITES,
    Clusters,
    ClustersWrites,
    Object,
    Write,
    ref_of,
)
from remediator.integrations.kubernetes.knowledge import rollout
from remediator.integrations.kubernetes.knowledge.template_difference import images_of
from remediator.integrations.kubernetes.rights import cluster_rights, target_rights
from remediator.integrations.kubernetes.workloads import WORKLOADS
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.parameters import NoParameters
from remediator.ports.rights import Right, Use


class RestartProposer(Proposer):
    """Looks at the workload."""

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer. A tool of GitOps does not mind: it does not rule the annotation."""
        cluster, target = self._clusters.of(request.target), request.target
        workload = await present(cluster, target)
        if rollout.is_paused(workload):
            detail = "a paused Deployment cannot be restarted: resume it first with `kubectl rollout resume`"
            raise Permanent(detail, target=str(target))
        pods = rollout.pod_count(workload)
        if not pods:
            return Nothing(reason=f"{target} asks for no pods, so there is nothing to restart")
        await cluster.rehearse(_write(target, workload, request.now, REHEARSAL))
        return _change(request, workload, pods)

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """See ports.action.Proposer."""
        return await sight_of_mark(self._clusters.of(change.target), change, ticket)


class RestartApplier:
    """Writes the annotation."""

    def __init__(self, clusters: ClustersWrites) -> None:
        self._clusters = clusters

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Write once; pods follow at the pace of the workload's own update strategy."""
        writes = self._clusters.of(change.target)
        workload = await unmoved(writes, change, ticket)
        write = _write(change.target, workload, datetime.now(UTC), ticket.token)
        written = await writes.write(write, timeout=time_left(ticket))
        await tell(writes, written, change, ticket)
        return Measure(summary=change.summary)


def _write(target: Target, workload: Object, moment: datetime, token: str) -> Write:
    operations = rollout.restart_operations(workload, moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return marked_patch(ref_of(target), workload, (template_test(workload), *operations), token)


def _change(request: Request, workload: Object, pods: int) -> Change:
    template = workload["spec"]["template"]
    last = (template.get("metadata", {}).get("annotations") or {}).get(rollout.RESTARTED)
    strategy = (workload["spec"].get("updateStrategy") or {}).get("type")
    slow = " as each is deleted (its update strategy is OnDelete)" if strategy == "OnDelete" else ""
    count = f"{pods} {'pod' if pods == 1 else 'pods'}"
    return Change(
        step=request.step,
        action="kubernetes.rollout_restart",
        target=request.target,
        intent={"annotation": rollout.RESTARTED, "value": "the moment it is applied"},
        version=kept_version(workload, request),
        summary=f"restart {request.target}: {count} {'starts' if pods == 1 else 'start'} anew{slow}",
        effect=ActionEffect.REVERSIBLE,
        before={
            "pods": pods,
            "images": ", ".join(images_of(template)),
            **({"restarted_at": last} if last else {}),
        },
        undo_hint=RESTART_HINT,
    )


def _rights(use: Use) -> tuple[Right, ...]:
    return (*target_rights(use, "get", "patch"), *cluster_rights(EVENTS, "create"))


def _proposer(reads: Reads) -> RestartProposer:
    return RestartProposer(reads[KUBERNETES])


def _applier(reads: Reads, writes: Writes) -> RestartApplier:
    return RestartApplier(writes[KUBERNETES_WRITES])


ACTIONS = (
    Action(
        name="kubernetes.rollout_restart",
        doc="Start all pods of a Deployment, StatefulSet or DaemonSet anew, at the pace of its update strategy.",
        parameters=NoParameters,
        effect=ActionEffect.REVERSIBLE,
        safety=Safety.RECEIPT,
        targets=WORKLOADS,
        example="kubernetes.rollout_restart: {}",
        proposer=_proposer,
        applier=_applier,
        rights=_rights,
    ),
)
