"""`kubernetes.cordon`: let nothing new be scheduled on a node. What runs there goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediator.actions.kubernetes.frozen_patch import PatchApplier, PatchProposer, Wanted, frozen
from remediator.actions.objects import present
from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.ports.action import Action, Request
from remediator.ports.kubernetes import EVENTS, NODES, Cluster
from remediator.ports.parameters import NoParameters
from remediator.ports.rights import Right, Use, cluster_rights


async def propose(cluster: Cluster, request: Request) -> Change | Nothing:
    """Return the change, or nothing where the node is cordoned already."""
    target, node = request.target, await present(cluster, request.target)
    if node["spec"].get("unschedulable"):
        return Nothing(reason=f"{target} is cordoned already")
    wanted = Wanted(
        action="kubernetes.cordon",
        target=target,
        patch={"spec": {"unschedulable": True}},
        summary=f"cordon {target}: nothing new is scheduled there, what runs goes on",
        before={"schedulable": True},
        after={"schedulable": False},
        undo_hint="kubectl uncordon, or kubernetes.uncordon",
    )
    return await frozen(cluster, request, node, wanted)


def _rights(use: Use) -> tuple[Right, ...]:
    return (*cluster_rights(NODES, "get", "patch"), *cluster_rights(EVENTS, "create"))


def _proposer(gateways: Mapping[str, Any]) -> PatchProposer:
    return PatchProposer(gateways["kubernetes"], propose)


def _applier(gateways: Mapping[str, Any]) -> PatchApplier:
    return PatchApplier(gateways["kubernetes"])


ACTIONS = (
    Action(
        name="kubernetes.cordon",
        doc="Let nothing new be scheduled on a node.",
        parameters=NoParameters,
        effect=ActionEffect.REVERSIBLE,
        safety=Safety.RECEIPT,
        targets=("node",),
        example="kubernetes.cordon: {}",
        proposer=_proposer,
        applier=_applier,
        rights=_rights,
    ),
)
