"""`kubernetes.drain`: cordon a node and evict its pods, as `kubectl drain` does.

All refusals come before anything is touched. A node that is not cordoned gets pods all the time, of CronJobs for one,
so what is approved are the pods that are there, the classes of those that may come, and how many in all. The node is
cordoned first; what is there then, and within that, is evicted. What comes later is nobody's decision. Budgets are
honoured; where they do not open in the step's time, it gives up and says how far it came. A node that does not answer
cannot confirm an end: there, a pod counts as evicted when its deletion was accepted.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import Partial, Permanent, Stale, Transient, Uncertain
from remediator.core.events import Measure, Observation
from remediator.core.target import Target
from remediator.integrations.kubernetes.actions.eviction import (
    Eviction,
    eviction_of,
    left_of,
    pods_on,
)
from remediator.integrations.kubernetes.actions.objects import (
    mark_of,
    marked_patch,
    present,
    tell,
    time_left,
)
from remediator.integrations.kubernetes.actions.uncordon import uncordoning
from remediator.integrations.kubernetes.api import (
    DISRUPTION_BUDGETS,
    EVENTS,
    KUBERNETES,
    KUBERNETES_WRITES,
    NODES,
    PODS,
    Cluster,
    Clusters,
    ClustersWrites,
    ClusterWrites,
    Object,
    place_of,
    ref_of,
)
from remediator.integrations.kubernetes.knowledge.drain import (
    Approved,
    DrainOptions,
    Sorted,
    alive,
    beyond,
    budgets_over,
    came_before_cordon,
    classes_of,
    counted,
    holds,
    is_under_budgets,
    listed,
    most_of,
    name_of,
    plan_words,
    sorted_pods,
)
from remediator.integrations.kubernetes.knowledge.pod import says_ready
from remediator.integrations.kubernetes.rights import cluster_rights
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.parameters import Duration, Parameters
from remediator.ports.rights import Right, Use

_MARGIN = timedelta(seconds=5)


class DrainParameters(Parameters):
    """Evict a node's pods. What kubectl refuses is refused, unless it is allowed in kubectl's words."""

    ignore_daemonsets: bool = False
    delete_emptydir_data: bool = False
    force: bool = False
    grace_period: Annotated[Duration, Field(ge=timedelta(0), le=timedelta(hours=1))] | None = None


class DrainProposer:
    """Looks at the node, its pods and their budgets."""

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        cluster, target = self._clusters.of(request.target), request.target
        node = await present(cluster, target)
        found = sorted_pods(await pods_on(cluster, place_of(target).name), _options(request))
        if found.refusals:
            raise Permanent(
                f"nothing was evicted: {listed(found.refusals, '; ')}", target=str(target)
            )
        is_cordoned = bool(node["spec"].get("unschedulable"))
        if is_cordoned and not found.evicted:
            return Nothing(reason=f"{target} is cordoned, and nothing is left to evict")
        if request.planned and (came := beyond(found.evicted, _approved(request.planned))):
            return Nothing(reason=f"pods came since that are not within the plan: {listed(came)}")
        held_by = await _budgets_that_hold(cluster, found.evicted, target)
        change = _change(request, node, found, held_by)
        await _rehearse(cluster, change, node, found.evicted)
        return _still(request.planned, change) if request.planned else change

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Look which of the planned pods are left; a drain that was cut short may go on."""
        cluster = self._clusters.of(change.target)
        node = await cluster.get(ref_of(change.target))
        if node is None or node["metadata"]["uid"] != change.version:
            return Sight(observation=Observation.DIVERGED, detail="the node is gone")
        pods = await pods_on(cluster, node["metadata"]["name"])
        there = [pod for pod in _meant(change, pods) if came_before_cordon(pod, node)]
        left = left_of(_intent(change, [*_planned(change, pods), *there]), pods)
        total, is_ours = len(change.intent["evict"]), mark_of(node) == ticket.token
        is_cordoned = bool(node["spec"].get("unschedulable"))
        cordon_words = "cordoned" if is_cordoned else "not cordoned"
        detail = f"{max(0, total - left)} of {total} pods are gone, the node is {cordon_words}"
        if left == 0 and is_cordoned and (is_ours or total):
            measure = Measure(summary=f"evicted {total} pods of {change.target}")
            return Sight(observation=Observation.APPLIED, detail=detail, measure=measure)
        return Sight(observation=Observation.NOT_APPLIED, detail=detail)

    async def undo(self, change: Change, measure: Measure) -> Change | None:
        """Return what lets pods be scheduled there again, unless the node was cordoned before."""
        if change.before["cordoned"] or change.effect is ActionEffect.IRREVERSIBLE:
            return None
        return uncordoning(change.step, change.target, change.version)


