"""`kubernetes.expand_volume`: ask for a larger volume of a PersistentVolumeClaim.

Volumes only grow. The storage driver grows the volume and its file system on its own; `status.capacity` of the claim
says when.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from remediator.core.change import ActionEffect, Change, Nothing
from remediator.core.errors import Missing, Permanent
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.kubernetes.actions.frozen_patch import Wanted, frozen, patching
from remediator.integrations.kubernetes.actions.objects import present
from remediator.integrations.kubernetes.api import (
    EVENTS,
    STATEFUL_SETS,
    STORAGE_CLASSES,
    VOLUME_CLAIMS,
    Cluster,
    Object,
    Ref,
)
from remediator.integrations.kubernetes.knowledge.gitops import operator_of, owner_of
from remediator.integrations.kubernetes.knowledge.object_state import resize_failure
from remediator.integrations.kubernetes.knowledge.quantity import (
    format_quantity,
    grown,
    parse_quantity,
)
from remediator.integrations.kubernetes.rights import cluster_rights
from remediator.ports.action import Request
from remediator.ports.parameters import Parameters, Size
from remediator.ports.rights import Right, Use

_Size = Annotated[Size, Field(ge=1024 * 1024)]


class ExpandParameters(Parameters):
    """Grow the volume `by_percent` of what it asks for now, or `to` a size, never above `max`."""

    by_percent: Annotated[int, Field(ge=1, le=1000)] | None = None
    to: _Size | None = None
    max: _Size

    @model_validator(mode="after")
    def _says_one_of_both(self) -> Self:
        if (self.by_percent is None) is (self.to is None):
            raise ValueError("say by_percent or to")
        return self


async def propose(cluster: Cluster, request: Request) -> Change | Nothing:
    """Return the change to the larger request."""
    target, claim = request.target, await present(cluster, request.target)
    _refuse_unfit(claim, target)
    await _refuse_fixed(cluster, claim, target)
    written = claim["spec"]["resources"]["requests"]["storage"]
    parameters = ExpandParameters.of(request.parameters)
    wanted = _wanted(parse_quantity(written), parameters, target)
    if wanted is None:
        return Nothing(reason=f"{target} asks for {written} already")
    size = format_quantity(wanted)
    plan = Wanted(
        action="kubernetes.expand_volume",
        target=target,
        patch={"spec": {"resources": {"requests": {"storage": size}}}},
        summary=f"expand {target} from {written} to {size}{await _beside(cluster, claim)}",
        before={"requested": written},
        after={"requested": size},
        effect=ActionEffect.IRREVERSIBLE,
        undo_hint="a volume never shrinks",
    )
    return await frozen(cluster, request, claim, plan)


def _wanted(current: int, parameters: ExpandParameters, target: Target) -> int | None:
    """Return the size in bytes; None where it is that large already."""
    if parameters.to is not None and parameters.to <= current:
        return None
    if current >= parameters.max:
        detail = f"it asks for {format_quantity(current)}, and this playbook allows no more"
        raise Permanent(f"{detail} (max: {format_quantity(parameters.max)})", target=str(target))
    if parameters.to is None:
        return min(grown(current, parameters.by_percent or 0), parameters.max)
    if parameters.to > parameters.max:
        detail = f"{format_quantity(parameters.to)} is beyond what this playbook allows"
        raise Permanent(f"{detail} (max: {format_quantity(parameters.max)})", target=str(target))
    return parameters.to


def _refuse_unfit(claim: Object, target: Target) -> None:
    status = claim.get("status", {})
    if status.get("phase") != "Bound":
        detail = f"it is {status.get('phase', 'not bound')}: only a bound claim can grow"
        raise Permanent(detail, target=str(target))
    written = claim["spec"]["resources"]["requests"]["storage"]
    there = status.get("capacity", {}).get("storage")
    conditions = [
        each["type"] for each in status.get("conditions") or () if each["status"] == "True"
    ]
    if failure := resize_failure(claim):
        detail = (
            f"its expansion to {written} failed, and another would as well: {one_line(failure)}"
        )
        raise Permanent(detail, target=str(target))
    is_short = there is not None and parse_quantity(written) > parse_quantity(there)
    if is_short and conditions:
        detail = f"an expansion to {written} is under way ({', '.join(conditions)})"
        if "FileSystemResizePending" in conditions:
            detail += ": a restart of its pod lets the file system grow"
        raise Permanent(detail, target=str(target))


async def _refuse_fixed(cluster: Cluster, claim: Object, target: Target) -> None:
    """Raise Permanent unless the claim's StorageClass lets volumes grow."""
    name = claim["spec"].get("storageClassName")
    if not name:
        raise Missing("it has no storage class, so nobody would grow it", target=str(target))
    found = await cluster.get(Ref(resource=STORAGE_CLASSES, namespace="", name=name))
    if found is None:
        raise Permanent(f"its storage class {name} does not exist", target=str(target))
    if not found.get("allowVolumeExpansion"):
        detail = f"its storage class {name} does not let volumes grow (allowVolumeExpansion)"
        raise Missing(detail, target=str(target))


async def _beside(cluster: Cluster, claim: Object) -> str:
    """Return what the summary says of those who keep the old size in their templates."""
    metadata, words = claim["metadata"], ""
    for each in await cluster.list(STATEFUL_SETS, metadata["namespace"]):
        templates = each["spec"].get("volumeClaimTemplates") or ()
        begins = [f"{one['metadata']['name']}-{each['metadata']['name']}-" for one in templates]
        if any(metadata["name"].startswith(begin) for begin in begins):
            words += f"; the template of StatefulSet {each['metadata']['name']} keeps the old size"
    owner = owner_of(claim)
    knower = owner or operator_of(claim)
    return f"{words}; {knower} owns it and does not know of this" if knower else words


def _rights(use: Use) -> tuple[Right, ...]:
    return (
        *cluster_rights(VOLUME_CLAIMS, "get", "patch"),
        *cluster_rights(STORAGE_CLASSES, "get"),
        *cluster_rights(STATEFUL_SETS, "list"),
        *cluster_rights(EVENTS, "create"),
    )


ACTIONS = (
    patching(
        "kubernetes.expand_volume",
        propose,
        doc="Ask for a larger volume of a PersistentVolumeClaim, where its storage class allows it.",
        parameters=ExpandParameters,
        effect=ActionEffect.IRREVERSIBLE,
        targets=("pvc",),
        example="kubernetes.expand_volume: {by_percent: 20, max: 100Gi}",
        rights=_rights,
    ),
)
