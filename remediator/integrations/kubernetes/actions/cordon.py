"""`kubernetes.cordon`: let nothing new be scheduled on a node. What runs there goes on."""

from __future__ import annotations

from remediator.core.change import Change, Nothing
from remediator.integrations.kubernetes.actions.frozen_patch import (
    Wanted,
    frozen,
    patch_rights,
    patching,
)
from remediator.integrations.kubernetes.actions.objects import present
from remediator.integrations.kubernetes.api import NODES, Cluster
from remediator.ports.action import Request
from remediator.ports.parameters import NoParameters


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


ACTIONS = (
    patching(
        "kubernetes.cordon",
        propose,
        doc="Let nothing new be scheduled on a node.",
        parameters=NoParameters,
        targets=("node",),
        example="kubernetes.cordon: {}",
        rights=patch_rights(NODES),
    ),
)
