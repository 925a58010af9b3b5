"""`kubernetes.rollout_undo`: give a workload the pod template of an earlier revision, as `kubectl rollout undo` does.

Frozen in the plan: from which revision to which, by the names of the objects that keep them, and the digest of the
exact patch (not the template itself, which may hold secrets). It lands on the planned uid and generation only, once.
The bad revision is the previous one afterwards, so a mark remembers what was left for what: a second alert does not
flip it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.duration import format_duration
from remediator.core.errors import Permanent, Stale, Transient
from remediator.core.events import Measure
from remediator.core.target import Target
from remediator.integrations.kubernetes.actions.objects import (
    REHEARSAL,
    gitops_words,
    kept_version,
    marked_patch,
    present,
    sight_of_mark,
    tell,
    template_test,
    template_version,
    time_left,
    unmoved,
)
from remediator.integrations.kubernetes.actions.undo_remarks import undo_remarks
from remediator.integrations.kubernetes.api import (
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    EVENTS,
    KUBERNETES,
    KUBERNETES_WRITES,
    REPLICA_SETS,
    Cluster,
    Clusters,
    ClustersWrites,
    Object,
    Write,
    place_of,
    ref_of,
)
from remediator.integrations.kubernetes.knowledge import rollout
from remediator.integrations.kubernetes.knowledge.rollback import Rollback
from remediator.integrations.kubernetes.knowledge.rollout import NoRevision, Revision
from remediator.integrations.kubernetes.rights import cluster_rights, target_rights
from remediator.integrations.kubernetes.workloads import WORKLOADS, history_of
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.parameters import Duration, Parameters
from remediator.ports.rights import Right, Use


class UndoParameters(Parameters):
    """Go back to the revision before the current one, or to the revision of this number.

    With `released_within`, only from a revision that was made no longer ago: an old one hardly brought new errors.
    """

    to_revision: Annotated[int, Field(ge=0)] = 0
    released_within: Annotated[Duration, Field(gt=timedelta(0))] | None = None


class UndoProposer:
    """Looks at the workload and its history."""

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer; what kubectl refuses is Permanent, and admission was asked."""
        wanted = UndoParameters.of(request.parameters)
        cluster, target = self._clusters.of(request.target), request.target
        workload, history = await _looked(cluster, target)
        to = rollout.wanted_revision(history, wanted.to_revision)
        if isinstance(to, NoRevision):
            raise Permanent(to.reason, target=str(target))
        if rollout.same_template(to.template, workload["spec"]["template"]):
            return Nothing(reason=f"{target} matches the template of revision {to.number} already")
        way = Rollback(workload=workload, current=_current(workload, history, target), to=to)
        _refuse_old(way, wanted.released_within, request)
        if not wanted.to_revision:
            _refuse_flip(way, target)
        version = kept_version(workload, request, revision=True)
        return await _proposed(cluster, request.step, target, way, version)

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """See ports.action.Proposer."""
        return await sight_of_mark(self._clusters.of(change.target), change, ticket)

    async def undo(self, change: Change, measure: Measure) -> Change | None:
        """Return the change forward again, as long as the object still is what the rollback made of it."""
        cluster, target = self._clusters.of(change.target), change.target
        workload, history = await _looked(cluster, target)
        current = _current(workload, history, target)
        to = _named(history, change.intent["from"]["name"])
        if current.name != change.intent["to"]["name"] or to is None:
            detail = "somebody changed it since the rollback, which is not taken back therefore"
            raise Permanent(detail, target=str(target))
        way = Rollback(workload=workload, current=current, to=to)
        version = template_version(workload, revision=True)
        return await _proposed(cluster, change.step, target, way, version)


