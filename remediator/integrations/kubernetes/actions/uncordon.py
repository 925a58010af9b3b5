"""`kubernetes.uncordon`: let pods be scheduled on a node again."""

from __future__ import annotations

from remediator.core.change import ActionEffect, Change, Nothing
from remediator.core.target import Target
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
    """Return the change, or nothing where the node is not cordoned."""
    target, node = request.target, await present(cluster, request.target)
    if not node["spec"].get("unschedulable"):
        return Nothing(reason=f"{target} is not cordoned")
    wanted = Wanted(
        action="kubernetes.uncordon",
        target=target,
        patch={"spec": {"unschedulable": None}},
        summary=f"uncordon {target}: pods are scheduled there again",
        before={"schedulable": False},
        after={"schedulable": True},
        undo_hint="kubectl cordon, or kubernetes.cordon",
    )
    return await frozen(cluster, request, node, wanted)


def uncordoning(step: str, target: Target, uid: str) -> Change:
    """Return the change that takes back a cordon of ours; it lands only on a node that is cordoned."""
    return Change(
        step=step,
        action="kubernetes.uncordon",
        target=target,
        intent={
            "uid": uid,
            "operations": [
                {"op": "test", "path": "/spec/unschedulable", "value": True},
                {"op": "remove", "path": "/spec/unschedulable"},
            ],
        },
        version=uid,
        summary=f"uncordon {target}: pods are scheduled there again",
        effect=ActionEffect.REVERSIBLE,
        before={"schedulable": False},
        after={"schedulable": True},
    )


ACTIONS = (
    patching(
        "kubernetes.uncordon",
        propose,
        doc="Let pods be scheduled on a node again.",
        parameters=NoParameters,
        targets=("node",),
        example="kubernetes.uncordon: {}",
        rights=patch_rights(NODES),
    ),
)