class DrainApplier:
    """Cordons and evicts."""

    def __init__(self, clusters: ClustersWrites) -> None:
        self._clusters = clusters

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Cordon, evict and wait; Partial with how far it came where the time was not enough."""
        ticket.refuse_late()
        writes, name = self._clusters.of(change.target), place_of(change.target).name
        deadline = time.monotonic() + (time_left(ticket) - _MARGIN).total_seconds()
        node = await _unmoved(writes, change, ticket)
        written = await writes.write(
            marked_patch(ref_of(change.target), node, _CORDON, ticket.token),
            timeout=min(timedelta(seconds=10), time_left(ticket)),
        )
        intent = await _within(writes, change, name)
        try:
            left = await Eviction(writes, name, intent).finish(deadline)
        except Permanent as error:
            detail = f"{error.detail}; the node stays cordoned, and pods may have been evicted"
            raise Partial(detail, target=str(change.target)) from error
        total = len(intent["evict"])
        if left:
            names = listed([str(each) for each in left])
            detail = (
                f"gave up in time: {total - len(left)} of {total} pods were evicted, left are {names}; the node stays"
                " cordoned"
            )
            raise Partial(detail, target=str(change.target))
        await tell(writes, written, change, ticket)
        return Measure(summary=f"cordoned {change.target} and evicted {counted(total)}")


_CORDON = ({"op": "add", "path": "/spec/unschedulable", "value": True},)


async def _unmoved(writes: ClusterWrites, change: Change, ticket: Ticket) -> Object:
    """Return the node; Stale where it is another, or has pods that nobody decided about."""
    node = await writes.get(ref_of(change.target))
    if node is None or node["metadata"]["uid"] != change.version:
        raise Stale("the node is gone", target=str(change.target))
    pods = await pods_on(writes, node["metadata"]["name"])
    if mark_of(node) == ticket.token and not left_of(change.intent, pods):
        raise Stale("this attempt was applied already", target=str(change.target))
    if came := _outside(change, pods):
        raise Stale(f"pods came since the plan was made: {came}", target=str(change.target))
    return node


async def _within(writes: ClusterWrites, change: Change, node: str) -> Mapping[str, Any]:
    """Return the intent with the pods that are there once nothing new is scheduled; Partial where one of them was not
    approved, which came in the moment before."""
    try:
        pods = await pods_on(writes, node)
    except Transient as error:
        detail = f"the node was cordoned, and its pods could not be listed: {error.detail}"
        raise Uncertain(detail, target=str(change.target)) from error
    if came := _outside(change, pods):
        detail = (
            f"pods came in the last moment: {came}; nothing was evicted, the node stays cordoned"
        )
        raise Partial(detail, target=str(change.target))
    return _intent(change, _meant(change, pods))


def _outside(change: Change, pods: Sequence[Object]) -> str:
    found = sorted_pods(pods, DrainOptions(**change.intent["options"]))
    return listed(beyond(found.evicted, _approved(change))) or listed(found.refusals)


def _meant(change: Change, pods: Sequence[Object]) -> list[Object]:
    """Return the pods that are within what was approved."""
    found, approved = sorted_pods(pods, DrainOptions(**change.intent["options"])), _approved(change)
    alone = replace(approved, most=None)
    return [pod for pod in found.evicted if not beyond((pod,), alone)]


def _approved(change: Change) -> Approved:
    """Return what was approved; a plan of an older version names pods only."""
    return Approved(
        uids=frozenset(each["uid"] for each in change.intent["evict"]),
        classes=frozenset(change.intent.get("also", ())),
        most=change.bound,
    )


def _still(planned: Change, fresh: Change) -> Change:
    """Return the planned change where a fresh look differs only in the pods and in whether the node answers."""
    same = {"evict": planned.intent["evict"], "until": planned.intent["until"]}
    also = {"also": planned.intent["also"]} if "also" in planned.intent else {}
    kept = {k: v for k, v in fresh.intent.items() if k != "also"}
    return replace(fresh, intent={**kept, **also, **same})


def _planned(change: Change, pods: Sequence[Object]) -> list[Object]:
    planned = {each["uid"] for each in change.intent["evict"]}
    return [pod for pod in pods if pod["metadata"]["uid"] in planned]


def _intent(change: Change, pods: Sequence[Object]) -> Mapping[str, Any]:
    return {**change.intent, "evict": _named(pods)}


def _named(pods: Sequence[Object]) -> list[Mapping[str, str]]:
    return [{"uid": pod["metadata"]["uid"], "name": name_of(pod)} for pod in pods]


async def _budgets_that_hold(
    cluster: Cluster, pods: tuple[Object, ...], target: Target
) -> tuple[str, ...]:
    """Return the budgets that allow nothing now; Permanent where a pod is under two, which the API never evicts."""
    budgets = await cluster.list(DISRUPTION_BUDGETS, "")
    holding: dict[str, None] = {}
    for pod in filter(is_under_budgets, pods):
        over = budgets_over(pod, budgets)
        if len(over) > 1:
            names = " and ".join(each["metadata"]["name"] for each in over)
            detail = f"{name_of(pod)} is under more than one disruption budget ({names}) and can never be evicted"
            raise Permanent(detail, target=str(target))
        holding |= {name_of(each): None for each in over if holds(each, pod)}
    return tuple(holding)


async def _rehearse(
    cluster: Cluster, change: Change, node: Object, pods: tuple[Object, ...]
) -> None:
    """Ask admission and RBAC about every write; a budget that allows nothing yet is no reason not to plan."""
    await cluster.rehearse(marked_patch(ref_of(change.target), node, _CORDON, "rehearsal"))
    for pod in pods:
        with suppress(Transient):
            await cluster.rehearse(eviction_of(pod, change.intent["grace_seconds"]))


def _change(request: Request, node: Object, found: Sorted, held_by: tuple[str, ...]) -> Change:
    parameters = DrainParameters.of(request.parameters)
    answers, grace = says_ready(node), parameters.grace_period
    names = [name_of(pod) for pod in found.evicted]
    return Change(
        step=request.step,
        action="kubernetes.drain",
        target=request.target,
        intent={
            "evict": _named(found.evicted),
            "also": list(classes_of(found.evicted)),
            "options": _option_words(parameters),
            "grace_seconds": None if grace is None else int(grace.total_seconds()),
            "until": "gone" if answers else "accepted",
        },
        version=node["metadata"]["uid"],
        summary=plan_words(str(request.target), found, held_by, answers),
        effect=effect_of(parameters),
        bound=most_of(found.evicted),
        estimate=alive(found.evicted),
        unit="pods",
        before={"cordoned": bool(node["spec"].get("unschedulable")), "pods": len(names)},
        after={"cordoned": True, "evicted": names, "and": list(classes_of(found.evicted))},
        undo_hint="uncordon the node; what was evicted runs elsewhere",
    )


def _options(request: Request) -> DrainOptions:
    return DrainOptions(**_option_words(DrainParameters.of(request.parameters)))


def _option_words(parameters: DrainParameters) -> dict[str, bool]:
    return {
        "ignore_daemonsets": parameters.ignore_daemonsets,
        "delete_emptydir_data": parameters.delete_emptydir_data,
        "force": parameters.force,
    }


def effect_of(parameters: Parameters) -> ActionEffect:
    """Return what a drain may lose: data in an emptyDir, or a pod that nobody makes again."""
    wanted = DrainParameters.of(parameters)
    loses = wanted.delete_emptydir_data or wanted.force
    return ActionEffect.IRREVERSIBLE if loses else ActionEffect.REVERSIBLE


def _rights(use: Use) -> tuple[Right, ...]:
    return (
        *cluster_rights(NODES, "get", "patch"),
        *cluster_rights(PODS, "list"),
        *cluster_rights(PODS, "create", subresource="eviction"),
        *cluster_rights(DISRUPTION_BUDGETS, "list"),
        *cluster_rights(EVENTS, "create"),
    )


def _proposer(reads: Reads) -> DrainProposer:
    return DrainProposer(reads[KUBERNETES])


def _applier(reads: Reads, writes: Writes) -> DrainApplier:
    return DrainApplier(writes[KUBERNETES_WRITES])


ACTIONS = (
    Action(
        name="kubernetes.drain",
        doc="Cordon a node and evict its pods within their disruption budgets, as kubectl drain does.",
        parameters=DrainParameters,
        effect=ActionEffect.IRREVERSIBLE,
        safety=Safety.DETECTABLE,
        targets=("node",),
        example="kubernetes.drain: {ignore_daemonsets: true}",
        proposer=_proposer,
        applier=_applier,
        effect_of=effect_of,
        rights=_rights,
    ),
)
