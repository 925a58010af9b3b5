"""`kubernetes.scale`: give a Deployment or StatefulSet more or fewer replicas, within the playbook's bounds.

Frozen in the plan is the number, never "two more". Where an autoscaler rules the number it would be set back at once:
refused, with what would help.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, StrictInt, model_validator

from remediator.core.change import Change, Nothing
from remediator.core.errors import Permanent
from remediator.integrations.kubernetes.actions.frozen_patch import Wanted, frozen, patching
from remediator.integrations.kubernetes.actions.objects import gitops_words, present
from remediator.integrations.kubernetes.api import AUTOSCALERS, EVENTS, SCALED_OBJECTS, Cluster
from remediator.integrations.kubernetes.knowledge.scaling import (
    PATTERN,
    Bounds,
    Refusal,
    as_text,
    replicas_wanted,
)
from remediator.integrations.kubernetes.rights import cluster_rights, target_rights
from remediator.integrations.kubernetes.workloads import autoscaler_of, scaled_object_of
from remediator.ports.action import Request
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Use

_Count = Annotated[int, Field(ge=0, le=10_000)]


class ScaleParameters(Parameters):
    """Set `replicas` to a number (`6`) or by a number (`+2`, `-1`), never above `max` or below `min`."""

    replicas: Annotated[
        str,
        BeforeValidator(as_text, json_schema_input_type=StrictInt | str),
        Field(pattern=PATTERN),
    ]
    max: _Count
    min: _Count = 1

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError("min is above max")
        return self


async def propose(cluster: Cluster, request: Request) -> Change | Nothing:
    """Return the change to the wanted number; raise Permanent where something else rules it."""
    parameters = ScaleParameters.of(request.parameters)
    target, found = request.target, await present(cluster, request.target)
    await _refuse_ruled(cluster, request)
    current = found["spec"].get("replicas", 1)
    bounds = Bounds(least=parameters.min, most=parameters.max)
    wanted = replicas_wanted(current, parameters.replicas, bounds)
    if isinstance(wanted, Refusal):
        raise Permanent(wanted.reason, target=str(target))
    if wanted == current:
        return Nothing(reason=f"{target} has {current} replicas already")
    owned = gitops_words(cluster, found, target)
    plan = Wanted(
        action="kubernetes.scale",
        target=target,
        patch={"spec": {"replicas": wanted}},
        summary=f"scale {target} from {current} to {wanted} replicas{owned}",
        before={"replicas": current},
        after={"replicas": wanted},
        undo_hint=f"scale it back to {current} replicas",
    )
    return await frozen(cluster, request, found, plan)


async def _refuse_ruled(cluster: Cluster, request: Request) -> None:
    autoscaler = await autoscaler_of(cluster, request.target)
    if autoscaler is not None:
        name, spec = autoscaler["metadata"]["name"], autoscaler["spec"]
        least, most = spec.get("minReplicas", 1), spec.get("maxReplicas")
        detail = (
            f"the HorizontalPodAutoscaler {name} rules its replicas (min {least}, max {most}) and would set them back:"
            " raise its minimum with kubernetes.hpa_set_min"
        )
        raise Permanent(detail, target=str(request.target))
    scaled = await scaled_object_of(cluster, request.target)
    if scaled is not None:
        detail = (
            f"KEDA's ScaledObject {scaled['metadata']['name']} rules its replicas and would set them back: change its"
            " minReplicaCount with kubernetes.patch"
        )
        raise Permanent(detail, target=str(request.target))


def _rights(use: Use) -> tuple[Right, ...]:
    rulers = (cluster_rights(each, "list") for each in (AUTOSCALERS, SCALED_OBJECTS))
    own = (*target_rights(use, "get", "patch"), *cluster_rights(EVENTS, "create"))
    return (*own, *(right for each in rulers for right in each))


ACTIONS = (
    patching(
        "kubernetes.scale",
        propose,
        doc="Change the number of replicas of a Deployment or StatefulSet, unless an autoscaler rules it.",
        parameters=ScaleParameters,
        targets=("deployment", "statefulset"),
        example='kubernetes.scale: {replicas: "+2", max: 10}',
        rights=_rights,
    ),
)