class UndoApplier:
    """Writes the patch."""

    def __init__(self, clusters: ClustersWrites) -> None:
        self._clusters = clusters

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Write once; Stale where the patch would not be the one that was approved."""
        writes, target = self._clusters.of(change.target), change.target
        workload = await unmoved(writes, change, ticket)
        history = await history_of(writes, place_of(target), workload)
        names = (change.intent["from"]["name"], change.intent["to"]["name"])
        current, to = (_named(history, name) for name in names)
        if current is None or to is None:
            raise Stale("its history was changed since the plan was made", target=str(target))
        way = Rollback(workload=workload, current=current, to=to)
        if way.intent() != change.intent:
            raise Stale("the rollback would write something else by now", target=str(target))
        written = await writes.write(_write(target, way, ticket.token), timeout=time_left(ticket))
        await tell(writes, written, change, ticket)
        return Measure(summary=change.summary)


async def _looked(cluster: Cluster, target: Target) -> tuple[Object, tuple[Revision, ...]]:
    workload = await present(cluster, target)
    if rollout.is_paused(workload):
        detail = "a paused Deployment cannot be rolled back: resume it first with `kubectl rollout resume`"
        raise Permanent(detail, target=str(target))
    if not rollout.is_seen(workload):
        detail = "its controller has not seen the latest change yet"
        raise Transient(detail, target=str(target))
    return workload, await history_of(cluster, place_of(target), workload)


def _current(workload: Object, history: Sequence[Revision], target: Target) -> Revision:
    current = rollout.current_of(workload, history)
    if current is None:
        detail = "its controller has not recorded the current revision yet"
        raise Transient(detail, target=str(target))
    return current


def _refuse_old(way: Rollback, limit: timedelta | None, request: Request) -> None:
    if limit is None or way.is_recent(limit, request.now):
        return
    detail = (
        f"revision {way.current.number} is from {way.current.created or 'an unknown time'}, not from the last"
        f" {format_duration(limit)}: what is wrong is hardly its doing"
    )
    raise Permanent(detail, target=str(request.target))


def _refuse_flip(way: Rollback, target: Target) -> None:
    if way.is_flip():
        detail = (
            f"the revision before this one is {way.to.number}, which a rollback of ours just left: going back would"
            " undo that rollback. Name `to_revision` to go further back"
        )
        raise Permanent(detail, target=str(target))


def _named(history: Sequence[Revision], name: str) -> Revision | None:
    return next((revision for revision in history if revision.name == name), None)


async def _proposed(
    cluster: Cluster, step: str, target: Target, way: Rollback, version: str
) -> Change:
    """Return the change, after the server has taken it in a rehearsal."""
    owned = gitops_words(cluster, way.workload, target)
    remarks = await undo_remarks(cluster, way)
    await cluster.rehearse(_write(target, way, REHEARSAL))
    return Change(
        step=step,
        action="kubernetes.rollout_undo",
        target=target,
        intent=way.intent(),
        version=version,
        summary=f"roll {target} back {way.words()}{owned}{remarks}",
        effect=ActionEffect.REVERSIBLE,
        before=way.before(),
        after=way.after(),
        undo_hint=f"go forward again to the template of revision {way.current.number}",
    )


def _write(target: Target, way: Rollback, token: str) -> Write:
    operations = (template_test(way.workload), *way.operations())
    return marked_patch(ref_of(target), way.workload, operations, token, way.mark())


def _rights(use: Use) -> tuple[Right, ...]:
    keepers = REPLICA_SETS if use.kind == "deployment" else CONTROLLER_REVISIONS
    return (
        *target_rights(use, "get", "patch"),
        *cluster_rights(keepers, "list"),
        *cluster_rights(CONFIG_MAPS, "get"),
        *cluster_rights(EVENTS, "create"),
    )


def _proposer(reads: Reads) -> UndoProposer:
    return UndoProposer(reads[KUBERNETES])


def _applier(reads: Reads, writes: Writes) -> UndoApplier:
    return UndoApplier(writes[KUBERNETES_WRITES])


ACTIONS = (
    Action(
        name="kubernetes.rollout_undo",
        doc="Roll a Deployment, StatefulSet or DaemonSet back to the previous or a given revision, never to the one "
        "that a rollback just left.",
        parameters=UndoParameters,
        effect=ActionEffect.REVERSIBLE,
        safety=Safety.RECEIPT,
        targets=WORKLOADS,
        example="kubernetes.rollout_undo: {to_revision: 41}",
        proposer=_proposer,
        applier=_applier,
        rights=_rights,
    ),
)
