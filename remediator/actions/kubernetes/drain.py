"""`kubernetes.drain`: cordon a node and evict its pods, as `kubectl drain` does.

All refusals come before anything is touched. Frozen are the pods' uids: a pod that came later is nobody's decision.
Budgets are honoured; where they do not open in the step's time, it gives up and says how far it came. A node that does
not answer cannot confirm an end: there, a pod counts as evicted when its deletion was accepted.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from remediator.actions.kubernetes.eviction import Eviction, eviction_of, left_of, pods_on
from remediator.actions.kubernetes.uncordon import uncordoning
from remediator.actions.objects import mark_of, marked_patch, present, refuse_late, tell, time_left
from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.drain import (
    DrainOptions,
    Sorted,
    allows_nothing,
    budgets_over,
    counted,
    listed,
    name_of,
    plan_words,
    sorted_pods,
)
from remediator.core.errors import Partial, Permanent, Stale, Transient
from remediator.core.events import Measure, Observation
from remediator.core.pod import says_ready
from remediator.core.target import Target
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.kubernetes import (
    DISRUPTION_BUDGETS,
    EVENTS,
    NODES,
    PODS,
    Cluster,
    ClusterHands,
    Clusters,
    ClustersHands,
    Object,
    place_of,
    ref_of,
)
from remediator.ports.parameters import Duration, Parameters
from remediator.ports.rights import Right, Use, cluster_rights

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
        held_by = await _budgets_that_hold(cluster, found.evicted, target)
        change = _change(request, node, found, held_by)
        await _rehearse(cluster, change, node, found.evicted)
        return change

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Look which of the planned pods are left; a drain that was cut short may go on."""
        cluster = self._clusters.of(change.target)
        node = await cluster.get(ref_of(change.target))
        if node is None or node["metadata"]["uid"] != change.version:
            return Sight(observation=Observation.DIVERGED, detail="the node is gone")
        left = left_of(change.intent, await pods_on(cluster, node["metadata"]["name"]))
        total, is_ours = len(change.intent["evict"]), mark_of(node) == ticket.token
        is_cordoned = bool(node["spec"].get("unschedulable"))
        cordon_words = "cordoned" if is_cordoned else "not cordoned"
        detail = f"{total - left} of {total} pods are gone, the node is {cordon_words}"
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

    def __init__(self, clusters: ClustersHands) -> None:
        self._clusters = clusters

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Cordon, evict and wait; Partial with how far it came where the time was not enough."""
        refuse_late(ticket)
        hands, name = self._clusters.of(change.target), place_of(change.target).name
        deadline = time.monotonic() + (time_left(ticket) - _MARGIN).total_seconds()
        node = await _unmoved(hands, change, ticket)
        written = await hands.write(
            marked_patch(ref_of(change.target), node, _CORDON, ticket.token),
            timeout=min(timedelta(seconds=10), time_left(ticket)),
        )
        try:
            left = await Eviction(hands, name, change.intent).finish(deadline)
        except Permanent as error:
            detail = f"{error.detail}; the node stays cordoned, and pods may have been evicted"
            raise Partial(detail, target=str(change.target)) from error
        total = len(change.intent["evict"])
        if left:
            names = listed([str(each) for each in left])
            detail = (
                f"gave up in time: {total - len(left)} of {total} pods were evicted, left are {names}; the node stays"
                " cordoned"
            )
            raise Partial(detail, target=str(change.target))
        await tell(hands, written, change, ticket)
        return Measure(summary=f"cordoned {change.target} and evicted {counted(total)}")


_CORDON = ({"op": "add", "path": "/spec/unschedulable", "value": True},)


async def _unmoved(hands: ClusterHands, change: Change, ticket: Ticket) -> Object:
    """Return the node; Stale where it is another, or has pods that nobody decided about."""
    node = await hands.get(ref_of(change.target))
    if node is None or node["metadata"]["uid"] != change.version:
        raise Stale("the node is gone", target=str(change.target))
    pods = await pods_on(hands, node["metadata"]["name"])
    if mark_of(node) == ticket.token and not left_of(change.intent, pods):
        raise Stale("this attempt was applied already", target=str(change.target))
    planned = {each["uid"] for each in change.intent["evict"]}
    found = sorted_pods(pods, DrainOptions(**change.intent["options"]))
    fresh = [name_of(pod) for pod in found.evicted if pod["metadata"]["uid"] not in planned]
    if fresh or found.refusals:
        came = listed(fresh) or listed(found.refusals)
        raise Stale(f"pods came since the plan was made: {came}", target=str(change.target))
    return node


async def _budgets_that_hold(
    cluster: Cluster, pods: tuple[Object, ...], target: Target
) -> tuple[str, ...]:
    """Return the budgets that allow nothing now; Permanent where a pod is under two, which the API never evicts."""
    budgets = await cluster.list(DISRUPTION_BUDGETS, "")
    holding: dict[str, None] = {}
    for pod in pods:
        over = budgets_over(pod, budgets)
        if len(over) > 1:
            names = " and ".join(each["metadata"]["name"] for each in over)
            detail = f"{name_of(pod)} is under more than one disruption budget ({names}) and can never be evicted"
            raise Permanent(detail, target=str(target))
        holding |= {name_of(each): None for each in over if allows_nothing(each)}
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
    parameters: DrainParameters = request.parameters
    answers, grace = says_ready(node), parameters.grace_period
    names = [name_of(pod) for pod in found.evicted]
    evict = [{"uid": pod["metadata"]["uid"], "name": name_of(pod)} for pod in found.evicted]
    return Change(
        step=request.step,
        action="kubernetes.drain",
        target=request.target,
        intent={
            "evict": evict,
            "options": _option_words(parameters),
            "grace_seconds": None if grace is None else int(grace.total_seconds()),
            "until": "gone" if answers else "accepted",
        },
        version=node["metadata"]["uid"],
        summary=plan_words(str(request.target), found, held_by, answers),
        effect=effect_of(parameters),
        before={"cordoned": bool(node["spec"].get("unschedulable")), "pods": len(names)},
        after={"cordoned": True, "evicted": names},
        undo_hint="uncordon the node; what was evicted runs elsewhere",
    )


def _options(request: Request) -> DrainOptions:
    return DrainOptions(**_option_words(request.parameters))


def _option_words(parameters: DrainParameters) -> dict[str, bool]:
    return {
        "ignore_daemonsets": parameters.ignore_daemonsets,
        "delete_emptydir_data": parameters.delete_emptydir_data,
        "force": parameters.force,
    }


def effect_of(parameters: DrainParameters) -> ActionEffect:
    """Return what a drain may lose: data in an emptyDir, or a pod that nobody makes again."""
    loses = parameters.delete_emptydir_data or parameters.force
    return ActionEffect.IRREVERSIBLE if loses else ActionEffect.REVERSIBLE


def _rights(use: Use) -> tuple[Right, ...]:
    return (
        *cluster_rights(NODES, "get", "patch"),
        *cluster_rights(PODS, "list"),
        *cluster_rights(PODS, "create", subresource="eviction"),
        *cluster_rights(DISRUPTION_BUDGETS, "list"),
        *cluster_rights(EVENTS, "create"),
    )


def _proposer(gateways: Mapping[str, Any]) -> DrainProposer:
    return DrainProposer(gateways["kubernetes"])


def _applier(gateways: Mapping[str, Any]) -> DrainApplier:
    return DrainApplier(gateways["kubernetes"])


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
